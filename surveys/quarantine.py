from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from base.db import db
from surveys.contact import Contact
from surveys.invitation import Invitation


@dataclass(frozen=True, slots=True)
class Quarantine:
    """How many days a person is left alone after a request: of the same survey, and of any survey of the workspace."""

    survey_days: int = 0
    workspace_days: int = 0

    def until(self, survey_id: uuid.UUID, asked: Mapping[uuid.UUID, datetime]) -> datetime | None:
        """When somebody may be asked by a survey again, given when each survey last `asked` them; None: at any time."""
        ends: list[datetime] = []
        if self.survey_days and survey_id in asked:
            ends.append(asked[survey_id] + timedelta(days=self.survey_days))
        if self.workspace_days and asked:
            ends.append(max(asked.values()) + timedelta(days=self.workspace_days))
        return max(ends, default=None)

    def __bool__(self) -> bool:
        return bool(self.survey_days or self.workspace_days)


def last_asked(contact_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, datetime]]:
    """Contact → survey → when it last asked them, which is when the mail was written and not found undeliverable."""
    rows = db.session.execute(
        select(Invitation.contact_id, Invitation.survey_id, func.max(Invitation.asked_at))
        .where(Invitation.contact_id.in_(contact_ids), Invitation.asked_at.is_not(None))
        .group_by(Invitation.contact_id, Invitation.survey_id)
    )
    asked: dict[uuid.UUID, dict[uuid.UUID, datetime]] = defaultdict(dict)
    for contact_id, survey_id, at in rows:
        if at is not None:
            asked[contact_id][survey_id] = at
    return asked


def lock_contacts(contact_ids: Iterable[uuid.UUID]) -> None:
    """Hold these people until the transaction ends, so that two surveys never ask the same person at once.

    In the order of their ids, so that two transactions wait for each other and never lock up. SQLite has one writer
    anyway.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(
            select(Contact.id).where(Contact.id.in_(sorted(contact_ids))).order_by(Contact.id).with_for_update()
        )
