"""Answers as people look through them: narrowed in many ways at once and searched, any page as fast as the first.

Comments that were read are found by `concordance`, in the order of the list; the rows themselves have the last word.
Those that still wait for their reading are looked through by `unread`, so that nothing is missing, and lists that are
not of comments alone by `stretch`. A page that looked at many rows and found few says how far back it came.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from operator import ge, le

from sqlalchemy import func, select

from base.db import db
from base.errors import InvalidError
from feedback import feed, stretch, unread
from feedback.concordance import Asked, Concordance
from feedback.feed import Entry, Place, Query
from feedback.look import Look, through
from feedback.response import Response
from feedback.searching import fact, moment_of, place_at

MOST_COUNTED = 1_000
"""More than this many are "more than" to whoever looks through them."""
MOST_AT_ONCE = 4_000
LOOKED_AT = 25_000
"""Comments that a page looks at when no index knows what they are narrowed by; each is read by its id."""
MOST_KNOWN = 1_000
OFFERED = ("agent", "team", "channel", "language")


@dataclass(frozen=True)
class Size:
    """How many there are, or at least how many."""

    n: int
    more: bool = False
    """There are more than these."""
    so_far: bool = False
    """There may be more where nobody looked."""


class Spot(int):
    """A place of `concordance`, as a page goes on from it."""

    def beside(self, by: int) -> Spot:
        return Spot(self + by)

    @property
    def moment(self) -> datetime:
        return moment_of(self)


@dataclass(frozen=True)
class Page:
    """Some neighbouring entries, and where the pages on either side go on from: opaque words for an address."""

    entries: list[Entry]
    newer: str | None
    older: str | None
    looked: datetime | None = None
    """How far it looked, when it found too few on the way; one of the pages on either side goes on from there."""
    size: Size | None = None
    """How many the whole list has, where that was asked for and is known by the way."""


def served(query: Query) -> bool:
    """Whether it asks for comments only; other lists are `feed`'s."""
    waiting = query.filters.sentiment == "unread"  # which only comments do
    return query.commented or waiting or searched(query)


def searched(query: Query) -> bool:
    """Whether it asks for what comments say, which other lists cannot look for, or only slowly."""
    return query.wish is not None or bool(query.either) or query.filters.phrase is not None


def page(
    query: Query, *, limit: int, after: str | None = None, before: str | None = None, most: int | None = None
) -> Page:
    """At most `limit` entries behind `after` or right in front of `before`. InvalidError for what no page gave. The
    first page counts up to `most` while it is at it.
    """
    count = most if after is None and before is None else None
    wanted = max(limit, count or 0) + 1
    if served(query):
        seen = look(query, limit=wanted, after=_read(after), before=_read(before))
        spots = [(Spot(place), ident) for place, ident in seen.found[: limit + 1]]
        stopped = None if seen.stopped is None else Spot(seen.stopped)
        found = _page(Look(spots, stopped), limit, _read(after), _read(before))
        return replace(found, size=_size(seen, count))
    places = [Place.read(text) if text else None for text in (after, before)]
    listed = stretch.look(query, limit=wanted, after=places[0], before=places[1])
    return replace(_page(listed, limit, *places), size=_size(listed, count))


def _page(seen: Look[Spot] | Look[Place], limit: int, after: Spot | Place | None, before: Spot | Place | None) -> Page:
    """The first of what was found. A page without entries leads back to where it was come from, this place included."""
    shown, came, backwards = seen.found[:limit], before or after, before is not None
    full = len(seen.found) > limit
    on = shown[-1][0] if full else seen.stopped
    if backwards:
        shown.reverse()
    back = None
    if came is not None:
        back = shown[-1 if backwards else 0][0] if shown else came.beside(1 if backwards else -1)
    newer, older = (None if place is None else str(place) for place in ((on, back) if backwards else (back, on)))
    looked = None if full or seen.stopped is None else seen.stopped.moment
    return Page(feed.entries_of([ident for _, ident in shown]), newer, older, looked)


def size(query: Query, *, most: int = MOST_COUNTED) -> Size:
    """How many entries the whole list has; counting ends at `most`, or after so many rows."""
    found: Look[int] | Look[Place] = (look if served(query) else stretch.look)(query, limit=most + 1)
    return _size(found, most) or Size(0)


def _size(seen: Look[int] | Look[Place], most: int | None) -> Size | None:
    if most is None:
        return None
    n = len(seen.found)
    return Size(min(n, most), n > most, so_far=n <= most and seen.stopped is not None)


def new_since(workspace_id: uuid.UUID, since: datetime, noon: datetime, *, most: int) -> Size:
    """How many comments are new since a moment. Anonymous ones say noon of their day, and are new until it is over:
    of the day whose `noon` is before the moment they count too, as `glance.is_new` marks them.
    """
    later = size(Query(workspace_id=workspace_id, commented=True, since=since), most=most)
    if noon >= since or later.more:
        return later
    today = Query(workspace_id=workspace_id, commented=True, since=noon, until=since)
    some = select(Response.id).where(*feed.wanted(today), *Response.unsigned()).limit(most + 1)
    n = later.n + (db.session.scalar(select(func.count()).select_from(some.subquery())) or 0)
    return Size(min(n, most), n > most)


def look(query: Query, *, limit: int, after: int | None = None, before: int | None = None) -> Look[int]:
    """At most `limit` comments with their places: behind `after` the newest first, else in front of `before` the
    oldest first.
    """
    backwards = before is not None
    above = place_at(query.since) - 1 if query.since else None
    below = place_at(query.until, after=True) if query.until else None
    above = max((one for one in (above, before) if one is not None), default=None)
    below = min((one for one in (below, after) if one is not None), default=None)
    asked = Asked(
        wish=query.wish, facts=facts_of(query), either=query.either, above=above, below=below, oldest_first=backwards
    )
    waiting = unread.look(query, asked, limit=limit)  # before the others: one that is read meanwhile is then in both
    read = _read_ones(query, asked, limit)
    stops = [one.stopped for one in (waiting, read) if one.stopped is not None]
    stopped = (min if backwards else max)(stops, default=None)
    reached = le if backwards else ge  # by both of them
    known = {ident for _, ident in waiting.found}
    both = {*waiting.found, *(one for one in read.found if one[1] not in known)}
    found = sorted((one for one in both if stopped is None or reached(one[0], stopped)), reverse=not backwards)[:limit]
    return Look(found, stopped if len(found) < limit else None)


def facts_of(query: Query) -> tuple[str, ...]:
    """What a query asks of documents. Rows are asked the same again, and what documents do not say."""
    filters = query.filters
    facts = [fact("s", query.survey_id) if query.survey_id else fact("w", query.workspace_id)]
    for kind in ("agent", "team", "channel"):
        value = getattr(filters, kind)
        facts += [fact(kind[0], value)] if value is not None else []
    others = {"b": filters.band, "k": filters.score, "g": filters.language, "l": filters.sentiment, "h": filters.theme}
    facts += [fact(kind, value) for kind, value in others.items() if value is not None]
    facts += [fact("p", lemma) for lemma in (filters.phrase or "").partition(":")[2].split()]
    facts += [fact("x", "flagged")] if query.flagged else []
    facts += [" ".join(fact("y", ident) for ident in query.tags)] if query.tags else []
    return tuple(facts)


def _read_ones(query: Query, asked: Asked, limit: int) -> Look[int]:
    """At least `limit` of those that were read, if there are so many."""

    def some(place: int | None, size: int) -> Look[int]:
        on = asked
        if place is not None:
            on = replace(asked, above=place) if asked.oldest_first else replace(asked, below=place)
        found = Concordance.find(on, limit=size)
        return Look(found, found[-1][0] if len(found) == size else None)

    return through(some, lambda these: _passing(query, these), limit=limit, most=LOOKED_AT, at_once=MOST_AT_ONCE)


def _passing(query: Query, these: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these responses are in the list."""
    if not these:
        return set()
    rows = select(Response.id).where(Response.id.in_(these), *feed.wanted(query, by_id=True))
    return set(db.session.scalars(rows))


def _read(spot: str | None) -> Spot | None:
    if not spot:
        return None
    if not (spot.isascii() and spot.isdigit() and len(spot) <= 19 and int(spot) < 1 << 63):
        raise InvalidError("The cursor is not one that a list gave.", {"cursor": "Not a cursor."})
    return Spot(spot)


def known(workspace_id: uuid.UUID, survey_id: uuid.UUID | None = None) -> dict[str, list[str]]:
    """Agents, teams, channels and languages of the newest answers: what a filter offers. Others can be typed."""
    names = (Response.agent, Response.team, Response.channel, Response.language)
    ours = Response.workspace_id == workspace_id if survey_id is None else Response.survey_id == survey_id
    rows = select(*names).where(ours)
    newest = db.session.execute(rows.order_by(Response.created_at.desc(), Response.id.desc()).limit(MOST_KNOWN)).all()
    columns = zip(*newest, strict=True) if newest else ((), (), (), ())
    return {name: sorted({one for one in found if one}) for name, found in zip(OFFERED, columns, strict=True)}
