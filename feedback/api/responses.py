"""What people answered, for other systems."""

from __future__ import annotations

import uuid

from flask import Blueprint

from accounts.access import requires_key
from accounts.workspace import Workspace
from base.openapi import operation
from feedback import detail, feed, inbox
from feedback.filter_schemas import ResponsesIn
from feedback.schemas import ResponseList, ResponseOut
from feedback.tag import Tag
from feedback.topic import Topic
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
    either = _topic(workspace, query.topic).parts if query.topic else ()
    asked = query.asked(workspace.id, survey_id, tags=tuple(tag.aliases()) if tag else (), either=either)
    page = inbox.page(asked, limit=query.limit, after=query.cursor)
    told = detail.of(page.entries, workspace.name)
    data = [ResponseOut.of(entry, told.get(entry.response.id, ())) for entry in page.entries]
    return ResponseList(data=data, next_cursor=page.older)


def _topic(workspace: Workspace, wanted: str) -> Topic:
    """By id or name."""
    try:
        return Topic.of(workspace.id, uuid.UUID(wanted))
    except ValueError:
        return Topic.called(workspace.id, wanted)


@bp.get("/api/v1/responses/<uuid:response_id>")
@requires_key
@operation("One response", answers={200: ResponseOut})
def show(*, workspace: Workspace, response_id: uuid.UUID) -> ResponseOut:
    entry = feed.entry(workspace.id, response_id)
    return ResponseOut.of(entry, detail.of([entry], workspace.name).get(response_id, ()))
