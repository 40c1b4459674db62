"""One response with everything that is known of it, and the list of all, above all of those set aside."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from feedback import feed, tally
from feedback.dossier import Dossier
from feedback.views.drawing import language_name
from feedback.views.results import place_of
from surveys import wording
from surveys.scale import SCALES
from surveys.survey import Survey

bp = Blueprint("responses", __name__)

PAGE = 50


@bp.get("/w/<workspace>/responses")
@requires("results.view")
def index(workspace: Workspace) -> ResponseReturnValue:
    surveys = Survey.all_of(workspace.id)
    survey = next((one for one in surveys if one.slug == request.args.get("survey")), None)
    flagged = request.args.get("flagged") == "1"
    query = feed.Query(
        workspace_id=workspace.id, survey_id=survey.id if survey else None, flagged=True if flagged else None
    )

    def here(**changes: Any) -> str:
        kept = {"flagged": "1" if flagged else None, "survey": survey.slug if survey else None} | changes
        return url_for("responses.index", workspace=workspace.slug, **kept)

    return render_template(
        "feedback/responses.html",
        surveys=surveys,
        survey=survey,
        flagged=flagged,
        waiting=tally.set_aside(workspace.id, survey.id if survey else None),
        matching=feed.size(query),
        window=feed.window(query, limit=PAGE, after=place_of("after"), before=place_of("before")),
        names={one.id: one.name for one in surveys},
        scales=SCALES,
        here=here,
        language_name=language_name,
    )


@bp.get("/w/<workspace>/responses/<uuid:ident>")
@requires("results.view")
def show(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    found = Dossier.of(workspace, ident)
    return render_template(
        "feedback/response.html",
        found=found,
        response=found.response,
        survey=found.survey,
        scale=SCALES[found.response.metric],
        language=language_name(found.response.language),
        language_name=language_name,
        direction=wording.direction,
    )


@bp.post("/w/<workspace>/responses/<uuid:ident>/release")
@requires("responses.release")
def release(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        feed.entry(workspace.id, ident).response.release(at=clock.now(), by=g.user.id)
    flash(_("Released. It counts from now on."), "success")
    return redirect(url_for(".show", workspace=workspace.slug, ident=ident), 303)
