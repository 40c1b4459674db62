"""Answers as people look through them: narrowed in many ways at once and searched, any page as fast as the first.

Comments that were read are found by `concordance`, in the order of the list; the rows themselves have the last word.
Those that still wait for their reading, a few as a rule, are looked through here, so that nothing is missing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from base.db import db
from base.errors import InvalidError
from feedback import feed
from feedback.concordance import Asked, Concordance, Found
from feedback.feed import Entry, Place, Query
from feedback.patterning import Patterns
from feedback.response import Response
from feedback.searching import Wish, fact, place_at, place_of, words_of
from surveys.contact import Contact

MOST_COUNTED = 1_000
"""More than this many are "more than" to whoever looks through them."""
MOST_UNREAD = 5_000
MOST_AT_ONCE = 4_000
MOST_KNOWN = 1_000
OFFERED = ("agent", "team", "channel", "language")


@dataclass(frozen=True)
class Page:
    """Some neighbouring entries, and where the pages on either side go on from: opaque words for an address."""

    entries: list[Entry]
    newer: str | None
    older: str | None


@dataclass(frozen=True)
class Size:
    """How many there are, or at least how many."""

    n: int
    more: bool = False


def served(query: Query) -> bool:
    """Whether it asks for comments only; other lists are `feed`'s."""
    return query.commented or searched(query)


def searched(query: Query) -> bool:
    """Whether it asks for what comments say, which other lists cannot look for, or only slowly."""
    return query.wish is not None or bool(query.either) or query.filters.phrase is not None


def page(query: Query, *, limit: int, after: str | None = None, before: str | None = None) -> Page:
    """At most `limit` entries behind `after` or right in front of `before`. InvalidError for what no page gave."""
    if not served(query):
        spots = [Place.read(text) if text else None for text in (after, before)]
        window = feed.window(query, limit=limit, after=spots[0], before=spots[1])
        return Page(window.entries, *(str(place) if place else None for place in (window.newer, window.older)))
    backwards = before is not None
    found = idents(query, limit=limit + 1, after=_read(after), before=_read(before))
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    if not found:
        return Page([], None, None)
    newer = str(found[0][0]) if (more if backwards else after is not None) else None
    older = str(found[-1][0]) if more or backwards else None
    return Page(feed.entries_of([ident for _, ident in found]), newer, older)


def size(query: Query, *, most: int = MOST_COUNTED) -> Size:
    """How many entries the whole list has; counting ends at `most`."""
    if served(query):
        n = len(idents(query, limit=most + 1))
    else:
        some = select(Response.id).outerjoin(Contact, Contact.id == Response.contact_id)
        some = some.where(*feed.wanted(query)).limit(most + 1)
        n = db.session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return Size(min(n, most), n > most)


def new_since(workspace_id: uuid.UUID, since: datetime, noon: datetime, *, most: int) -> Size:
    """How many comments are new since a moment. Anonymous ones say noon of their day, and are new until it is over:
    of the day whose `noon` is before the moment they count too, as `glance.is_new` marks them.
    """
    later = size(Query(workspace_id=workspace_id, commented=True, since=since), most=most)
    if noon >= since or later.more:
        return later
    today = Query(workspace_id=workspace_id, commented=True, since=noon, until=since)
    some = select(Response.id).outerjoin(Contact, Contact.id == Response.contact_id)
    some = some.where(*feed.wanted(today), *Response.unsigned()).limit(most + 1)
    n = later.n + (db.session.scalar(select(func.count()).select_from(some.subquery())) or 0)
    return Size(min(n, most), n > most)


def idents(query: Query, *, limit: int, after: int | None = None, before: int | None = None) -> list[Found]:
    """At most `limit` responses with their places: behind `after` the newest first, else in front of `before` the
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
    unread = _unread(query, asked)
    known = {ident for _, ident in unread}
    found = [one for one in _read_ones(query, asked, limit) if one[1] not in known]
    return sorted({*found, *unread}, reverse=not backwards)[:limit]


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


def _read_ones(query: Query, asked: Asked, limit: int) -> Iterator[Found]:
    """At least `limit` of those that are there, if there are so many."""
    missing, chunk = limit, limit
    while missing > 0:
        found = Concordance.find(asked, limit=chunk)
        passing = _passing(query, [ident for _, ident in found])
        for one in found:
            if one[1] in passing:
                missing -= 1
                yield one
        if len(found) < chunk:
            return
        last = found[-1][0]
        asked = replace(asked, above=last) if asked.oldest_first else replace(asked, below=last)
        chunk = min(chunk * 4, MOST_AT_ONCE)


def _passing(query: Query, these: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these responses are in the list."""
    rows = select(Response.id).outerjoin(Contact, Contact.id == Response.contact_id)
    return set(db.session.scalars(rows.where(Response.id.in_(these), *feed.wanted(query, by_id=True))))


def _unread(query: Query, asked: Asked) -> list[Found]:
    """Comments of the list that were not read yet: of the workspace the newest that wait, then those of them."""
    waits = (Response.workspace_id == query.workspace_id, Response.read_at.is_(None), Response.comment.is_not(None))
    these = list(db.session.scalars(select(Response.id).where(*waits).order_by(Response.id.desc()).limit(MOST_UNREAD)))
    if not these:
        return []
    about = select(Response.id, Response.created_at, Response.comment)
    rows = about.outerjoin(Contact, Contact.id == Response.contact_id).where(Response.id.in_(these))
    unread = rows.where(*feed.wanted(query, by_id=True))
    either = Patterns([query.either]) if query.either else None
    found = []
    for ident, at, comment in db.session.execute(unread):
        place = place_of(at, ident)
        within = (asked.above is None or place > asked.above) and (asked.below is None or place < asked.below)
        if within and _says(query.wish, either, comment or ""):
            found.append((place, ident))
    return found


def _says(wish: Wish | None, either: Patterns | None, comment: str) -> bool:
    """Whether a comment says what is looked for."""
    wished = wish is None or wish.found_in(comment)
    return wished and (either is None or bool(either.spoken(words_of(comment))))


def _read(spot: str | None) -> int | None:
    if not spot:
        return None
    if not (spot.isascii() and spot.isdigit() and len(spot) <= 19 and int(spot) < 1 << 63):
        raise InvalidError("The cursor is not one that a list gave.", {"cursor": "Not a cursor."})
    return int(spot)


def known(workspace_id: uuid.UUID) -> dict[str, list[str]]:
    """Agents, teams, channels and languages of the newest answers: what a filter offers. Others can be typed."""
    names = (Response.agent, Response.team, Response.channel, Response.language)
    rows = select(*names).where(Response.workspace_id == workspace_id)
    newest = db.session.execute(rows.order_by(Response.created_at.desc(), Response.id.desc()).limit(MOST_KNOWN)).all()
    columns = zip(*newest, strict=True) if newest else ((), (), (), ())
    return {name: sorted({one for one in found if one}) for name, found in zip(OFFERED, columns, strict=True)}
