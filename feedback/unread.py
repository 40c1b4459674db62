"""Comments that wait for their reading. No index of words has them yet, so they are looked through one by one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from base.db import db
from feedback import feed
from feedback.concordance import Asked, Found
from feedback.feed import Query
from feedback.look import Look, through
from feedback.patterning import Patterns
from feedback.response import Response
from feedback.searching import moment_of, place_at, place_of, words_of

MOST = 5_000
"""Comments that a page looks through: to take one into words costs more than to ask a row."""
TICK = timedelta(milliseconds=1)
"""What places tell apart. They are rounded as fractions are, so a moment may have the place of the one before."""


def look(query: Query, asked: Asked, *, limit: int) -> Look[int]:
    """At least `limit` of the list, if so many of them wait."""
    filters = query.filters
    if filters.theme or filters.phrase or filters.sentiment not in (None, "unread", "unscored"):
        return Look()  # what only a reading tells
    waiting = _Waiting(query, asked, Patterns([query.either]) if query.either else None)
    return through(waiting.some, waiting.passing, limit=limit, most=MOST, at_once=MOST)


@dataclass(frozen=True)
class _Waiting:
    query: Query
    asked: Asked
    either: Patterns | None

    def some(self, place: int | None, size: int) -> Look[int]:
        """Those of the workspace behind a place, whatever they say."""
        way, above, below = self.asked.oldest_first, self.asked.above, self.asked.below
        if place is not None:
            above, below = (place, below) if way else (above, place)
        ours = [Response.workspace_id == self.query.workspace_id, Response.read_at.is_(None)]
        ours += [Response.comment.is_not(None), *_moments(above, below)]
        order = [one.asc() if way else one.desc() for one in (Response.created_at, Response.id)]
        edge: datetime | None = db.session.scalar(
            select(Response.created_at).where(*ours).order_by(*order).offset(size - 1).limit(1)
        )
        stopped = None
        if edge is not None:  # all of one moment at once, and what lies close behind: places have an order of their own
            near, last = (edge + 5 * TICK, edge + 2 * TICK) if way else (edge - 5 * TICK, edge - 2 * TICK)
            ours.append(Response.created_at <= near if way else Response.created_at >= near)
            stopped = place_at(last)
            above, below = (above, stopped + 1) if way else (stopped - 1, below)
        rows = db.session.execute(select(Response.created_at, Response.id).where(*ours))
        found = sorted(((place_of(at, ident), ident) for at, ident in rows), reverse=not way)
        return Look([one for one in found if _between(one, above, below)], stopped)

    def passing(self, these: list[uuid.UUID]) -> set[uuid.UUID]:
        """Which of them are in the list, and say what is looked for."""
        rows = select(Response.id, Response.comment).where(Response.id.in_(these))
        found = db.session.execute(rows.where(*feed.wanted(self.query, by_id=True))).all() if these else ()
        return {ident for ident, comment in found if self._says(comment or "")}

    def _says(self, comment: str) -> bool:
        wish, either = self.query.wish, self.either
        return (wish is None or wish.found_in(comment)) and (either is None or bool(either.spoken(words_of(comment))))


def _moments(above: int | None, below: int | None) -> Iterator[ColumnElement[bool]]:
    """The same in moments, a little wider."""
    if above is not None:
        yield Response.created_at >= moment_of(above)
    if below is not None:
        yield Response.created_at <= moment_of(below) + TICK


def _between(one: Found, above: int | None, below: int | None) -> bool:
    return (above is None or one[0] > above) and (below is None or one[0] < below)
