from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once, new_id
from base.errors import ConflictError, NotFoundError
from feedback import digesting
from feedback.digesting import Due, Plan
from feedback.export import Export, overtaken
from feedback.export_order import Order
from feedback.export_schedule import ExportSchedule
from feedback.zoning import day_start, local_date

WAITS = (60, 300, 1800, 7200, 21600)
"""Seconds until a file that could not be made is tried again; after some eight hours it is given up."""
LEASE = timedelta(minutes=30)
"""How long a try may be silent before it is asked for again."""
KEPT = timedelta(days=90)
"""How long files wait in the folder."""
CLAIMED = text("state = 'claimed'")
FILED = text("file IS NOT NULL")


class ExportRun(Model):
    """One dated file of a scheduled export. (schedule, local date) is unique: restarts, two schedulers and DST meet in
    one row.
    """

    __tablename__ = "export_run"
    __table_args__ = (
        UniqueConstraint("schedule_id", "local_date"),
        Index("ix_export_run_export_id", "export_id"),
        Index("ix_export_run_due", "next_try_at", sqlite_where=CLAIMED, postgresql_where=CLAIMED),
        Index("ix_export_run_filed", "workspace_id", sqlite_where=FILED, postgresql_where=FILED),
        Index("ix_export_run_finished", "finished_at", sqlite_where=FILED, postgresql_where=FILED),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    schedule_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("export_schedule.id", ondelete="CASCADE"))
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    local_date: Mapped[date] = mapped_column(Date)
    period_from: Mapped[datetime | None] = mapped_column(Moment)
    """None: from the first answer on."""
    period_to: Mapped[datetime] = mapped_column(Moment)
    catches_up_from: Mapped[date | None] = mapped_column(Date)
    """The first missed local date, when this file makes up for some."""
    trigger: Mapped[str] = mapped_column(String(10))
    """schedule · by hand"""
    state: Mapped[str] = mapped_column(String(8), default="claimed")
    """claimed → done or failed. stale: somebody in its file was erased; it is taken away and made anew."""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why the last try failed."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    export_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("export.id", ondelete="SET NULL"))
    """The file as it is made; for a mail it also waits to be fetched."""
    file: Mapped[str | None] = mapped_column(String(300))
    """Where it is below the folder of scheduled exports, or may be: known before it is put there, until it is gone."""
    ordered: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What was ordered when it was taken. None of those that were taken before this was kept."""
    erasures: Mapped[int | None] = mapped_column(Integer)
    """How many erasures of the workspace its file has to do with no more."""
    rows: Mapped[int | None] = mapped_column(Integer)
    size: Mapped[int | None] = mapped_column(BigInteger)
    told: Mapped[int] = mapped_column(SmallInteger, default=0)
    """To how many people a mail went."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def claim(cls, schedule: ExportSchedule, zone: str, *, at: datetime) -> ExportRun | None:
        """Take the file that a locked schedule owes; None when it owes none, or somebody else took it."""
        plan = schedule.plan(at, zone)
        if plan is None:
            if schedule.next_due_at is not None and schedule.next_due_at <= at:
                schedule.look_forward(at, zone)  # the workspace moved to another zone meanwhile
            return None
        return cls._take(schedule, plan, zone, trigger="schedule", at=at)

    @classmethod
    def claim_by_hand(cls, schedule: ExportSchedule, zone: str, *, at: datetime) -> ExportRun:
        """Make today's file now. Raises ConflictError when today's is there already."""
        day = local_date(at, zone)
        taken = cls._take(schedule, Plan(Due(day, at), (day,)), zone, trigger="by hand", at=at)
        if taken is None:
            raise ConflictError("Today's file of this export exists already.")
        return taken

    @classmethod
    def _take(cls, schedule: ExportSchedule, plan: Plan, zone: str, *, trigger: str, at: datetime) -> ExportRun | None:
        start, end = _days(schedule, plan, zone)
        schedule.took(plan.due.local_date, end, zone, at=at)
        row = {
            "id": new_id(),
            "schedule_id": schedule.id,
            "workspace_id": schedule.workspace_id,
            "local_date": plan.due.local_date,
            "period_from": start,
            "period_to": end,
            "catches_up_from": plan.local_dates[0] if plan.is_catch_up else None,
            "trigger": trigger,
            "state": "claimed",
            "attempts": 0,
            "next_try_at": at,
            "ordered": schedule.order.told,
            "told": 0,
            "created_at": at,
        }
        return db.session.get_one(cls, row["id"]) if insert_once(cls, row) else None

    @classmethod
    def of(cls, schedule: ExportSchedule, ident: uuid.UUID) -> ExportRun:
        """The file of this schedule, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.schedule_id == schedule.id, cls.id == ident))
        if found is None:
            raise NotFoundError("file", ident)
        return found

    @classmethod
    def locked(cls, ident: uuid.UUID) -> ExportRun | None:
        """The one as it is now, kept from others until the transaction ends; None when it is gone."""
        found = select(cls).where(cls.id == ident).with_for_update()
        return db.session.scalar(found.execution_options(populate_existing=True))

    @classmethod
    def page(cls, schedule_id: uuid.UUID, *, before: date | None = None, limit: int = 30) -> list[ExportRun]:
        """At most `limit` files dated before `before`, the newest first."""
        found = select(cls).where(cls.schedule_id == schedule_id).order_by(cls.local_date.desc()).limit(limit)
        return list(db.session.scalars(found.where(cls.local_date < before) if before else found))

    @classmethod
    def newest_of(cls, schedules: Collection[uuid.UUID]) -> dict[uuid.UUID, ExportRun]:
        """The last file of each of these that has one."""
        last = select(cls.schedule_id, func.max(cls.local_date).label("day")).where(cls.schedule_id.in_(schedules))
        those = last.group_by(cls.schedule_id).subquery()
        found = select(cls).join(those, (those.c.schedule_id == cls.schedule_id) & (those.c.day == cls.local_date))
        return {run.schedule_id: run for run in db.session.scalars(found)}

    @classmethod
    def stuck(cls, now: datetime) -> list[uuid.UUID]:
        """Ids of those that should be tried by now."""
        due = select(cls.id).where(cls.state == "claimed", cls.next_try_at <= now).order_by(cls.next_try_at)
        return list(db.session.scalars(due.limit(100)))

    @classmethod
    def of_gone(cls, now: datetime) -> list[uuid.UUID]:
        """Ids of those whose files must go from the folder, the oldest first: somebody in them was erased, they were
        given up, or their time is over.
        """
        gone = or_(cls.state.in_(("stale", "failed")), cls._ended(now))
        found = select(cls.id).where(cls.file.is_not(None), gone)
        return list(db.session.scalars(found.order_by(cls.finished_at, cls.id)))

    @classmethod
    def _ended(cls, now: datetime) -> Any:
        return (cls.state == "done") & or_(cls.finished_at <= now - KEPT, cls.id.in_(overtaken(cls)))

    @classmethod
    def spoil(cls, workspace_id: uuid.UUID, moments: Iterable[datetime]) -> None:
        """Somebody of the workspace is erased who answered at these moments: whatever the state, files of these days
        are made anew. The others have nothing to do with this erasure.
        """
        wanted = select(cls).where(cls.workspace_id == workspace_id, cls.file.is_not(None)).order_by(cls.id)
        held = wanted.with_for_update().execution_options(populate_existing=True)
        days = list(moments)
        for run in db.session.scalars(held):
            first = run.period_from
            if any((first is None or first <= at) and at < run.period_to for at in days):
                run.state = "stale"
            elif run.erasures is not None:
                run.erasures += 1
        db.session.flush()

    def order_of(self, schedule: ExportSchedule) -> Order:
        """What was ordered when it was taken, whatever the schedule says by now."""
        order = Order.read(self.ordered) if self.ordered else schedule.order
        return replace(order, way="folder") if self.file else order

    @property
    def renewable(self) -> bool:
        """Whether somebody may have it made again: it failed, or there is no file of it any more."""
        return self.state == "failed" or (self.state == "done" and self.file is None)

    def gone(self, now: datetime) -> bool:
        """Its file is away: forget it, or begin anew (True) when somebody in it was erased."""
        if self.state == "done" and self.finished_at is not None and self.finished_at <= now - KEPT:
            self.file = None
        elif self.state in ("stale", "done"):
            self.again(at=now)  # it stays known where the file was, and will be
            return True
        elif self.state == "failed":
            self.file = None
        return False

    def begin(self, export: Export, *, at: datetime) -> None:
        """A try begins."""
        self.export_id, self.next_try_at = export.id, at + LEASE
        self.attempts += 1

    def finish(self, export: Export, *, at: datetime, file: str | None = None, told: int = 0) -> None:
        """It is where it was to go."""
        self.state, self.reason, self.finished_at = "done", None, at
        self.rows, self.size, self.file, self.told = export.rows, export.size, file, told
        self.erasures = export.erasures

    def fail(self, reason: str, *, at: datetime, final: bool = False) -> None:
        """A try failed; it is tried again as long as waits are left."""
        self.reason, self.export_id = reason, None
        if final or self.attempts > len(WAITS):
            self.state, self.finished_at = "failed", at
        else:
            self.next_try_at = at + timedelta(seconds=WAITS[max(self.attempts, 1) - 1])

    def again(self, *, at: datetime) -> None:
        """Make it anew, because it failed, somebody in it was erased, or nobody fetched it in time."""
        if self.state != "claimed":
            self.state, self.reason, self.attempts, self.next_try_at = "claimed", None, 0, at
            self.export_id = self.finished_at = None


def _days(schedule: ExportSchedule, plan: Plan, zone: str) -> tuple[datetime | None, datetime]:
    """From when until when the answers of a file came: whole days, so that none is missing and none is twice. Answers
    of anonymous surveys, which say noon of their day, are in the file of that day, too.
    """
    period = digesting.period(schedule.rhythm(zone), plan.due, issues=len(plan.local_dates)).current
    if schedule.stretch == "last":
        return period.start, period.end
    today = day_start(plan.due.local_date, zone)
    return (None if schedule.stretch == "all" else min(schedule.covered_until, today)), today
