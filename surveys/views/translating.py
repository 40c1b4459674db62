"""The translations page: two languages side by side, saved together, and the languages that a survey is asked in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.web import body_up_to
from surveys import comparing, wording
from surveys.forms import translating as words
from surveys.forms.translating import FileForm, LanguageForm, Names, TextsForm
from surveys.paging import language_name
from surveys.survey import Survey
from surveys.translating.judging import doubts
from surveys.translating.rows import (
    Row,
    counted,
    own_texts,
    progress,
    rows,
    with_language,
    with_texts,
    without_language,
)

bp = Blueprint("translating", __name__)

SIZE = 4_000_000
"""Bytes of a form with every text of the largest survey, once typed and once as it was."""


@bp.get("/w/<workspace>/surveys/<slug>/translations")
@requires("surveys.edit")
def show(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    source, target = pair(survey.draft)
    return _page(survey, source, target, own_texts(survey.draft, target))


@bp.post("/w/<workspace>/surveys/<slug>/translations")
@requires("surveys.edit")
@body_up_to(SIZE)
def save(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    """Keep what was typed. What somebody else saved meanwhile is joined; what both changed is asked about."""
    form, texts = TextsForm(), words.typed(request.form)
    with transaction():
        survey = Survey.of(workspace.id, slug)
        source, target = pair(survey.draft)
        known = {row.key for row in rows(survey.draft, source, target)} | own_texts(survey.draft, target).keys()
        gone = [text for key, text in texts.items() if text and key not in known]
        texts = {key: text for key, text in texts.items() if key in known}
        wrong = words.errors(texts)
        mine, clashes = _joined(survey, form, target, texts)
        if wrong or clashes or not form.validate():
            status = 409 if clashes and not wrong else 422
            return _page(survey, source, target, mine, wrong=wrong, clashes=clashes), status
        _keep(survey, with_texts(survey.draft, target, mine))
        left = progress(survey.draft, target).missing
    if gone:
        lost = _(
            "Questions were removed meanwhile. These words have no place any more: %(words)s", words=" · ".join(gone)
        )
        flash(lost, "warning")
    flash(_saved(left), "success")
    only = request.values.get("only") or None
    return redirect(url_for(".show", workspace=workspace.slug, slug=slug, to=target, by=source, only=only), 303)


@bp.post("/w/<workspace>/surveys/<slug>/translations/languages")
@requires("surveys.edit")
def add(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    form = LanguageForm()
    with transaction():
        survey = Survey.of(workspace.id, slug)
        source, target = pair(survey.draft)
        form.offer(survey.draft)
        if not form.validate():
            return _page(survey, source, target, own_texts(survey.draft, target), languages=form), 422
        _keep(survey, with_language(survey.draft, form.chosen))
    return redirect(url_for(".show", workspace=workspace.slug, slug=slug, to=form.chosen), 303)


@bp.post("/w/<workspace>/surveys/<slug>/translations/languages/<locale>/remove")
@requires("surveys.edit")
def remove(*, workspace: Workspace, slug: str, locale: str) -> ResponseReturnValue:
    """Ask in a language no more. Its words stay in the draft, for the day when it comes back."""
    with transaction():
        survey = Survey.of(workspace.id, slug)
        _keep(survey, without_language(survey.draft, locale))
        gone = locale not in survey.draft["locales"]
    if gone:
        name = words.spoken(locale)
        flash(_("The survey is no longer asked in %(language)s. Its words are kept.", language=name), "success")
    else:
        flash(_("The main language cannot go. Make another one the main language first."), "warning")
    return redirect(url_for(".show", workspace=workspace.slug, slug=slug), 303)


def pair(document: wording.Document) -> tuple[str, str]:
    """The language translated from and the one translated into, as the address says, else as is likely."""
    locales, main = document["locales"], document["default_locale"]
    source = request.values.get("by", main)
    source = source if source in locales else main
    wish = request.values.get("to", "")
    others = [tag for tag in locales if tag != source]
    waiting = next((tag for tag in others if progress(document, tag).missing), None)
    return source, wish if wish in locales else waiting or (others or [main])[0]


def _keep(survey: Survey, document: dict[str, Any]) -> None:
    if comparing.flat(document) != comparing.flat(survey.draft):
        survey.save_draft(document, revision=survey.draft_revision, at=clock.now(), by=g.user.id)


def _joined(
    survey: Survey, form: TextsForm, target: str, texts: wording.Texts
) -> tuple[dict[str, str], list[comparing.Change]]:
    """All texts of the language with mine among them, and what somebody else changed otherwise meanwhile."""
    theirs = own_texts(survey.draft, target)
    base = form.started_from() if form.revision.data != survey.draft_revision else theirs

    def flat(own: wording.Texts) -> comparing.Flat:
        return comparing.flat(with_texts(survey.draft, target, own))

    mine = {**base, **texts}
    merged, clashes = comparing.merge(flat(base), flat(mine), flat(theirs))
    found = {place[2]: text for place, text in merged.items() if place[:2] == ("texts", target)}
    return found, clashes


def _saved(left: int) -> str:
    if not left:
        return str(_("Saved. This language is complete."))
    return str(ngettext("Saved. One text is still missing.", "Saved. %(num)s texts are still missing.", left))


def _page(survey: Survey, source: str, target: str, own: wording.Texts, **more: Any) -> str:
    document = with_texts(survey.draft, target, own)
    found = rows(document, source, target)
    only = request.values.get("only") == "missing"
    wrong = more.setdefault("wrong", {})
    saved = own_texts(survey.draft, target)
    touched = {*wrong, *(row.key for row in found if row.own != saved.get(row.key, ""))}
    shown = [row for row in found if not only or row.state == "missing" or row.key in touched]
    more.setdefault("languages", _languages(survey.draft))
    return render_template(
        "surveys/translations.html",
        survey=survey,
        document=document,
        source=source,
        target=target,
        groups=_grouped(shown, Names.of(survey.draft)),
        doubts={row.key: [words.reason(*doubt) for doubt in doubts(row, row.own)] for row in shown if row.own},
        counted=counted(found),
        bars=[(tag, language_name(tag), progress(document, tag)) for tag in document["locales"]],
        form=TextsForm(formdata=None, revision=survey.draft_revision, base=json.dumps(saved, ensure_ascii=False)),
        file=FileForm(formdata=None),
        only=only,
        words=words,
        direction=wording.direction,
        **({"clashes": []} | more),
    )


def _languages(document: wording.Document) -> LanguageForm:
    form = LanguageForm(formdata=None)
    form.offer(document)
    return form


def _grouped(found: list[Row], names: Names) -> Iterator[tuple[str, str, list[tuple[str, Row]]]]:
    for group, several in groupby(found, key=lambda row: row.group):
        yield group, names.group(group), [(names.part(row), row) for row in several]
