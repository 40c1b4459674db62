from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select

from base.db import db
from surveys.contact import Contact
from surveys.intake import RECURRING
from surveys.interaction import Interaction
from surveys.link import person_of
from surveys.merging import Person
from surveys.qualifying import belongs
from surveys.question import Show
from surveys.suppression import Suppression

PAGE = 500
"""People who are looked at together."""


class Somebody(NamedTuple):
    """A person as far as it decides whether they belong, and when they are asked."""

    id: uuid.UUID
    name: str | None
    email: str
    locale: str | None
    zone: str | None
    properties: Mapping[str, Any]
    suppressed_at: datetime | None

    @property
    def person(self) -> Person:
        return person_of(self.name, self.email, self.locale, self.properties, {})


COLUMNS = tuple(getattr(Contact, name) for name in Somebody._fields)


@dataclass(frozen=True)
class Segment:
    """Those people of a workspace for whom conditions hold; everybody, where there are none."""

    workspace_id: uuid.UUID
    show: Show | None = None

    def page(self, after: uuid.UUID | None) -> list[Somebody]:
        """The next people of the workspace in the order of their ids, whether they belong or not."""
        rows = select(*COLUMNS).where(Contact.workspace_id == self.workspace_id).order_by(Contact.id).limit(PAGE)
        return read(rows.where(Contact.id > after) if after else rows)

    def members(self, people: Sequence[Somebody]) -> list[Somebody]:
        """Those of `people` who belong. What happened to them counts if any of their interactions meets a condition."""
        show = self.show
        if show is None:
            return list(people)
        asks = any(condition.about == "interaction" for condition in show.conditions)
        happened = _happened([one.id for one in people]) if asks else {}
        return [one for one in people if belongs(show, one.person, one.locale, happened.get(one.id, ()))]

    def size(self, survey_id: uuid.UUID) -> tuple[int, int]:
        """How many belong, and how many of them a survey is not to ask. Constant memory."""
        if self.show is None:
            unwilling = Contact.suppressed_at.is_not(None) | Contact.id.in_(Suppression.unwilling(survey_id))
            counted = select(func.count(), func.count(case((unwilling, 1))))
            row = db.session.execute(counted.where(Contact.workspace_id == self.workspace_id)).one()
            return row[0], row[1]
        people = suppressed = 0
        after: uuid.UUID | None = None
        while page := self.page(after):
            members = self.members(page)
            people += len(members)
            left = Suppression.among([one.id for one in members], survey_id)
            suppressed += sum(one.suppressed_at is not None or one.id in left for one in members)
            after = page[-1].id
        return people, suppressed


def read(rows: Select[Any]) -> list[Somebody]:
    """The people that a statement over `COLUMNS` finds."""
    return [Somebody(*row) for row in db.session.execute(rows)]


def _happened(contact_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[Person]]:
    facts = (Interaction.agent, Interaction.team, Interaction.channel, Interaction.properties)
    rows = select(Interaction.contact_id, *facts)
    rows = rows.where(Interaction.contact_id.in_(contact_ids), Interaction.source != RECURRING)
    found: dict[uuid.UUID, list[Person]] = defaultdict(list)
    for contact_id, agent, team, channel, properties in db.session.execute(rows):
        about = {"agent": agent, "team": team, "channel": channel}
        found[contact_id].append(Person({}, dict(properties or {}) | about))
    return found
