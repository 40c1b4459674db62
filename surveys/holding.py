"""What is held about one person, and by whom: each kind of thing that holds personal data is a `Holding` here.

From this one list come the export of a person (GDPR art. 15), their erasure (art. 17) and the joining of two contacts.
Whatever is to hold personal data next joins the list; a test looks for traces of an erased person in every table.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from base.db import Model, db
from base.outbox import Mail
from surveys.contact import Contact
from surveys.dispatch import mail_key
from surveys.invitation import Invitation
from surveys.reminder import mail_key as reminder_key


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is about, as values: they stay true while the rows go."""

    workspace_id: uuid.UUID
    contact_id: uuid.UUID
    email: str
    name: str | None
    invitation_ids: tuple[uuid.UUID, ...]
    addresses: tuple[str, ...]
    """In lower case: where the person reads mail, and where they did before, unless somebody else does now."""

    @classmethod
    def of(cls, contact: Contact) -> Subject:
        asked = tuple(db.session.scalars(select(Invitation.id).where(Invitation.contact_id == contact.id)))
        addresses = (contact.email_key, *_former(contact, asked))
        return cls(contact.workspace_id, contact.id, contact.email, contact.name, asked, addresses)


def mail_keys(invitation_ids: Sequence[uuid.UUID]) -> list[str]:
    """What the mails are known by that asked, and reminded."""
    return [
        key for ident in invitation_ids for key in (mail_key(ident), reminder_key(ident, 1), reminder_key(ident, 2))
    ]


def _former(contact: Contact, asked: Sequence[uuid.UUID]) -> list[str]:
    """Addresses that the person had when they were asked."""
    mailed = select(Mail.to_address).where(Mail.dedupe_key.in_(mail_keys(asked)), Mail.to_address.contains("@"))
    found = {address.lower() for address in db.session.scalars(mailed)} - {contact.email_key}
    other = select(Contact.email_key).where(Contact.workspace_id == contact.workspace_id)
    return sorted(found - set(db.session.scalars(other.where(Contact.email_key.in_(found)))))


@dataclass(frozen=True, slots=True)
class Erasing:
    """How a person is forgotten: `answers_too` takes their scores out of the numbers as well."""

    at: datetime
    answers_too: bool = False


Told = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One kind of thing that holds personal data.

    `tell` gives it all as plain values, oldest first; `erase` leaves no trace of the person; `move` hands it from one
    contact (id) to another, where it does not follow by itself. Erased in the order of the list.
    """

    name: str
    tell: Callable[[Subject], Told]
    erase: Callable[[Subject, Erasing], None]
    move: Callable[[uuid.UUID, uuid.UUID], None] | None = None


_holdings: list[Holding] = []


def wire(holdings: Sequence[Holding]) -> None:
    """Say who holds personal data. Called once, by the composition root."""
    _holdings[:] = holdings


def all_holdings() -> Sequence[Holding]:
    """Everything that holds personal data, in the order of erasing."""
    return tuple(_holdings)


def plain(row: Model, *leave: str) -> dict[str, Any]:
    """The columns of a row as JSON can say them, without those to `leave` out."""
    values = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs if column.key not in leave}
    return {key: said(value) for key, value in values.items()}


def said(value: Any) -> Any:
    """A value as JSON can say it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, uuid.UUID) else value
