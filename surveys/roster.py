"""The people of a workspace as a list: the newest first, a page at a time, each with what they were last asked."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select

from base import clock
from base.db import db
from surveys.contact import Contact
from surveys.folding import search_words
from surveys.invitation import Invitation, told
from surveys.survey import Survey


@dataclass(frozen=True)
class Last:
    """The newest request to one person. One that was skipped counts only when there is no other."""

    survey: str
    """Its name."""
    status: str
    """As anybody may know it."""
    reason: str | None
    at: datetime
    """When the mail went out, or is due."""
    clicked_at: datetime | None
    answered_at: datetime | None
    """The newest answer to any request."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list of people is narrowed to."""

    suppressed: bool = False
    """Only those who are not to be asked."""
    reason: str | None = None
    """Only those who are not to be asked for this reason."""
    language: str | None = None
    asked_since: datetime | None = None
    """Only those to whom a mail went since then."""
    came_until: datetime | None = None
    """Only those who were known then."""


EVERYBODY = Filters()


@dataclass(frozen=True)
class Wanted:
    """Which people of a workspace. `words`: each must be part of the name or the address."""

    workspace_id: uuid.UUID
    words: tuple[str, ...] = ()
    filters: Filters = EVERYBODY

    @classmethod
    def read(cls, workspace_id: uuid.UUID, wish: str, filters: Filters = EVERYBODY) -> Wanted:
        """What somebody typed into the search field, and chose beside it."""
        return cls(workspace_id, tuple(search_words(wish)), filters)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        filters = self.filters
        yield Contact.workspace_id == self.workspace_id
        if filters.suppressed or filters.reason:
            yield Contact.suppressed_at.is_not(None)
        if filters.reason:
            yield Contact.suppressed_reason == filters.reason
        if filters.language:
            yield or_(Contact.locale == filters.language, Contact.locale.startswith(f"{filters.language}-"))
        if filters.asked_since:
            asked = (Invitation.contact_id == Contact.id, Invitation.sent_at >= filters.asked_since)
            yield exists().where(*asked)
        if filters.came_until:
            yield Contact.created_at <= filters.came_until
        for word in self.words:
            yield Contact.search_key.contains(word, autoescape=True)

    def batches(self, *, limit: int = 1000, after: uuid.UUID | None = None) -> Iterator[list[Contact]]:
        """All of them, the oldest first, `limit` at a time, from behind `after` on."""
        while True:
            rows = select(Contact).where(*self.conditions()).order_by(Contact.id).limit(limit)
            found = list(db.session.scalars(rows.where(Contact.id > after) if after else rows))
            if not found:
                return
            yield found
            after = found[-1].id


@dataclass(frozen=True)
class Roster:
    """One page. `newer` and `older` are the contacts that the neighbouring pages go on from, None at an end."""

    people: list[tuple[Contact, Last | None]]
    newer: uuid.UUID | None
    older: uuid.UUID | None

    @classmethod
    def page(
        cls, wanted: Wanted, *, limit: int, after: uuid.UUID | None = None, before: uuid.UUID | None = None
    ) -> Roster:
        """At most `limit` people older than `after` or right in front of `before`. Ids are in the order of time."""
        rows = select(Contact).where(*wanted.conditions())
        if before is not None:
            rows = rows.where(Contact.id > before).order_by(Contact.id.asc())
        else:
            rows = rows.order_by(Contact.id.desc())
            rows = rows.where(Contact.id < after) if after is not None else rows
        found = list(db.session.scalars(rows.limit(limit + 1)))
        more, found = len(found) > limit, found[:limit]
        if before is not None:
            found.reverse()
        if not found:
            return cls([], None, None)
        last = _last_of([contact.id for contact in found])
        return cls(
            people=[(contact, last.get(contact.id)) for contact in found],
            newer=found[0].id if (more if before is not None else after is not None) else None,
            older=found[-1].id if more or before is not None else None,
        )


def size(wanted: Wanted) -> int:
    """How many people there are."""
    return db.session.scalar(select(func.count()).select_from(Contact).where(*wanted.conditions())) or 0


def _last_of(contact_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Last]:
    whose = Invitation.contact_id
    newest = (Invitation.status == "skipped", Invitation.created_at.desc(), Invitation.id.desc())
    ranked = (
        select(
            *(Invitation.contact_id, Survey.name, Invitation.status, Invitation.reason, Invitation.clicked_at),
            *(Invitation.expires_at, Invitation.answered_at.label("own_answered_at")),
            func.coalesce(Invitation.sent_at, Invitation.send_at).label("at"),
            func.max(Invitation.answered_at).over(partition_by=whose).label("answered_at"),
            func.row_number().over(partition_by=whose, order_by=newest).label("place"),
        )
        .join(Survey, Survey.id == Invitation.survey_id)
        .where(Invitation.contact_id.in_(contact_ids))
        .subquery()
    )
    rows, now = db.session.execute(select(ranked).where(ranked.c.place == 1)), clock.now()
    return {
        row.contact_id: Last(
            survey=row.name,
            status=told(row.status, row.own_answered_at, row.expires_at, now=now),
            reason=row.reason,
            at=row.at,
            clicked_at=row.clicked_at,
            answered_at=row.answered_at,
        )
        for row in rows
    }
