"""Responses as lists show them: newest first, a page at a time, each page beginning where the last one ended."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, select

from base.db import db
from base.errors import InvalidError, NotFoundError
from feedback.response import Response
from feedback.tally import COUNTED, EVERYTHING, Filters, conditions
from surveys.contact import Contact
from surveys.version import Version


@dataclass(frozen=True)
class Entry:
    """One response with what its row does not hold: who answered, and which version of the survey they saw."""

    response: Response
    contact: Contact
    version: int


@dataclass(frozen=True)
class Place:
    """Where a page ended; the next one goes on behind it. As text it is opaque to whoever carries it."""

    at: datetime
    ident: uuid.UUID

    @classmethod
    def of(cls, response: Response) -> Place:
        return cls(response.created_at, response.id)

    @classmethod
    def read(cls, text: str) -> Place:
        """The place written as `text`; InvalidError when it is none of ours."""
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            micros, ident = int.from_bytes(raw[:-16], "big"), uuid.UUID(bytes=raw[-16:])
            return cls(datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000), ident)
        except (ValueError, OverflowError, OSError, binascii.Error) as error:
            raise InvalidError("The cursor is not one that a list gave.", {"cursor": "Not a cursor."}) from error

    def __str__(self) -> str:
        micros = int(self.at.timestamp()) * 1_000_000 + self.at.microsecond
        return base64.urlsafe_b64encode(micros.to_bytes(8, "big") + self.ident.bytes).decode("ascii").rstrip("=")


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which responses of a workspace. `since` ≤ created_at < `until`; `flagged` True or False shows only those that
    wait apart from the numbers or only those that count; None shows both.
    """

    workspace_id: uuid.UUID
    survey_id: uuid.UUID | None = None
    email: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    flagged: bool | None = None
    commented: bool = False
    """Only those with a comment."""
    filters: Filters = EVERYTHING


def page(query: Query, *, limit: int, after: Place | None = None) -> tuple[list[Entry], Place | None]:
    """At most `limit` entries behind `after`, newest first, and the place to go on from, or None at the end."""
    rows = _entries().where(*_wanted(query))
    if after is not None:
        same_moment = (Response.created_at == after.at) & (Response.id < after.ident)
        rows = rows.where(Response.created_at <= after.at, (Response.created_at < after.at) | same_moment)
    rows = rows.order_by(Response.created_at.desc(), Response.id.desc()).limit(limit + 1)
    found = [Entry(*row) for row in db.session.execute(rows).all()]
    return found[:limit], Place.of(found[limit - 1].response) if len(found) > limit else None


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
    rows = db.session.execute(_entries().where(Response.id.in_(idents))).all()
    found = {row[0].id: Entry(*row) for row in rows}
    return [found[ident] for ident in idents if ident in found]


def _entries() -> Select[Response, Contact, int]:
    return (
        select(Response, Contact, Version.number)
        .join(Contact, Contact.id == Response.contact_id)
        .join(Version, Version.id == Response.version_id)
    )


def _wanted(query: Query) -> Iterator[ColumnElement[bool]]:
    yield Response.workspace_id == query.workspace_id
    if query.survey_id is not None:
        yield Response.survey_id == query.survey_id
    if query.email is not None:
        yield Contact.email_key == query.email.lower()
    if query.since is not None:
        yield Response.created_at >= query.since
    if query.until is not None:
        yield Response.created_at < query.until
    if query.flagged is not None:
        yield ~COUNTED if query.flagged else COUNTED
    if query.commented:
        yield Response.comment.is_not(None)
    yield from conditions(query.filters)
