"""Comments that are to be read again, a batch at a time in the order of their responses."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, func, select

from base.db import db
from feedback.response import Response


def comments_after(
    after: uuid.UUID | None, workspace_id: uuid.UUID | None, survey_id: uuid.UUID | None, *, limit: int
) -> list[Response]:
    """Responses with a comment, in order of their ids, at most `limit` after the id `after`."""
    query = select(Response).where(*_commented(workspace_id, survey_id)).order_by(Response.id).limit(limit)
    return list(db.session.scalars(query if after is None else query.where(Response.id > after)))


def count_comments(workspace_id: uuid.UUID | None, survey_id: uuid.UUID | None) -> int:
    """How many there are."""
    query = select(func.count()).select_from(Response).where(*_commented(workspace_id, survey_id))
    return db.session.scalar(query) or 0


def _commented(workspace_id: uuid.UUID | None, survey_id: uuid.UUID | None) -> list[ColumnElement[bool]]:
    """Responses with a comment, of one workspace and one survey where these are given."""
    found: list[ColumnElement[bool]] = [Response.comment.is_not(None)]
    found += [Response.workspace_id == workspace_id] if workspace_id else []
    return [*found, Response.survey_id == survey_id] if survey_id else found
