"""People and what happened to them, taken in by the hundred: contacts and interactions.

Everything that brings in whom to ask comes through here, one or a thousand at a time: API, table import, demo. Rows are
written in the order of their keys, so that two batches about the same people wait for each other and never lock up.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from base.db import Model, db, new_id
from surveys.contact import Contact
from surveys.folding import search_key
from surveys.interaction import Interaction
from surveys.suppression import Suppression

BATCH = 500
"""Rows in one statement."""
RECURRING: Final = "recurring"
"""The source of what nothing caused but the calendar: a person's turn to be asked regularly."""
_RENEWED = ("name", "locale", "zone")
"""What is told of a person anew replaces what was known."""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """A person and what just happened. What is None is not known, and what is known already stays."""

    email: str
    """As mail is sent to it; checked by the door that read it."""
    source: str
    external_id: str
    name: str | None = None
    locale: str | None = None
    zone: str | None = None
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    occurred_at: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    send_at: datetime | None = None
    """When to ask; at once without."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one occasion. `new` is False when the interaction was known before."""

    interaction_id: uuid.UUID
    contact_id: uuid.UUID
    new: bool
    suppressed: bool


def keep(workspace_id: uuid.UUID, occasions: Sequence[Occasion], *, at: datetime) -> list[Kept]:
    """Keep contacts and interactions, in order; one known by (source, external id) stays as it is."""
    kept: list[Kept] = []
    for batch in batches(occasions):
        people = _keep_contacts(workspace_id, batch, at)
        kept += _keep_interactions(workspace_id, batch, people, at)
    return kept


def batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    """The items in lists of what one statement takes."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def insert_new(table: type[Model], rows: list[dict[str, Any]]) -> None:
    """Insert those rows that no unique key knows yet."""
    if not rows:
        return
    connection = db.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table.__table__).on_conflict_do_nothing(), rows)


def _keep_contacts(
    workspace_id: uuid.UUID, occasions: Sequence[Occasion], at: datetime
) -> dict[str, tuple[uuid.UUID, bool]]:
    """Email in lower case → id, and whether the person is suppressed. Names and languages are brought up to date."""
    known: dict[str, dict[str, Any]] = {}
    for one in occasions:
        row = known.setdefault(one.email.lower(), {"email": one.email} | dict.fromkeys(_RENEWED))
        row |= {name: value for name in _RENEWED if (value := getattr(one, name))}
    common: dict[str, Any] = {"workspace_id": workspace_id, "properties": {}, "created_at": at}
    rows = [{"id": new_id(), "email_key": key, **common, **known[key]} for key in sorted(known)]
    insert_new(Contact, rows)
    columns = [getattr(Contact, name) for name in ("email_key", "email", "id", "suppressed_at", *_RENEWED)]
    wanted = select(*columns).where(Contact.workspace_id == workspace_id, Contact.email_key.in_(list(known)))
    found = db.session.connection().execute(wanted.order_by(Contact.email_key)).all()
    changes = [
        {"ident": row.id, "key": search_key(told["name"], row.email)} | {f"known_{key}": told[key] for key in _RENEWED}
        for row in found
        for told in [{name: known[row.email_key][name] or getattr(row, name) for name in _RENEWED}]
        if any(told[name] != getattr(row, name) for name in _RENEWED)
    ]
    if changes:
        table = Contact.__table__
        renewed = update(table).where(table.c.id == bindparam("ident"))  # type: ignore[arg-type]
        values: dict[str, Any] = {name: bindparam(f"known_{name}") for name in _RENEWED}
        values["search_key"] = bindparam("key")
        db.session.connection().execute(renewed.values(values), changes)
    made = {row["id"] for row in rows}
    left_alone = _greet(workspace_id, {row.email_key: row.id for row in found if row.id in made})
    return {row.email_key: (row.id, row.suppressed_at is not None or row.id in left_alone) for row in found}


def _greet(workspace_id: uuid.UUID, people: Mapping[str, uuid.UUID]) -> Collection[uuid.UUID]:
    """Those of the new people whose addresses are known as ones to be left alone; they are so at once."""
    left_alone = Suppression.greet(workspace_id, people) if people else {}
    if left_alone:
        table = Contact.__table__
        ended = update(table).where(table.c.id == bindparam("ident"))  # type: ignore[arg-type]
        ended = ended.values(suppressed_at=bindparam("since"), suppressed_reason=bindparam("why"))
        values = [{"ident": ident, "since": since, "why": why} for ident, (since, why) in sorted(left_alone.items())]
        db.session.connection().execute(ended, values)
    return left_alone


def _keep_interactions(
    workspace_id: uuid.UUID, occasions: Sequence[Occasion], people: Mapping[str, tuple[uuid.UUID, bool]], at: datetime
) -> list[Kept]:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in occasions:
        facts = {name: getattr(one, name) for name in ("source", "external_id", "agent", "team", "channel")}
        facts |= {"occurred_at": one.occurred_at or at, "properties": dict(one.properties), "created_at": at}
        facts |= {"id": new_id(), "workspace_id": workspace_id, "contact_id": people[one.email.lower()][0]}
        rows.setdefault((one.source, one.external_id), facts)
    insert_new(Interaction, [rows[key] for key in sorted(rows)])
    columns = (Interaction.source, Interaction.external_id, Interaction.id, Interaction.contact_id)
    found: dict[tuple[str, str], tuple[uuid.UUID, uuid.UUID, bool]] = {}
    for source in {source for source, _ in rows}:
        idents = [ident for of, ident in rows if of == source]
        wanted = (Interaction.workspace_id == workspace_id, Interaction.source == source)
        query = select(*columns, Contact.suppressed_at).join(Contact, Contact.id == Interaction.contact_id)
        for row in db.session.connection().execute(query.where(*wanted, Interaction.external_id.in_(idents))):
            found[row.source, row.external_id] = (row.id, row.contact_id, row.suppressed_at is not None)
    kept: list[Kept] = []
    new = {key for key, row in rows.items() if found[key][0] == row["id"]}
    for one in occasions:
        ident, contact_id, suppressed = found[one.source, one.external_id]
        kept.append(Kept(ident, contact_id, (one.source, one.external_id) in new, suppressed))
        new.discard((one.source, one.external_id))
    return kept
