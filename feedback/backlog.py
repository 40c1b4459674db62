"""Comments that are to be read again, a batch at a time in the order of their responses."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from accounts.workspace import Workspace
from base.db import db
from feedback.response import Response
from surveys.contact import Contact


class Waiting(NamedTuple):
    """A comment with what its reading depends on; `locale` is the page's language, `engine` the workspace's choice."""

    id: uuid.UUID
    revision: int
    comment: str
    locale: str
    engine: str
    workspace_id: uuid.UUID
    contact_locale: str | None


def comments_after(
    after: uuid.UUID | None, workspace_id: uuid.UUID | None, survey_id: uuid.UUID | None, *, limit: int
) -> list[Waiting]:
    """Responses with a comment in order of their ids, at most `limit` after the id `after`."""
    about = (Response.id, Response.revision, Response.comment, Response.locale)
    query = select(*about, Workspace.sentiment_engine, Response.workspace_id, Contact.locale)
    query = query.join(Workspace, Workspace.id == Response.workspace_id)
    query = query.outerjoin(Contact, Contact.id == Response.contact_id)
    query = query.where(*_commented(workspace_id, survey_id, after)).order_by(Response.id).limit(limit)
    return [
        Waiting(ident, revision, comment or "", locale, engine, owner, contact)
        for ident, revision, comment, locale, engine, owner, contact in db.session.execute(query)
    ]


def count_comments(
    workspace_id: uuid.UUID | None, survey_id: uuid.UUID | None, *, after: uuid.UUID | None = None
) -> int:
    """How many there are."""
    query = select(func.count()).select_from(Response).where(*_commented(workspace_id, survey_id, after))
    return db.session.scalar(query) or 0


def _commented(
    workspace_id: uuid.UUID | None, survey_id: uuid.UUID | None, after: uuid.UUID | None
) -> list[ColumnElement[bool]]:
    """Responses with a comment, of one workspace and one survey where these are given. A database that looked these up
    in an index would bring all of them into the order of their ids for every batch.
    """
    found: list[ColumnElement[bool]] = [Response.comment.is_not(None)]
    found += [_unindexed(Response.workspace_id) == workspace_id] if workspace_id else []
    found += [Response.id > after] if after else []
    return [*found, _unindexed(Response.survey_id) == survey_id] if survey_id else found


def _unindexed(column: InstrumentedAttribute[uuid.UUID]) -> ColumnElement[uuid.UUID]:
    return func.coalesce(column, column)
