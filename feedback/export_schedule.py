from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import JSON, Date, ForeignKey, Index, SmallInteger, String, UniqueConstraint, Uuid, delete, select, true
from sqlalchemy.orm import Mapped, mapped_column

from accounts.naming import slug_of
from accounts.policy import may
from accounts.role import Role
from accounts.user import User
from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import NotFoundError
from feedback import digesting
from feedback.digesting import Cadence, Due, Plan
from feedback.export_order import Order
from feedback.exporting import FORMATS
from feedback.zoning import local_date

Stretch = Literal["since", "last", "all"]
STRETCHES: tuple[Stretch, ...] = ("since", "last", "all")
"""Which days a file holds: all since the file before · the day, week or month before it · all until then."""
WAYS = ("mail", "folder")
ITSELF = "itself"
"""Who paused, when nobody was left who may receive it."""
MOST_READERS = 50


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What somebody wants again and again."""

    title: str
    kind: str
    """One of `exporting.FORMATS`."""
    survey_id: uuid.UUID | None
    """None: the answers of all surveys."""
    wanted: dict[str, Any]
    """What narrows it, as `exporter.wanted_of` writes it, without days."""
    people: bool
    """With names and addresses."""
    stretch: Stretch
    way: str
    cadence: Cadence
    locale: str = "en"
    """Of the mail."""
    readers: tuple[uuid.UUID, ...] = ()
    """Members who get the mail."""

    @property
    def columns(self) -> dict[str, Any]:
        """The same as values of a row."""
        assert self.kind in FORMATS, self.kind
        assert self.stretch in STRETCHES, self.stretch
        assert self.way in WAYS, self.way
        names = ("kind", "survey_id", "wanted", "people", "stretch", "way", "locale")
        rhythm = ("hour", "minute", "weekday", "day")
        return {
            "title": self.title.strip(),
            "cadence": self.cadence.kind,
            **{name: getattr(self, name) for name in names},
            **{name: getattr(self.cadence, name) for name in rhythm},
        }


class ExportSchedule(Model):
    """A standing order for files of answers: what is in them, when they are made, where they go."""

    __tablename__ = "export_schedule"
    __table_args__ = (
        UniqueConstraint("workspace_id", "stem"),
        Index("ix_export_schedule_survey_id", "survey_id"),
        Index("ix_export_schedule_due", "next_due_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(80))
    stem: Mapped[str] = mapped_column(String(60))
    """How its files are called: letters, digits and hyphens. It stays when the title changes."""
    kind: Mapped[str] = mapped_column(String(12))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    people: Mapped[bool] = mapped_column(default=False)
    stretch: Mapped[str] = mapped_column(String(6))
    way: Mapped[str] = mapped_column(String(6))
    """mail · folder"""
    locale: Mapped[str] = mapped_column(String(12), default="en")
    cadence: Mapped[str] = mapped_column(String(8))
    hour: Mapped[int] = mapped_column(SmallInteger)
    minute: Mapped[int] = mapped_column(SmallInteger)
    weekday: Mapped[int | None] = mapped_column(SmallInteger)
    day: Mapped[int | None] = mapped_column(SmallInteger)
    covered_until: Mapped[datetime] = mapped_column(Moment)
    """The end of the days that files were made of."""
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)
    """None while paused and when it ended."""
    last_local_date: Mapped[date | None] = mapped_column(Date)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_by: Mapped[str | None] = mapped_column(String(60))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def make(
        cls, workspace_id: uuid.UUID, standing: Standing, *, at: datetime, by: uuid.UUID | None = None
    ) -> ExportSchedule:
        """A new one. Its first file begins with the day, week or month before this moment."""
        cadence = standing.cadence
        today = digesting.period(cadence, Due(local_date(at, cadence.zone), at))
        row = standing.columns | {
            "id": new_id(),
            "workspace_id": workspace_id,
            "covered_until": today.current.start,
            "next_due_at": digesting.next_due(cadence, at).at,
            "created_at": at,
            "created_by": by,
        }
        stem, number = slug_of(standing.title), 1
        while not insert_once(cls, row | {"stem": stem if number == 1 else f"{stem}-{number}"}):
            number += 1
        made = db.session.get_one(cls, row["id"])
        made.read_by(standing.readers)
        made.told("made", at, by)
        return made

    def change(self, standing: Standing, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Another order for the files to come."""
        for name, value in standing.columns.items():
            setattr(self, name, value)
        self.read_by(standing.readers)
        if self.paused_at is None:
            self.look_forward(at, standing.cadence.zone)
        self.told("changed", at, by)

    def pause(self, *, at: datetime, by: uuid.UUID | str) -> None:
        """Make no more files until resumed. Paused again, nothing changes."""
        if self.paused_at is None and self.ended_at is None:
            self.paused_at, self.paused_by, self.next_due_at = at, str(by), None
            self.told("paused", at, by)

    def resume(self, zone: str, *, at: datetime, by: uuid.UUID | str) -> None:
        """Go on with the next one that is due after this moment."""
        if self.paused_at is not None and self.ended_at is None:
            self.paused_at = self.paused_by = None
            self.look_forward(at, zone)
            self.told("resumed", at, by)

    def end(self, *, at: datetime, by: uuid.UUID | str) -> None:
        """Make no more files, ever; those that were made stay until their time ends or somebody in them is erased."""
        if self.ended_at is None:
            self.ended_at, self.ended_by, self.next_due_at = at, str(by), None
            self.told("ended", at, by)

    def took(self, day: date, until: datetime, zone: str, *, at: datetime) -> None:
        """The file of `day` is being made, with the days that end at `until`."""
        self.last_local_date = max(day, self.last_local_date or day)
        self.covered_until = max(until, self.covered_until)
        if self.paused_at is None:
            self.look_forward(at, zone)

    def look_forward(self, after: datetime, zone: str) -> None:
        """The next file is the first one that is due after this moment, dated after all that were made."""
        self.next_due_at = digesting.next_due(self.rhythm(zone), after, last_local_date=self.last_local_date).at

    def plan(self, now: datetime, zone: str) -> Plan | None:
        """The one file to make now, standing for all that are owed; None when nothing is due."""
        if self.next_due_at is None or self.next_due_at > now:
            return None
        before = self.next_due_at - timedelta(microseconds=1)
        return digesting.plan(self.rhythm(zone), before, now, last_local_date=self.last_local_date)

    def rhythm(self, zone: str) -> Cadence:
        """When it is due, by the clock of the workspace's zone."""
        kind: Any = self.cadence
        return Cadence(kind, self.hour, self.minute, self.weekday, self.day, zone)

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> ExportSchedule:
        """The one of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("scheduled export", ident)
        return found

    @classmethod
    def living(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> ExportSchedule:
        """The same, of those that were not removed."""
        found = cls.of(workspace_id, ident)
        if found.ended_at is not None:
            raise NotFoundError("scheduled export", ident)
        return found

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> list[ExportSchedule]:
        """Those of a workspace that were not removed, by title."""
        found = select(cls).where(cls.workspace_id == workspace_id, cls.ended_at.is_(None))
        return list(db.session.scalars(found.order_by(cls.title, cls.id)))

    @classmethod
    def due(cls, now: datetime) -> list[uuid.UUID]:
        """Ids of those that owe a file, the longest owed first."""
        return list(db.session.scalars(select(cls.id).where(cls.next_due_at <= now).order_by(cls.next_due_at)))

    @classmethod
    def locked(cls, ident: uuid.UUID) -> ExportSchedule | None:
        """The one as it is now, kept from others until the transaction ends; None when it is gone."""
        found = select(cls).where(cls.id == ident).with_for_update()
        return db.session.scalar(found.execution_options(populate_existing=True))

    @property
    def reader_ids(self) -> list[uuid.UUID]:
        """Who was chosen to get the mail."""
        return list(db.session.scalars(select(ExportReader.user_id).where(ExportReader.schedule_id == self.id)))

    @property
    def order(self) -> Order:
        """What a file taken now is ordered as."""
        names = ("kind", "survey_id", "wanted", "people", "way")
        return Order(**{name: getattr(self, name) for name in names})

    @property
    def readers(self) -> list[User]:
        """Those of them who may see at this moment what is in the files, by name."""
        return self.readers_with(people=self.people)

    def readers_with(self, *, people: bool) -> list[User]:
        """The same of a file with people or without."""
        here = (Role.user_id == User.id) & (Role.workspace_id == self.workspace_id)
        found = select(User, Role.name).join(ExportReader, ExportReader.user_id == User.id).join(Role, here)
        found = found.where(ExportReader.schedule_id == self.id, User.disabled_at.is_(None))
        rows = db.session.execute(found.order_by(User.name, User.id)).all()
        return [user for user, role in rows if may_read(role, people=people)]

    @classmethod
    def forget_reader(cls, user_id: uuid.UUID, workspace_id: uuid.UUID | None, *, at: datetime) -> None:
        """Somebody left a workspace, or all of them: mails go to the others, and where there is nobody else it pauses.
        What they ordered belongs to the workspace and goes on.
        """
        here = true() if workspace_id is None else cls.workspace_id == workspace_id
        theirs = select(cls.id).join(ExportReader, ExportReader.schedule_id == cls.id)
        found = db.session.scalars(theirs.where(ExportReader.user_id == user_id, here).order_by(cls.id)).all()
        for ident in found:
            schedule = cls.locked(ident)
            db.session.execute(
                delete(ExportReader).where(ExportReader.schedule_id == ident, ExportReader.user_id == user_id)
            )
            if schedule is not None and schedule.way == "mail" and not schedule.readers:
                schedule.pause(at=at, by=ITSELF)

    def read_by(self, readers: Iterable[uuid.UUID]) -> None:
        """These get the mail, and nobody else."""
        db.session.execute(delete(ExportReader).where(ExportReader.schedule_id == self.id))
        db.session.add_all(ExportReader(schedule_id=self.id, user_id=ident) for ident in sorted(set(readers)))

    def told(self, what: str, at: datetime, by: uuid.UUID | str | None) -> None:
        """Keep in the trail what became of it."""
        data = {"kind": self.kind, "people": self.people, "way": self.way}
        actor = str(by) if by else None
        events.record(f"export_schedule.{what}", self.id, workspace_id=self.workspace_id, at=at, actor=actor, data=data)


class ExportReader(Model):
    """A member who gets the mails of a scheduled export."""

    __tablename__ = "export_reader"
    __table_args__ = (Index("ix_export_reader_user_id", "user_id"),)

    schedule_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("export_schedule.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )


def may_read(role: str | None, *, people: bool) -> bool:
    """Whether somebody of this role may have such files."""
    return may(role, "responses.export") and (not people or may(role, "contacts.view"))
