"""The draft behind the builder, as JSON: saved while it is typed, joined when two people save."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import ConflictError
from base.web import body_up_to
from surveys import comparing
from surveys.checking import findings
from surveys.forms.changes import in_words
from surveys.forms.editing import WORDS_SIZE, Sent, body
from surveys.forms.findings import told
from surveys.forms.flaws import sentence
from surveys.forms.gathering import lines
from surveys.survey import Survey
from surveys.validating import Flaw
from surveys.version import Version
from surveys.views.editing import ready
from surveys.wording import LOCALES, Document

bp = Blueprint("drafting", __name__)


@bp.get("/w/<workspace>/surveys/<slug>/draft")
@requires("surveys.edit")
def state(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    """Whether somebody saved meanwhile: asked again and again, so it is small."""
    return jsonify(_state(Survey.of(workspace.id, slug)))


@bp.post("/w/<workspace>/surveys/<slug>/draft")
@requires("surveys.edit")
@body_up_to(WORDS_SIZE)
def save(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    raw = body(request)
    sent, flaws = Sent.of(raw)
    if sent and survey.published_number is not None and sent.document["metric"] != survey.metric:
        flaws = [Flaw("metric", "metric_fixed")]
    if sent is None or flaws:
        return _refused(flaws)
    try:
        with transaction():
            survey = Survey.of(workspace.id, slug)
            if comparing.flat(sent.document) != comparing.flat(survey.draft):
                survey.save_draft(sent.document, revision=sent.revision, at=clock.now(), by=g.user.id)
                _settle(survey)
            if sent.name is not None:
                survey.rename(sent.name)
    except ConflictError:
        survey = Survey.of(workspace.id, slug)
        theirs = {"document": survey.draft, "name": survey.name, **_state(survey)}
        return jsonify(theirs=theirs), 409
    wanted = raw.get("words") if isinstance(raw.get("words"), list) else []
    found = findings(sent.document)
    return jsonify(
        revision=survey.draft_revision,
        findings=[told(finding, sent.document) for finding in found],
        lines=lines(found, sent.document),
        words={tag: ready(sent.document, tag) for tag in wanted[:40] if tag in LOCALES},
    )


@bp.post("/w/<workspace>/surveys/<slug>/draft/merge")
@requires("surveys.edit")
@body_up_to(WORDS_SIZE)
def merge(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    """What I edited since `base`, joined with what somebody else saved meanwhile. Nothing is saved by it."""
    survey = Survey.of(workspace.id, slug)
    raw = body(request)
    raw = raw if isinstance(raw, dict) else {}
    mine, flaws = Sent.of(raw.get("mine"))
    base, more = Sent.of(raw.get("base"))
    if mine is None or base is None:
        return _refused([*flaws, *more])
    before = comparing.flat(base.document, base.name)
    theirs = comparing.flat(survey.draft, survey.name)
    merged, clashes = comparing.merge(before, comparing.flat(mine.document, mine.name or survey.name), theirs)
    return jsonify(
        **_state(survey),
        name=merged["name",],
        document=comparing.document_of(merged),
        theirs={"name": survey.name, "document": survey.draft},
        clashes=[_clash(clash, mine.document, survey.draft) for clash in clashes],
        brought=len(comparing.news(before, theirs)),
    )


@bp.get("/w/<workspace>/surveys/<slug>/draft/words/<locale>")
@requires("surveys.edit")
def words(*, workspace: Workspace, slug: str, locale: str) -> ResponseReturnValue:
    """The ready-made words of one language."""
    return jsonify(ready(Survey.of(workspace.id, slug).draft, locale))


def _settle(survey: Survey) -> None:
    """What was changed and changed back is no edit that waits to be published."""
    newest = Version.newest(survey.id)
    if newest and comparing.flat(newest.document) == comparing.flat(survey.draft):
        survey.agree(newest)


def _state(survey: Survey) -> dict[str, Any]:
    editor = survey.editor
    return {
        "revision": survey.draft_revision,
        "saved_at": survey.draft_saved_at.isoformat(),
        "editor": editor.name if editor else "",
        "me": bool(editor and editor.id == g.user.id),
    }


def _clash(clash: comparing.Change, mine: Document, theirs: Document) -> dict[str, Any]:
    said = in_words(clash, mine, theirs)
    return {
        "place": list(clash.place),
        "title": said.title,
        "language": said.language,
        "mine": said.before,
        "theirs": said.after,
        "removed": ("mine" if clash.after else "theirs")
        if clash.place[0] == "question" and len(clash.place) == 2
        else "",
    }


def _refused(flaws: list[Flaw]) -> ResponseReturnValue:
    return jsonify(flaws=[{"path": flaw.path, "message": sentence(flaw)} for flaw in flaws]), 422
