"""What staff leave behind when they look at answers: notes, and that they looked."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import InvalidError
from feedback import feed
from feedback.glance import Glance
from feedback.note import Note
from feedback.views.responses import dossier_page

bp = Blueprint("marking", __name__)

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No page was made before it."""


@bp.post("/w/<workspace>/responses/<uuid:ident>/notes")
@requires("responses.annotate")
def write(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    typed = request.form.get("text", "")
    try:
        with transaction():
            Note.write(feed.entry(workspace.id, ident).response.id, typed, at=clock.now(), by=g.user.id)
    except InvalidError as error:
        return dossier_page(workspace, ident, note_typed=typed, note_problem=error.fields.get("text", "")), 422
    return redirect(url_for("responses.show", workspace=workspace.slug, ident=ident, _anchor="notes"), 303)


@bp.post("/w/<workspace>/responses/<uuid:ident>/notes/<uuid:note_id>/delete")
@requires("responses.annotate")
def remove(workspace: Workspace, ident: uuid.UUID, note_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Note.remove(feed.entry(workspace.id, ident).response.id, note_id)
    flash(_("The note is gone."), "success")
    return redirect(url_for("responses.show", workspace=workspace.slug, ident=ident, _anchor="notes"), 303)


@bp.post("/w/<workspace>/responses/seen")
@requires("results.view")
def seen(workspace: Workspace) -> ResponseReturnValue:
    """They looked at the list as it was at the moment `at`, and with `all` know everything of until then."""
    everything = request.form.get("all") == "1"
    with transaction():
        Glance.keep(g.user.id, workspace.id, at=_shown_at(), all_seen=everything)
    if everything:
        return redirect(url_for("responses.index", workspace=workspace.slug, commented=1), 303)
    return ""


def _shown_at() -> datetime:
    """When the page was made that was looked at: what came later was not on it. Never later than now nor long ago."""
    now = clock.now()
    try:
        at = datetime.fromisoformat(request.form.get("at", ""))
    except ValueError:
        return now
    return min(at, now) if at.tzinfo is not None and at >= OLDEST else now
