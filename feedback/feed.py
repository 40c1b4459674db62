"""Responses as lists show them: newest first, a page at a time, each page beginning where the last one ended."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, UnaryExpression, case, false, func, select, true

from base.db import db
from base.errors import InvalidError, NotFoundError
from feedback.response import Response
from feedback.searching import Part, Wish
from feedback.tag import Tagging
from feedback.tally import COUNTED, EVERYTHING, SET_ASIDE, Filters, conditions
from surveys.contact import Contact
from surveys.open_link import OpenLink
from surveys.version import Version

Order = Literal["newest", "worst"]
"""Newest first, or lowest score first and of equal scores the newest."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """One response with what its row does not hold: who answered, which version of the survey they saw, and by which
    open link they came. Nobody knows who came by a link; who answered anonymously has neither contact nor link.
    """

    response: Response
    contact: Contact | None
    version: int
    link: OpenLink | None = None

    @property
    def person(self) -> str | None:
        """What the person is called; None when nobody knows them."""
        return (self.contact.name or self.contact.email) if self.contact else None


@dataclass(frozen=True)
class Place:
    """Where a page ended; the next one goes on behind it. As text it is opaque to whoever carries it."""

    at: datetime
    ident: uuid.UUID
    score: int | None = None
    """Only in a list by score."""

    @classmethod
    def of(cls, response: Response, order: Order = "newest") -> Place:
        return cls(response.created_at, response.id, response.score if order == "worst" else None)

    @classmethod
    def read(cls, text: str) -> Place:
        """The place written as `text`; InvalidError when it is none of ours."""
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            micros, ident = int.from_bytes(raw[:8], "big"), uuid.UUID(bytes=raw[8:24])
            at = EPOCH + timedelta(microseconds=micros)
            return cls(at, ident, int.from_bytes(raw[24:], "big") if raw[24:] else None)
        except (ValueError, OverflowError, OSError, binascii.Error) as error:
            raise InvalidError("The cursor is not one that a list gave.", {"cursor": "Not a cursor."}) from error

    @property
    def moment(self) -> datetime:
        return self.at

    def beside(self, by: int) -> Place:
        """The place in front of it (1) or behind it (-1), where a response may stand or not."""
        return Place(self.at, uuid.UUID(int=max(0, min(self.ident.int + by, (1 << 128) - 1))), self.score)

    def __str__(self) -> str:
        micros = (self.at - EPOCH) // timedelta(microseconds=1)
        score = b"" if self.score is None else self.score.to_bytes(1, "big")
        raw = micros.to_bytes(8, "big") + self.ident.bytes + score
        return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


@dataclass(frozen=True)
class Window:
    """Some neighbouring entries of a list, and the places that the pages on either side go on from."""

    entries: list[Entry]
    newer: Place | None
    older: Place | None


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which responses of a workspace. `since` ≤ created_at < `until`; `flagged` True or False shows only those that
    wait apart from the numbers or only those that count; None shows both.
    """

    workspace_id: uuid.UUID
    survey_id: uuid.UUID | None = None
    survey_ids: Collection[uuid.UUID] | None = None
    """Those of several surveys."""
    email: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    flagged: bool | None = None
    commented: bool = False
    """Only those with a comment."""
    filters: Filters = EVERYTHING
    tags: tuple[uuid.UUID, ...] = ()
    """The tag that they must have, and behind it those that were merged into it."""
    wish: Wish | None = None
    """What their comments must say; only `inbox` looks for it."""
    either: tuple[Part, ...] = ()
    """Of these their comments must say one, where there are any; only `inbox` looks for them."""


def page(query: Query, *, limit: int, after: Place | None = None) -> tuple[list[Entry], Place | None]:
    """At most `limit` entries behind `after`, newest first, and the place to go on from, or None at the end."""
    rows = _entries().where(*wanted(query))
    if after is not None:
        rows = rows.where(behind(after))
    rows = rows.order_by(*ordered("newest", backwards=False)).limit(limit + 1)
    found = [Entry(*row) for row in db.session.execute(rows).all()]
    return found[:limit], Place.of(found[limit - 1].response) if len(found) > limit else None


def window(
    query: Query, *, limit: int, order: Order = "newest", after: Place | None = None, before: Place | None = None
) -> Window:
    """At most `limit` entries behind `after` or right in front of `before`; a place of another order is ignored."""
    after, before = _fitting(after, order), _fitting(before, order)
    rows = _entries().where(*wanted(query))
    if before is not None:
        rows = rows.where(ahead(before))
    elif after is not None:
        rows = rows.where(behind(after))
    rows = rows.order_by(*ordered(order, backwards=before is not None)).limit(limit + 1)
    found = [Entry(*row) for row in db.session.execute(rows).all()]
    more, found = len(found) > limit, found[:limit]
    if before is not None:
        found.reverse()
    ends = [Place.of(entry.response, order) for entry in (found[:1] + found[-1:])]
    if not ends:
        return Window([], None, None)
    newer = ends[0] if (more if before is not None else after is not None) else None
    return Window(found, newer, ends[-1] if more or before is not None else None)


def size(query: Query) -> int:
    """How many entries the whole list has."""
    rows = select(func.count()).select_from(Response)
    return db.session.scalar(rows.where(*wanted(query))) or 0


def entry(workspace_id: uuid.UUID, ident: uuid.UUID) -> Entry:
    """One response of a workspace, or NotFoundError."""
    row = db.session.execute(
        _entries().where(Response.workspace_id == workspace_id, Response.id == ident)
    ).one_or_none()
    if row is None:
        raise NotFoundError("response", ident)
    return Entry(*row)


def entries_of(idents: Sequence[uuid.UUID]) -> list[Entry]:
    """The responses with these ids, in the order of the ids."""
    rows = db.session.execute(_entries().where(Response.id.in_(idents))).all() if idents else ()
    found = {row[0].id: Entry(*row) for row in rows}
    return [found[ident] for ident in idents if ident in found]


Seen = frozenset[tuple[object, ...]]
SEEN = (Response.id, Response.updated_at, Response.contact_id, Response.comment.is_(None), Response.read_at)


def seen(entries: Iterable[Entry]) -> Seen:
    """What a message that shows these was written of, as far as an answer or an erasure may change it meanwhile."""
    rows = (entry.response for entry in entries)
    return frozenset((one.id, one.updated_at, one.contact_id, one.comment is None, one.read_at) for one in rows)


def seen_now(before: Seen) -> Seen:
    """The same answers as they are by now. An erasure waits for the transaction to end, and finds what it posted."""
    idents = [ident for ident, *_ in before]
    if not idents:
        return before
    rows = select(*SEEN).where(Response.id.in_(idents)).order_by(Response.id).with_for_update(read=True)
    return frozenset(tuple(row) for row in db.session.execute(rows))


def _fitting(place: Place | None, order: Order) -> Place | None:
    return place if place is not None and (place.score is not None) == (order == "worst") else None


def behind(place: Place) -> ColumnElement[bool]:
    """Later in the list than `place`."""
    same_moment = (Response.created_at == place.at) & (Response.id < place.ident)
    older = (Response.created_at < place.at) | same_moment
    if place.score is None:
        return (Response.created_at <= place.at) & older  # the first half is what an index can use
    return (Response.score > place.score) | ((Response.score == place.score) & older)


def ahead(place: Place) -> ColumnElement[bool]:
    """Earlier in the list than `place`."""
    same_moment = (Response.created_at == place.at) & (Response.id > place.ident)
    newer = (Response.created_at > place.at) | same_moment
    if place.score is None:
        return (Response.created_at >= place.at) & newer
    return (Response.score < place.score) | ((Response.score == place.score) & newer)


def ordered(order: Order, *, backwards: bool) -> Iterator[UnaryExpression[Any]]:
    """How rows of a list follow each other."""
    if order == "worst":
        yield Response.score.desc() if backwards else Response.score.asc()
    for column in (Response.created_at, Response.id):
        yield column.asc() if backwards else column.desc()


def _entries() -> Select[Response, Contact | None, int, OpenLink | None]:
    return (
        select(Response, Contact, Version.number, OpenLink)
        .outerjoin(Contact, Contact.id == Response.contact_id)
        .outerjoin(OpenLink, OpenLink.id == Response.link_id)
        .join(Version, Version.id == Response.version_id)
    )


def wanted(query: Query, *, by_id: bool = False) -> Iterator[ColumnElement[bool]]:
    """What rows of responses must satisfy to be in the list. `by_id`: the caller names their ids,
    so no index of where they belong is to be walked through.
    """
    for one in scope(query):
        yield _beside(one) if by_id or few(query) else one
    if query.email is not None:
        known = (Contact.workspace_id == query.workspace_id, Contact.email_key == query.email.lower())
        yield Response.contact_id.in_(select(Contact.id).where(*known))
    if query.flagged is not None:
        yield SET_ASIDE if query.flagged else COUNTED
    if query.commented:
        yield Response.comment.is_not(None)
    if query.tags:
        yield Response.id.in_(select(Tagging.response_id).where(Tagging.tag_id == query.tags[0]))
    yield from conditions(query.filters)


def few(query: Query) -> bool:
    """Whether an index leads to few rows whatever else is asked: those of a person, and those that people tagged."""
    return query.email is not None or bool(query.tags)


def scope(query: Query) -> Iterator[ColumnElement[bool]]:
    """Whose responses, and of which time."""
    yield Response.workspace_id == query.workspace_id
    if query.survey_id is not None:
        yield Response.survey_id == query.survey_id
    if query.survey_ids is not None:
        yield Response.survey_id.in_(query.survey_ids)
    if query.since is not None:
        yield Response.created_at >= query.since
    if query.until is not None:
        yield Response.created_at < query.until


def _beside(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition in a form for which no index is used: SQLite takes a workspace's for more than a few ids."""
    return case((condition, true()), else_=false())
