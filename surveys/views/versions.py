"""The versions of a survey: what changed when, each as people saw it, and the way back to an older one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from itertools import pairwise

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from accounts.access import requires
from accounts.language import LANGUAGE_NAMES
from accounts.workspace import Workspace
from base import clock, mail
from base.db import transaction
from base.errors import ConflictError
from base.web import body_up_to
from surveys import mailing, previewing, stepping, versioning, wording
from surveys.branching import Reader
from surveys.draft import Draft
from surveys.forms.changes import Told, told
from surveys.forms.editing import WORDS_SIZE
from surveys.forms.restoring import RestoreForm
from surveys.logo import look_of
from surveys.paging import Asked, Visit
from surveys.previewing import Shown, Theme
from surveys.survey import Survey
from surveys.version import Version
from surveys.versioning import What

bp = Blueprint("versions", __name__)


@bp.get("/w/<workspace>/surveys/<slug>/versions")
@requires("surveys.view")
def index(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    history = Version.history(survey.id)
    steps: list[tuple[Version, str | None, list[Told] | None, tuple[What, ...]]] = [
        (
            version,
            name,
            told(before.document, version.document),
            versioning.shifts(before.document, version.document),
        )
        for (version, name), (before, _name) in pairwise(history)
    ]
    steps += [(version, name, None, ()) for version, name in history[-1:]]
    return render_template(
        "surveys/versions.html",
        survey=survey,
        steps=steps,
        drafts=Draft.all_of(survey.id),
        form=RestoreForm(revision=survey.draft_revision),
    )


@bp.get("/w/<workspace>/surveys/<slug>/versions/<int:number>")
@requires("surveys.view")
def show(*, workspace: Workspace, slug: str, number: int) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    version = Version.numbered(survey.id, number)
    locale = request.args.get("lang")
    return render_template(
        "surveys/version.html",
        survey=survey,
        version=version,
        locale=locale if locale in version.document["locales"] else version.document["default_locale"],
        page=request.args.get("show") if request.args.get("show") in {"mail", "thanks"} else "answer",
        theme=_theme(),
        languages=LANGUAGE_NAMES,
        form=RestoreForm(revision=survey.draft_revision),
    )


@bp.route("/w/<workspace>/surveys/<slug>/versions/<int:number>/seen", methods=["GET", "POST"])
@requires("surveys.view")
@body_up_to(WORDS_SIZE)
def seen(*, workspace: Workspace, slug: str, number: int) -> ResponseReturnValue:
    """What people saw, for the frame on the version's page. Its buttons turn pages; nothing is kept."""
    document = Version.numbered(Survey.of(workspace.id, slug).id, number).document
    locale = wording.choose_locale(document, request.form.get("switch"), request.values.get("lang"))
    if locale in document.get("frozen", {}):  # no form of the page needs to carry the words of other languages
        document = {**document, "texts": {}, "frozen": {locale: document["frozen"][locale]}}
    asked = Asked("preview", workspace.name, document, look_of(workspace, document))
    shown = _seen(asked, locale, request.path)
    response = make_response(shown.html)
    response.headers["Content-Security-Policy"] = shown.policy
    return response


@bp.route("/w/<workspace>/surveys/<slug>/versions/<int:number>/restore", methods=["GET", "POST"])
@requires("surveys.edit")
def restore(*, workspace: Workspace, slug: str, number: int) -> ResponseReturnValue:
    """Make an older version the draft; asks first where edits would be put aside."""
    survey = Survey.of(workspace.id, slug)
    version = Version.numbered(survey.id, number)
    form = RestoreForm()
    if request.method == "GET" or (survey.has_edits and not form.sure.data):
        fresh = RestoreForm(formdata=None, revision=survey.draft_revision, sure=True)
        return render_template("surveys/restore.html", survey=survey, version=version, form=fresh)
    with transaction():
        survey = Survey.of(workspace.id, slug)
        kept = survey.restore(version, revision=_revision(form), at=clock.now(), by=g.user.id)
    _say(kept, _("Version %(number)s is the draft now. Publish it to ask it again.", number=number))
    return redirect(url_for("publishing.review", workspace=workspace.slug, slug=slug), 303)


@bp.post("/w/<workspace>/surveys/<slug>/drafts/<uuid:draft_id>/restore")
@requires("surveys.edit")
def take_up(*, workspace: Workspace, slug: str, draft_id: uuid.UUID) -> ResponseReturnValue:
    """Make edits that were put aside the draft again; what they replace is put aside in turn, so nothing is lost."""
    form = RestoreForm()
    with transaction():
        survey = Survey.of(workspace.id, slug)
        draft = Draft.of(survey.id, draft_id)
        kept = survey.take_up(draft, revision=_revision(form), at=clock.now(), by=g.user.id)
    _say(kept, _("These edits are the draft again."))
    return redirect(url_for("editing.edit", workspace=workspace.slug, slug=slug), 303)


def _revision(form: RestoreForm) -> int:
    if not form.validate():
        raise ConflictError(_("Somebody else saved this survey meanwhile."))
    return form.revision.data or 0


def _say(kept: Draft | None, sentence: str) -> None:
    if kept is not None:
        sentence += " " + _("Edits that were not published are put aside under Versions; bring them back from there.")
    flash(sentence, "success")


def _theme() -> Theme:
    return "dark" if request.values.get("theme") == "dark" else "light"


def _seen(asked: Asked, locale: str, path: str) -> Shown:
    environment, theme, page = current_app.jinja_env, _theme(), request.values.get("show")
    if page == "thanks":
        return previewing.thanks(environment, asked, locale=locale, theme=theme)
    if page == "mail":
        links = mailing.Links("#", "#", "#")
        values = mailing.invitation_context(
            asked.document, locale, company=asked.company, name=g.user.name, links=links
        )
        return previewing.mail(mail.render(environment, "invitation", values).html, "", theme=theme)
    visit = Visit(path, "preview", 0)
    if "form_id" in request.form:
        sent = stepping.read(request.form, asked.document)
        visit = replace(visit, typed=sent.typed, page=sent.page)
        if "switch" not in request.form:
            words = wording.named(wording.effective(asked.document, locale), asked.company)
            verdict = stepping.judge(sent, asked.document, Reader(asked.document["metric"], locale), words)
            if verdict.kept:
                return previewing.thanks(environment, asked, locale=locale, theme=theme)
            visit = replace(visit, page=verdict.page, problems=verdict.problems)
    carried = {"csrf_token": generate_csrf()} if current_app.config["WTF_CSRF_ENABLED"] else {}
    return previewing.answer(environment, asked, locale=locale, theme=theme, visit=visit, carried=carried)
