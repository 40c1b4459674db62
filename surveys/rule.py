from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import JSON, ForeignKey, Integer, String, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db
from surveys.question import Show, show_of
from surveys.timing import EVERY_DAY, Window

QUARANTINES: Final = (7, 14, 30, 60, 90, 180, 365)
"""Days between two requests that may be chosen; 0 is none."""
LATEST_REMINDER: Final = 30
"""Days after the mail by which the last reminder must go."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a survey asks: how long after an interaction, when, whom, and how often the same person."""

    delay_minutes: int = 0
    weekdays: str = EVERY_DAY
    start_hour: int = 0
    end_hour: int = 24
    sample: int = 100
    """Per cent of the interactions that are asked about."""
    conditions: Mapping[str, Any] = field(default_factory=dict)
    """What must hold of the interaction, as a question's `show` is written; empty for every interaction."""
    quarantine_days: int = 0
    """Days after a request of this survey in which it does not ask the same person again."""
    when_quarantined: Literal["drop", "defer"] = "drop"
    first_reminder_days: int = 0
    """Days after the mail went out on which who has not answered is reminded; 0 is never."""
    second_reminder_days: int = 0
    """The same for the second time; more than the first, or 0."""

    @property
    def reminder_days(self) -> tuple[int, ...]:
        """Days between the invitation's mail and each reminder, ascending; empty where nobody is reminded."""
        return tuple(days for days in (self.first_reminder_days, self.second_reminder_days) if days)


USUAL: Final = Terms()


class SendingRule(Model):
    """The terms on which one survey asks. A survey without a row asks about everything, at once, at any hour."""

    __tablename__ = "sending_rule"

    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    delay_minutes: Mapped[int] = mapped_column(Integer, default=0)
    weekdays: Mapped[str] = mapped_column(String(7), default=EVERY_DAY)
    start_hour: Mapped[int] = mapped_column(Integer, default=0)
    end_hour: Mapped[int] = mapped_column(Integer, default=24)
    sample: Mapped[int] = mapped_column(Integer, default=100)
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    quarantine_days: Mapped[int] = mapped_column(Integer, default=0)
    when_quarantined: Mapped[str] = mapped_column(String(8), default="drop")
    first_reminder_days: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    second_reminder_days: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def of(cls, survey_id: uuid.UUID) -> Terms:
        """The terms of a survey; the usual ones where nobody decided."""
        return terms_of(db.session.get(cls, survey_id))

    @classmethod
    def all_of(cls, survey_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Terms]:
        """The terms of several surveys, by survey."""
        rows = db.session.scalars(select(cls).where(cls.survey_id.in_(survey_ids)))
        decided = {row.survey_id: terms_of(row) for row in rows}
        return {ident: decided.get(ident, USUAL) for ident in survey_ids}

    @classmethod
    def changed_since(cls, survey_id: uuid.UUID, at: datetime) -> bool:
        """Whether somebody decided otherwise after `at`."""
        row = db.session.get(cls, survey_id)
        return row is not None and row.changed_at > at

    @classmethod
    def decide(
        cls, survey_id: uuid.UUID, terms: Terms, *, workspace_id: uuid.UUID, at: datetime, by: uuid.UUID | None = None
    ) -> None:
        """From now on ask on these terms; what is already scheduled keeps its moment. Needs a transaction."""
        before, fresh = asdict(cls.of(survey_id)), asdict(terms)
        changed = [name for name, value in fresh.items() if before[name] != value]
        if not changed:
            return
        db.session.merge(cls(survey_id=survey_id, **fresh, changed_at=at, changed_by=by))
        data = {"changed": changed, "terms": fresh}
        actor = str(by) if by else None
        events.record("survey.terms_changed", survey_id, workspace_id=workspace_id, at=at, actor=actor, data=data)


def terms_of(row: SendingRule | None) -> Terms:
    """The terms that a row keeps, which may be missing."""
    if row is None:
        return USUAL
    kept = {name: getattr(row, name) for name in USUAL.__dataclass_fields__}
    return Terms(**kept)


def show_in(terms: Terms) -> Show | None:
    """The conditions of the terms, None where there are none."""
    return show_of(terms.conditions)


def due_at(terms: Terms, occurred_at: datetime, now: datetime) -> datetime:
    """When an interaction is asked about: after the delay, and not in the past."""
    return max(occurred_at + timedelta(minutes=terms.delay_minutes), now)


def window_of(terms: Terms, zone: str) -> Window:
    """When mail may go out to somebody who lives by the clock of `zone`."""
    return Window(zone, terms.weekdays, terms.start_hour, terms.end_hour)
