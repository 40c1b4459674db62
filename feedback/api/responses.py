"""What people answered, for other systems."""

from __future__ import annotations

import uuid

from flask import Blueprint

from accounts.access import requires_key
from accounts.workspace import Workspace
from base.openapi import operation
from feedback import detail, feed
from feedback.schemas import ResponseList, ResponseOut, ResponsesIn
from surveys.survey import Survey

bp = Blueprint("api_responses", __name__)


@bp.get("/api/v1/responses")
@requires_key
@operation("Responses, the newest first", query=ResponsesIn, answers={200: ResponseList}, problems=(404,))
def index(*, workspace: Workspace, query: ResponsesIn) -> ResponseList:
    survey_id = Survey.of(workspace.id, query.survey).id if query.survey else None
    after = feed.Place.read(query.cursor) if query.cursor else None
    entries, place = feed.page(query.asked(workspace.id, survey_id), limit=query.limit, after=after)
    told = detail.of(entries, workspace.name)
    data = [ResponseOut.of(entry, told.get(entry.response.id, ())) for entry in entries]
    return ResponseList(data=data, next_cursor=str(place) if place else None)


@bp.get("/api/v1/responses/<uuid:response_id>")
@requires_key
@operation("One response", answers={200: ResponseOut})
def show(*, workspace: Workspace, response_id: uuid.UUID) -> ResponseOut:
    entry = feed.entry(workspace.id, response_id)
    return ResponseOut.of(entry, detail.of([entry], workspace.name).get(response_id, ()))
