"""What people answered, for other systems."""

from __future__ import annotations

import uuid

from flask import Blueprint

from accounts.access import requires_key
from accounts.workspace import Workspace
from base.openapi import operation
from feedback import detail, feed, inbox
from feedback.schemas import ResponseList, ResponseOut, ResponsesIn
from feedback.tag import Tag
from surveys.survey import Survey

bp = Blueprint("api_responses", __name__)


@bp.get("/api/v1/responses")
@requires_key
@operation("Responses, the newest first", query=ResponsesIn, answers={200: ResponseList}, problems=(404,))
def index(*, workspace: Workspace, query: ResponsesIn) -> ResponseList:
    survey_id = Survey.of(workspace.id, query.survey).id if query.survey else None
    tag = Tag.called(workspace.id, query.tag) if query.tag else None
    if query.tag and tag is None:  # nothing can have a tag that is not there
        return ResponseList(data=[], next_cursor=None)
    asked = query.asked(workspace.id, survey_id, tuple(tag.aliases()) if tag else ())
    page = inbox.page(asked, limit=query.limit, after=query.cursor)
    told = detail.of(page.entries, workspace.name)
    data = [ResponseOut.of(entry, told.get(entry.response.id, ())) for entry in page.entries]
    return ResponseList(data=data, next_cursor=page.older)


@bp.get("/api/v1/responses/<uuid:response_id>")
@requires_key
@operation("One response", answers={200: ResponseOut})
def show(*, workspace: Workspace, response_id: uuid.UUID) -> ResponseOut:
    entry = feed.entry(workspace.id, response_id)
    return ResponseOut.of(entry, detail.of([entry], workspace.name).get(response_id, ()))
