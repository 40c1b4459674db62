"""The editor of a draft. What two people typed at the same time comes together; nothing is lost."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import ConflictError
from base.web import body_up_to
from surveys import comparing, wording
from surveys.forms.editing import LOCALES, WORDS_SIZE, EditorForm
from surveys.forms.labels import LABELS
from surveys.survey import Survey

bp = Blueprint("editing", __name__)


@bp.get("/w/<workspace>/surveys/<slug>/edit")
@requires("surveys.edit")
def edit(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    saved = comparing.flat(survey.draft, survey.name)
    return _editor(survey, EditorForm.of(saved, base=saved, revision=survey.draft_revision))


@bp.post("/w/<workspace>/surveys/<slug>/edit")
@requires("surveys.edit")
@body_up_to(WORDS_SIZE)
def save(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    form = EditorForm()
    if not form.validate():
        return _editor(survey, form), 422
    try:
        with transaction():
            survey = Survey.of(workspace.id, slug)
            document = form.document(survey.draft)
            if comparing.flat(document) != comparing.flat(survey.draft):
                survey.save_draft(document, revision=form.revision.data or 0, at=clock.now(), by=g.user.id)
            survey.rename(form.name.data or survey.name)
    except ConflictError:
        return _meet(Survey.of(workspace.id, slug), form), 409
    if "publish" in request.form:
        return redirect(url_for("publishing.review", workspace=workspace.slug, slug=slug), 303)
    flash(_("Draft saved."), "success")
    lang, show, theme = (request.form.get(key) for key in ("editing", "show", "theme"))
    here = url_for(".edit", workspace=workspace.slug, slug=slug, lang=lang, show=show, theme=theme)
    return redirect(here, 303)


def _meet(survey: Survey, form: EditorForm) -> str:
    """The form with both people's edits in it, and what they both changed."""
    saved = comparing.flat(survey.draft, survey.name)
    mine, base = form.values(survey.draft), form.started_from() or saved
    merged, clashes = comparing.merge(base, mine, saved)
    met = EditorForm.of(merged, base=saved, revision=survey.draft_revision)
    typed = form.document(survey.draft)
    clashes = [comparing.readable(clash, typed, survey.draft) for clash in clashes]
    brought = [comparing.readable(change, typed, survey.draft) for change in comparing.changes(mine, merged)]
    return _editor(survey, met, clashes=clashes, brought=brought, met=True)


def _editor(survey: Survey, form: EditorForm, **more: Any) -> str:
    document = form.document(survey.draft)
    return render_template(
        "surveys/edit.html",
        survey=survey,
        form=form,
        document=document,
        editing=_editing(form, document),
        ready={locale: _ready(document, locale) for locale in LOCALES},
        missing={locale: wording.untranslated(document, locale) for locale in LOCALES},
        groups=wording.EDITABLE,
        languages={tag: wording.LANGUAGE_NAMES[tag] for tag in LOCALES},
        labels=LABELS,
        **({"met": False} | more),
    )


def _editing(form: EditorForm, document: wording.Document) -> str:
    """The language whose fields are open: one with an error, else the one the address or the form names."""
    wrong = [locale for locale in LOCALES if form[locale].errors]
    wish = request.form.get("editing") or request.args.get("lang")
    return next(
        (tag for tag in (*wrong, wish) if tag in LOCALES and (wrong or tag in document["locales"])),
        document["default_locale"],
    )


def _ready(document: wording.Document, locale: str) -> wording.Texts:
    """What readers of this language see where the designer wrote nothing."""
    others = {tag: texts for tag, texts in document["texts"].items() if tag != locale}
    return wording.effective({**document, "texts": others}, locale)
