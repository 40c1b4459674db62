"""Everybody of a workspace who is left alone, as a list; and many at once who are put on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accounts.workspace import Workspace
from base import events
from base.db import db, new_id
from surveys.contact import Contact
from surveys.folding import search_words
from surveys.suppressing import EVERYTHING, fingerprint, folded, outweighs
from surveys.suppression import STANDS, Suppression, Wish, values_of
from surveys.survey import Survey


@dataclass(frozen=True, slots=True)
class Taken:
    """How many addresses are new on the list, and how many were on it already."""

    new: int
    known: int


def impose(workspace_id: uuid.UUID, addresses: Sequence[str], wish: Wish) -> Taken:
    """Leave up to a thousand addresses alone, whether somebody has them or not, in a handful of statements.

    Needs a transaction. The workspace's row is locked, so that who comes in with such an address at this very moment
    is either seen here or sees this.
    """
    connection = db.session.connection()
    connection.execute(select(Workspace.id).where(Workspace.id == workspace_id).with_for_update()).all()
    salt = Workspace.salt_of(workspace_id)
    by_hash = {fingerprint(salt, address): folded(address) for address in addresses}
    people = _people(workspace_id, list(by_hash.values()))
    here = (Suppression.workspace_id == workspace_id, Suppression.scope == wish.scope)
    found = connection.execute(
        select(Suppression.address_hash, Suppression.reason, Suppression.lifted_at).where(
            *here, Suppression.address_hash.in_(list(by_hash))
        )
    ).all()
    stronger = [row.address_hash for row in found if row.lifted_at is not None or outweighs(wish.reason, row.reason)]
    fresh = [key for key in by_hash if key not in {row.address_hash for row in found}]
    if fresh:
        rows = [_row(workspace_id, key, by_hash[key], people, wish) for key in sorted(fresh)]
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(Suppression.__table__).on_conflict_do_nothing(), rows)
    if stronger:
        renewed = update(Suppression).where(*here, Suppression.address_hash.in_(stronger))
        values = values_of(wish) | {"lifted_at": None, "lifted_by": None}
        db.session.execute(renewed.values(**values).execution_options(synchronize_session=False))
    changed = [people[by_hash[key]] for key in (*fresh, *stronger) if by_hash[key] in people]
    _mark(workspace_id, changed, wish)
    new = len(fresh) + sum(row.lifted_at is not None for row in found)
    return Taken(new, len(addresses) - new)


def _people(workspace_id: uuid.UUID, keys: list[str]) -> dict[str, uuid.UUID]:
    wanted = select(Contact.email_key, Contact.id).where(Contact.workspace_id == workspace_id)
    found = db.session.connection().execute(wanted.where(Contact.email_key.in_(keys)))
    return {row.email_key: row.id for row in found}


def _row(workspace_id: uuid.UUID, key: str, address: str, people: dict[str, uuid.UUID], wish: Wish) -> dict[str, Any]:
    contact_id = people.get(address)
    known = {"contact_id": contact_id, "address": None if contact_id else address}
    row = {"id": new_id(), "workspace_id": workspace_id, "address_hash": key, **known, **values_of(wish)}
    return row | {"lifted_at": None, "lifted_by": None}


def _mark(workspace_id: uuid.UUID, contact_ids: Sequence[uuid.UUID], wish: Wish) -> None:
    """Say so at the contacts too, and take back what waits for them."""
    if not contact_ids:
        return
    if wish.scope == EVERYTHING:
        table = Contact.__table__
        ended = update(table).where(table.c.id == bindparam("which"))  # type: ignore[arg-type]
        ended = ended.values(suppressed_at=wish.at, suppressed_reason=wish.reason)
        db.session.connection().execute(ended, [{"which": ident} for ident in sorted(contact_ids)])
    data = {"reason": wish.reason} | ({"survey_id": str(wish.scope)} if wish.scope != EVERYTHING else {})
    for ident in contact_ids:
        events.record("contact.suppressed", ident, workspace_id=workspace_id, at=wish.at, actor=wish.actor, data=data)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the list: what stands, about whom, and by which survey (None: by everything).

    `address` is None where the person was erased: then only the hash is known.
    """

    suppression: Suppression
    contact: Contact | None
    survey: str | None

    @property
    def address(self) -> str | None:
        return self.contact.email if self.contact else self.suppression.address


@dataclass(frozen=True)
class Asked:
    """Which rows of a workspace's list."""

    workspace_id: uuid.UUID
    words: tuple[str, ...] = ()
    reason: str | None = None

    @classmethod
    def read(cls, workspace_id: uuid.UUID, wish: str, reason: str | None) -> Asked:
        """What somebody typed into the search field, and chose beside it."""
        return cls(workspace_id, tuple(search_words(wish)), reason)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        yield Suppression.workspace_id == self.workspace_id
        yield STANDS
        if self.reason:
            yield Suppression.reason == self.reason
        for word in self.words:
            known = Contact.search_key.contains(word, autoescape=True)
            yield or_(known, Suppression.address.contains(word, autoescape=True))


@dataclass(frozen=True)
class Page:
    """Some neighbouring rows, the newest first; `newer` and `older` are where the pages beside it go on."""

    entries: list[Entry]
    newer: uuid.UUID | None
    older: uuid.UUID | None


def page(asked: Asked, *, limit: int, after: uuid.UUID | None = None, before: uuid.UUID | None = None) -> Page:
    """At most `limit` rows behind `after`, or right in front of `before`."""
    rows = _entries().where(*asked.conditions())
    if before is not None:
        rows = rows.where(Suppression.id > before).order_by(Suppression.id.asc())
    else:
        rows = rows.order_by(Suppression.id.desc())
        rows = rows.where(Suppression.id < after) if after is not None else rows
    found = [_entry(row) for row in db.session.execute(rows.limit(limit + 1))]
    more, found = len(found) > limit, found[:limit]
    if before is not None:
        found.reverse()
    if not found:
        return Page([], None, None)
    first, last = found[0].suppression.id, found[-1].suppression.id
    newer = first if (more if before is not None else after is not None) else None
    return Page(found, newer, last if more or before is not None else None)


def everybody(asked: Asked, *, batch: int = 1000) -> Iterator[Entry]:
    """The whole list, read in batches, so that it may be long."""
    after: uuid.UUID | None = None
    while True:
        one = page(asked, limit=batch, after=after)
        yield from one.entries
        db.session.expunge_all()
        if one.older is None:
            return
        after = one.older


def size(asked: Asked) -> int:
    """How many rows the list has."""
    rows = select(func.count()).select_from(Suppression).outerjoin(Contact, Contact.id == Suppression.contact_id)
    return db.session.scalar(rows.where(*asked.conditions())) or 0


def reasons(workspace_id: uuid.UUID) -> dict[str, int]:
    """How many there are for each reason."""
    grouped = select(Suppression.reason, func.count()).where(*Asked(workspace_id).conditions())
    return {row[0]: row[1] for row in db.session.execute(grouped.group_by(Suppression.reason))}


def lift(workspace_id: uuid.UUID, ident: uuid.UUID, *, at: datetime, actor: str | None) -> None:
    """Take one row off the list; lifted already is as good. Needs a transaction."""
    found = Suppression.of(workspace_id, ident)
    contact = db.session.get(Contact, found.contact_id) if found.contact_id else None
    if contact is not None:
        survey_id = None if found.scope == EVERYTHING else found.scope
        contact.welcome_back(at=at, actor=actor, survey_id=survey_id)
    found.lift(at=at, actor=actor)


def _entries() -> Any:
    return (
        select(Suppression, Contact, Survey.name)
        .outerjoin(Contact, Contact.id == Suppression.contact_id)
        .outerjoin(Survey, Survey.id == Suppression.scope)
    )


def _entry(row: Any) -> Entry:
    return Entry(row[0], row[1], row[2])
