"""All answers of a list stretch by stretch: no index has all that they are narrowed by, so rows are asked, and no more
of them for one page than `MOST`. A stretch is so many rows of the index that has the list in its order.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression, case, select, true

from base.db import db
from feedback.feed import Place, Query, ahead, behind, few, scope, wanted
from feedback.look import Look
from feedback.response import Response
from feedback.tally import SET_ASIDE

MOST = 50_000
"""Rows of an index that a page looks at: a fraction of a second, also where they are asked for a number in a text."""
FIRST = 2_000
"""Rows of the first stretch; each one is four times as long as the one before."""


def look(query: Query, *, limit: int, after: Place | None = None, before: Place | None = None) -> Look[Place]:
    """At most `limit` responses behind `after` the newest first, or in front of `before` the oldest first."""
    backwards = before is not None
    start, size, left = before if backwards else after, FIRST, MOST
    found: list[tuple[Place, uuid.UUID]] = []
    while True:
        end = None if few(query) else _end(query, start, size, backwards=backwards)
        found += _within(query, start, end, limit - len(found), backwards=backwards)
        left -= size
        if len(found) >= limit or end is None:
            return Look(found)
        if left <= 0:
            return Look(found, end)
        start, size = end, min(4 * size, left)


def _end(query: Query, start: Place | None, size: int, *, backwards: bool) -> Place | None:
    """The last row of a stretch; None when the list ends before it."""
    rows = select(Response.created_at, Response.id).where(*_indexed(query), *_beyond(start, backwards=backwards))
    row = db.session.execute(rows.order_by(*_ordered(query, backwards=backwards)).offset(size - 1).limit(1)).first()
    return Place(row.created_at, row.id) if row else None


def _within(
    query: Query, start: Place | None, end: Place | None, limit: int, *, backwards: bool
) -> list[tuple[Place, uuid.UUID]]:
    rows = select(Response.created_at, Response.id).where(*wanted(query), *_beyond(start, backwards=backwards))
    if end is not None:
        last = Response.created_at <= end.at if backwards else Response.created_at >= end.at
        rows = rows.where(last, ~(ahead(end) if backwards else behind(end)))
    rows = rows.order_by(*_ordered(query, backwards=backwards)).limit(limit)
    return [(Place(at, ident), ident) for at, ident in db.session.execute(rows)]


def _beyond(start: Place | None, *, backwards: bool) -> Iterator[ColumnElement[bool]]:
    if start is not None:
        yield ahead(start) if backwards else behind(start)


def _indexed(query: Query) -> Iterator[ColumnElement[bool]]:
    """What an index has together with the order of the list."""
    yield from scope(query)
    if query.flagged:
        yield SET_ASIDE
    for name in ("agent", "team") if query.survey_id is not None else ():
        if value := getattr(query.filters, name):
            yield getattr(Response, name) == value


def _ordered(query: Query, *, backwards: bool) -> Iterator[UnaryExpression[Any]]:
    """With the id alone SQLite would walk through everybody's answers for those of one agent or team, who have an index
    without it.
    """
    narrow = query.survey_id is not None and (query.filters.agent or query.filters.team)
    last: ColumnElement[Any] = case((true(), Response.id)) if narrow else Response.id.expression
    for column in (Response.created_at.expression, last):
        yield column.asc() if backwards else column.desc()
