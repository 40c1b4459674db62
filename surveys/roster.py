"""The people of a workspace as a list: the newest first, a page at a time, each with what they were last asked."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from base.db import db
from surveys.contact import Contact
from surveys.folding import search_words
from surveys.invitation import Invitation
from surveys.survey import Survey


@dataclass(frozen=True)
class Last:
    """The newest request to one person. One that was skipped counts only when there is no other."""

    survey: str
    """Its name."""
    status: str
    reason: str | None
    at: datetime
    """When the mail went out, or is due."""
    clicked_at: datetime | None
    answered_at: datetime | None
    """The newest answer to any request."""


@dataclass(frozen=True)
class Wanted:
    """Which people of a workspace. `words`: each must be part of the name or the address."""

    workspace_id: uuid.UUID
    words: tuple[str, ...] = ()
    suppressed: bool = False
    """Only those who are not to be asked."""

    @classmethod
    def read(cls, workspace_id: uuid.UUID, wish: str, *, suppressed: bool) -> Wanted:
        """What somebody typed into the search field."""
        return cls(workspace_id, tuple(search_words(wish)), suppressed)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        yield Contact.workspace_id == self.workspace_id
        if self.suppressed:
            yield Contact.suppressed_at.is_not(None)
        for word in self.words:
            yield Contact.search_key.contains(word, autoescape=True)


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
            func.coalesce(Invitation.sent_at, Invitation.send_at).label("at"),
            func.max(Invitation.answered_at).over(partition_by=whose).label("answered_at"),
            func.row_number().over(partition_by=whose, order_by=newest).label("place"),
        )
        .join(Survey, Survey.id == Invitation.survey_id)
        .where(Invitation.contact_id.in_(contact_ids))
        .subquery()
    )
    rows = db.session.execute(select(ranked).where(ranked.c.place == 1))
    return {
        row.contact_id: Last(
            survey=row.name,
            status=row.status,
            reason=row.reason,
            at=row.at,
            clicked_at=row.clicked_at,
            answered_at=row.answered_at,
        )
        for row in rows
    }
