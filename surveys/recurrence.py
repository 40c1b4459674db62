from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, Date, ForeignKey, Integer, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.user import User
from base import events
from base.db import Model, Moment, db
from surveys.question import Show, show_of
from surveys.spreading import workdays_between
from surveys.survey import Survey

MONTHS: Final = (3, 6, 12)
"""How long after a survey last asked a person it may ask them again."""
SHORTEST: Final = {3: 89, 6: 181, 12: 365}
"""Days that so many months have at the least."""


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Who is asked regularly, and how often."""

    months: int = 3
    conditions: Mapping[str, Any] = field(default_factory=dict)
    """What must hold of a person, as a question's `show` is written; empty for everybody."""
    most: int | None = None
    """People whose turn comes on one day, at the most."""


class Recurrence(Model):
    """A survey that asks the people of a segment again and again, some months after it last asked them.

    `surveys.turn` keeps whose turn comes when. Whatever changes that for everybody begins a new plan; turns of an older
    one do not count any more.
    """

    __tablename__ = "recurrence"

    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    months: Mapped[int] = mapped_column(Integer)
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    most: Mapped[int | None] = mapped_column(Integer)
    plan: Mapped[int] = mapped_column(Integer, default=1)
    people: Mapped[int] = mapped_column(Integer, default=0)
    """How many the segment had when it was counted last."""
    walked_on: Mapped[date | None] = mapped_column(Date)
    """The day on which everybody was last looked at; None before the plan has everybody."""
    walked_to: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    """Up to which contact they are looked at just now."""
    caught_up_on: Mapped[date | None] = mapped_column(Date)
    """The last workday that did not go by without its turns."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    started_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    stopped_at: Mapped[datetime | None] = mapped_column(Moment)
    stopped_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def of(cls, survey_id: uuid.UUID) -> Recurrence | None:
        """How a survey asks regularly; None where nobody ever decided it."""
        return db.session.get(cls, survey_id)

    @classmethod
    def locked(cls, survey_id: uuid.UUID) -> Recurrence | None:
        """The same, while nobody else plans or takes its turns until the transaction ends."""
        return db.session.get(cls, survey_id, with_for_update=True, populate_existing=True)

    @classmethod
    def at_work(cls) -> list[uuid.UUID]:
        """The surveys that ask regularly just now: not stopped, closed or held back."""
        rows = select(cls.survey_id).join(Survey, Survey.id == cls.survey_id)
        working = (Survey.closed_at.is_(None), Survey.paused_at.is_(None), Survey.published_number.is_not(None))
        return list(db.session.scalars(rows.where(cls.started_at.is_not(None), cls.stopped_at.is_(None), *working)))

    @classmethod
    def decide(
        cls, survey: Survey, rhythm: Rhythm, *, people: int = 0, at: datetime, by: uuid.UUID | None = None
    ) -> Recurrence:
        """Whom to ask from now on (how many `people` that is, where it is known), and how often. It has still to be
        started once. Needs a transaction.
        """
        one = cls.locked(survey.id)
        if one is None:
            one = cls(survey_id=survey.id, workspace_id=survey.workspace_id, plan=1, people=0, created_at=at)
            db.session.add(one)
            changed = list(asdict(rhythm))
        else:
            changed = [name for name, value in asdict(rhythm).items() if getattr(one, name) != value]
        if changed:
            one.months, one.conditions, one.most = rhythm.months, dict(rhythm.conditions), rhythm.most
            one.people, one.changed_at, one.changed_by = people, at, by
            one._begin_anew()
            one._record("survey.rhythm_changed", at, by, {"changed": changed, "rhythm": asdict(rhythm)})
        return one

    @property
    def running(self) -> bool:
        """Whether it was started, and not stopped since."""
        return self.started_at is not None and self.stopped_at is None

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(months=self.months, conditions=self.conditions, most=self.most)

    @property
    def show(self) -> Show | None:
        """The conditions on who is asked, None for everybody."""
        return show_of(self.conditions)

    @property
    def starter(self) -> User | None:
        """Who started it last."""
        return db.session.get(User, self.started_by) if self.started_by else None

    @property
    def stopper(self) -> User | None:
        """Who stopped it."""
        return db.session.get(User, self.stopped_by) if self.stopped_by else None

    def swallowed_by(self, quarantine_days: int) -> bool:
        """Whether a quarantine can last as long as the time between two turns."""
        return quarantine_days >= SHORTEST[self.months]

    def missed_before(self, day: date) -> int:
        """How many workdays went by without their turns."""
        since = self.caught_up_on or day
        return len(workdays_between(since + timedelta(days=1), day))

    def start(self, *, people: int, today: date, at: datetime, by: uuid.UUID | None = None) -> None:
        """Ask the `people` of the segment from the workday after `today` on. Started already, it goes on as it was."""
        if self.running:
            return
        self.started_at, self.started_by, self.stopped_at, self.stopped_by = at, by, None, None
        self.people, self.caught_up_on = people, today
        self._begin_anew()
        self._record("survey.recurring_started", at, by, {"people": people})

    def stop(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Nobody's turn comes any more. What is on its way already goes out."""
        if self.running:
            self.stopped_at, self.stopped_by = at, by
            self._record("survey.recurring_stopped", at, by, {})

    def _begin_anew(self) -> None:
        self.plan, self.walked_on, self.walked_to = self.plan + 1, None, None

    def _record(self, kind: str, at: datetime, by: uuid.UUID | None, data: dict[str, Any]) -> None:
        actor = str(by) if by else None
        events.record(kind, self.survey_id, workspace_id=self.workspace_id, at=at, actor=actor, data=data)
