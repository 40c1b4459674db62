"""Whose turn comes when, of the people that a survey asks regularly."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, Integer, Uuid, and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from base import clock
from base.db import Model, db
from surveys.contact import Contact
from surveys.invitation import Invitation
from surveys.recurrence import Recurrence
from surveys.segment import COLUMNS, PAGE, Segment, Somebody
from surveys.spreading import Calendar, months_after

BATCH = 100
"""People whose turn is taken in one transaction."""


class Turn(Model):
    """The day on which a survey asks one person next. (survey, contact) has one."""

    __tablename__ = "turn"
    __table_args__ = (
        Index("ix_turn_due", "survey_id", "plan", "due_on", "contact_id"),
        Index("ix_turn_contact_id", "contact_id"),
    )

    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    plan: Mapped[int] = mapped_column(Integer)
    """Of the recurrence; a turn of an older plan does not count."""
    due_on: Mapped[date] = mapped_column(Date)
    """A workday, in the workspace's zone."""

    @classmethod
    def due(cls, of: Recurrence, day: date, *, before: bool = False) -> list[Somebody]:
        """Some of those whose turn comes on `day`, or came `before` it and went by."""
        return [person for _, person in cls._some(of, cls._when(day, before), limit=BATCH)]

    @classmethod
    def pages(cls, of: Recurrence, day: date, *, before: bool = False) -> Iterator[list[Somebody]]:
        """All of those, a page at a time."""
        after: tuple[date, uuid.UUID] | None = None
        while page := cls._some(of, cls._when(day, before), after, limit=PAGE):
            yield [person for _, person in page]
            after = (page[-1][0], page[-1][1].id)

    @classmethod
    def _when(cls, day: date, before: bool) -> ColumnElement[bool]:  # noqa: FBT001 - private
        return cls.due_on < day if before else cls.due_on == day

    @classmethod
    def _some(
        cls, of: Recurrence, when: ColumnElement[bool], after: tuple[date, uuid.UUID] | None = None, *, limit: int
    ) -> list[tuple[date, Somebody]]:
        rows = select(cls.due_on, *COLUMNS).join(Contact, Contact.id == cls.contact_id)
        rows = rows.where(cls.survey_id == of.survey_id, cls.plan == of.plan, when)
        if after is not None:
            day, ident = after
            rows = rows.where((cls.due_on > day) | and_(cls.due_on == day, cls.contact_id > ident))
        found = db.session.execute(rows.order_by(cls.due_on, cls.contact_id).limit(limit))
        return [(row[0], Somebody(*row[1:])) for row in found]

    @classmethod
    def ahead(cls, of: Recurrence) -> tuple[int, date | None]:
        """How many people have a turn, and the next day on which one comes."""
        rows = select(func.count(), func.min(cls.due_on))
        row = db.session.execute(rows.where(cls.survey_id == of.survey_id, cls.plan == of.plan)).one()
        return row[0], row[1]

    @classmethod
    def loads(cls, of: Recurrence) -> dict[date, int]:
        """How many have their turn on each day."""
        rows = select(cls.due_on, func.count()).where(cls.survey_id == of.survey_id, cls.plan == of.plan)
        return dict(db.session.execute(rows.group_by(cls.due_on)).all())

    @classmethod
    def calendar(cls, of: Recurrence, first: date) -> Calendar:
        """Where there is room for turns from `first` on."""
        loads = cls.loads(of)
        people = max(of.people, sum(loads.values()))
        return Calendar(first, of.months, people, most=of.most, loads=loads)

    @classmethod
    def walk(cls, of: Recurrence, today: date, zone: str) -> None:
        """Look at the next people of the workspace: who came into the segment gets a turn, who left it has none any
        more. Needs the recurrence locked.
        """
        segment = Segment(of.workspace_id, of.show)
        people = segment.page(of.walked_to)
        if people:
            members = segment.members(people)
            own = (cls.survey_id == of.survey_id, cls.contact_id.in_([one.id for one in people]))
            plans = {
                row.contact_id: row.plan for row in db.session.execute(select(cls.contact_id, cls.plan).where(*own))
            }
            cls.end(of, set(plans) - {one.id for one in members})
            cls._enter(of, [one for one in members if plans.get(one.id) != of.plan], today, zone)
        if len(people) == PAGE:
            of.walked_to = people[-1].id
        else:
            of.walked_to, of.walked_on, of.people = None, today, sum(cls.loads(of).values())

    @classmethod
    def _enter(cls, of: Recurrence, people: Sequence[Somebody], today: date, zone: str) -> None:
        if not people:
            return
        tomorrow = today + timedelta(days=1)
        calendar, last = cls.calendar(of, tomorrow), asked_before(of.survey_id, [one.id for one in people])
        days: dict[uuid.UUID, date] = {}
        for one in people:
            again = months_after(clock.local_date(last[one.id], zone), of.months) if one.id in last else today
            days[one.id] = calendar.not_before(again) if again > today else calendar.evenly(one.id)
        cls.put(of, days)

    @classmethod
    def put(cls, of: Recurrence, days: Mapping[uuid.UUID, date]) -> None:
        """Give each of these people their turn on that day, in place of another one."""
        rows = [
            {"survey_id": of.survey_id, "contact_id": ident, "plan": of.plan, "due_on": days[ident]}
            for ident in sorted(days)
        ]
        if rows:
            dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
            new = dialect.insert(cls.__table__)
            same = {"plan": new.excluded.plan, "due_on": new.excluded.due_on}
            known = ("survey_id", "contact_id")
            db.session.connection().execute(new.on_conflict_do_update(index_elements=known, set_=same), rows)

    @classmethod
    def end(cls, of: Recurrence, contact_ids: Collection[uuid.UUID]) -> None:
        """These people have no turn any more."""
        if contact_ids:
            gone = delete(cls).where(cls.survey_id == of.survey_id, cls.contact_id.in_(contact_ids))
            db.session.execute(gone.execution_options(synchronize_session=False))


def asked_before(survey_id: uuid.UUID, contact_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, datetime]:
    """Contact → when a survey last asked them, or will since a request waits; whoever it never asked is missing."""
    when = func.max(func.coalesce(Invitation.asked_at, Invitation.send_at))
    rows = select(Invitation.contact_id, when).where(
        Invitation.survey_id == survey_id,
        Invitation.contact_id.in_(contact_ids),
        Invitation.asked_at.is_not(None) | (Invitation.status == "scheduled"),
    )
    return dict(db.session.execute(rows.group_by(Invitation.contact_id)).all())
