"""Pages of results get a name, and lose it again."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import ConflictError
from feedback.forms.filtering import NAMED
from feedback.saved_view import SavedView
from surveys.survey import Survey

bp = Blueprint("keeping", __name__)

LONGEST = 4000
"""Characters of an address that is kept."""


@bp.post("/w/<workspace>/views")
@requires("views.edit")
def keep(workspace: Workspace) -> ResponseReturnValue:
    """Give a name to the page whose survey and query the form names; nothing else of an address is taken over."""
    slug, name = request.form.get("survey", ""), " ".join(request.form.get("name", "").split())[:60]
    survey = Survey.of(workspace.id, slug) if slug else None
    query = urlencode([(key, value) for key, value in parse_qsl(request.form.get("query", "")) if key in NAMED])
    if not name or len(query) > LONGEST:
        much = _("This page is narrowed by too many words to be saved. Take some of them away.")
        flash(much if name else _("The view needs a name."), "error")
        return redirect(_shown(workspace, survey, query), 303)
    try:
        with transaction():
            SavedView.keep(workspace.id, survey.id if survey else None, name, query, at=clock.now(), by=g.user.id)
        flash(_("Saved as “%(name)s”, for everybody of this workspace.", name=name), "success")
    except ConflictError:
        flash(_("There are so many saved views that one must go before another is kept."), "error")
    return redirect(_shown(workspace, survey, query), 303)


@bp.post("/w/<workspace>/views/<uuid:view_id>/delete")
@requires("views.edit")
def forget(workspace: Workspace, view_id: uuid.UUID) -> ResponseReturnValue:
    with transaction() as session:
        gone = SavedView.forget(workspace.id, view_id, at=clock.now(), by=g.user.id)
        survey = session.get(Survey, gone.survey_id) if gone.survey_id else None
    flash(_("“%(name)s” is no longer saved.", name=gone.name), "success")
    return redirect(_shown(workspace, survey, gone.query), 303)


def _shown(workspace: Workspace, survey: Survey | None, query: str) -> str:
    values: dict[str, Any] = dict(parse_qsl(query))
    if survey is None:
        return url_for("overview.show", workspace=workspace.slug, **values)
    return url_for("results.show", workspace=workspace.slug, slug=survey.slug, **values)
