"""The answers to further questions of some responses, each in the words that its person saw."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from base.db import db
from feedback.answer import Answer
from feedback.feed import Entry
from feedback.telling import Told, told
from surveys import wording
from surveys.link import person_of
from surveys.merging import NOBODY, Person
from surveys.version import Version


def of(entries: Sequence[Entry], company: str) -> Mapping[uuid.UUID, tuple[Told, ...]]:
    """By response; who answered no further question is missing. Two statements, however many entries there are."""
    given = Answer.of_all([(entry.response.id, entry.response.revision) for entry in entries])
    shown = [entry for entry in entries if entry.response.id in given]
    documents = select(Version.id, Version.document).where(
        Version.id.in_({entry.response.version_id for entry in shown})
    )
    known: dict[uuid.UUID, Any] = dict(db.session.execute(documents).all()) if shown else {}
    found = {}
    for entry in shown:
        one = entry.response
        document = known[one.version_id]
        found[one.id] = told(
            document, wording.effective(document, one.locale), given[one.id], company, reader_of(entry)
        )
    return found


def reader_of(entry: Entry) -> Person:
    """Who answered, as the texts that they saw could speak of them; nobody where nobody was asked in person."""
    one, contact = entry.response, entry.contact
    if contact is None:
        return NOBODY
    facts = {"agent": one.agent, "team": one.team, "channel": one.channel, "properties": one.properties}
    return person_of(contact.name, contact.email, contact.locale, contact.properties, facts)
