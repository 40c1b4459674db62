from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    ForeignKey,
    Index,
    Select,
    SmallInteger,
    String,
    Uuid,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import ConflictError, NotFoundError
from feedback import digesting
from feedback.digest_survey import DigestSurvey
from feedback.digesting import Cadence, Plan
from feedback.order import MOST, Order, Scope
from feedback.zoning import local_date
from surveys.survey import Survey

RECIPIENT = "recipient"
"""Who paused or resumed, when it was the reader of the mail and not staff."""
ITSELF = "itself"
"""Who paused, when nobody needed it for `PATIENCE`."""
PATIENCE = timedelta(weeks=8)
"""So long a digest comes though nobody opens it and it has nobody to tell of."""
LIVING = text("ended_at IS NULL")


class Digest(Model):
    """A recipient's standing order: which surveys, how often, at what hour of their own time zone.

    One recipient may have several in a workspace, told apart by their titles; what is due together comes in one mail.
    """

    __tablename__ = "digest"
    __table_args__ = (
        Index(
            "ix_digest_recipient",
            "workspace_id",
            "recipient_email",
            "title",
            unique=True,
            sqlite_where=LIVING,
            postgresql_where=LIVING,
        ),
        Index("ix_digest_due", "next_due_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    recipient_email: Mapped[str] = mapped_column(String(320))
    """Lower case. The recipient needs no account."""
    recipient_name: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(12), default="en")
    all_surveys: Mapped[bool] = mapped_column(Boolean, default=True)
    cadence: Mapped[str] = mapped_column(String(8))
    """daily · weekly · monthly"""
    hour: Mapped[int] = mapped_column(SmallInteger)
    minute: Mapped[int] = mapped_column(SmallInteger, default=0)
    weekday: Mapped[int | None] = mapped_column(SmallInteger)
    """0 = Monday; for weekly."""
    day: Mapped[int | None] = mapped_column(SmallInteger)
    """1–31; for monthly; a shorter month means its last day."""
    zone: Mapped[str] = mapped_column(String(60))
    when_empty: Mapped[str] = mapped_column(String(6), default="short")
    """skip · short: what to do when there is nothing to report."""
    title: Mapped[str] = mapped_column(String(80), default="", server_default="")
    agent: Mapped[str | None] = mapped_column(String(120))
    team: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(60))
    language: Mapped[str | None] = mapped_column(String(12))
    """With the three above: which part of the answers it looks at; None does not narrow."""
    threshold: Mapped[str] = mapped_column(String(10), default="detractors", server_default="detractors")
    """detractors · passives (and detractors) · negative (comments of anybody): of whom it tells."""
    most: Mapped[int] = mapped_column(SmallInteger, default=MOST, server_default=str(MOST))
    """Told one by one; the rest is counted and linked."""
    covers_from: Mapped[datetime] = mapped_column(Moment)
    """Those who answered since then belong to this digest."""
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)
    """None while paused."""
    last_local_date: Mapped[date | None] = mapped_column(Date)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_by: Mapped[str | None] = mapped_column(String(60))
    stirred_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it last was ordered, changed or resumed, or had somebody to tell of or an overdue case."""
    last_seen_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a person last followed a link of it."""
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    """Nothing is sent any more and its links show nothing; what was sent is kept."""
    ended_by: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def order(cls, workspace_id: uuid.UUID, order: Order, *, at: datetime, by: uuid.UUID | None = None) -> Digest:
        """A new digest. Its first issue tells everybody it is about of the days that it reports.

        Raises ConflictError when the recipient has one of this title here, NotFoundError for a survey of others.
        """
        ident = new_id()
        row = order.columns | {
            "id": ident,
            "workspace_id": workspace_id,
            "covers_from": digesting.first_period(order.cadence, at).current.start,
            "next_due_at": digesting.next_due(order.cadence, at).at,
            "stirred_at": at,
            "created_at": at,
            "created_by": by,
        }
        if not insert_once(cls, row):
            raise ConflictError("This person already has a digest of this name in this workspace.")
        digest = db.session.get_one(cls, ident)
        DigestSurvey.follow(digest, order.surveys, since=None)
        events.record("digest.ordered", ident, workspace_id=workspace_id, at=at, actor=_actor(by))
        return digest

    def change(
        self, order: Order, *, at: datetime, by: uuid.UUID | None = None, waiting: datetime | None = None
    ) -> None:
        """Another order for what comes next; what was told stays told.

        Surveys and people that it tells of from now on are told from the coming issue's days on, not from the digest's
        beginning. `waiting` is what `oldest_untold` said: nobody whom it covered and did not tell yet is lost.
        """
        columns = order.columns
        taken = select(Digest.id).where(
            Digest.workspace_id == self.workspace_id,
            Digest.recipient_email == columns["recipient_email"],
            Digest.title == columns["title"],
            Digest.ended_at.is_(None),
            Digest.id != self.id,
        )
        if db.session.scalar(taken) is not None:
            raise ConflictError("This person already has a digest of this name in this workspace.")
        start = digesting.first_period(order.cadence, at).current.start
        DigestSurvey.follow(self, order.surveys, since=start)
        if not order.scope.within(self.scope):
            self.covers_from = max(self.covers_from, min(start, waiting or start))
        for name, value in columns.items():
            setattr(self, name, value)
        self.stirred_at = at
        if self.paused_at is None:
            self.look_forward(at)
        events.record("digest.changed", self.id, workspace_id=self.workspace_id, at=at, actor=_actor(by))

    def pause(self, *, at: datetime, by: str) -> None:
        """Send nothing more until resumed. `by` is a user's id, RECIPIENT or ITSELF. Paused again, nothing changes."""
        if self.paused_at is None:
            self.paused_at, self.paused_by, self.next_due_at = at, by, None
            events.record("digest.paused", self.id, workspace_id=self.workspace_id, at=at, actor=by)

    def resume(self, *, at: datetime, by: str) -> None:
        """Go on; the next issue also tells what came during the pause."""
        if self.paused_at is not None:
            self.paused_at = self.paused_by = None
            self.stirred_at = at
            self.look_forward(at)
            events.record("digest.resumed", self.id, workspace_id=self.workspace_id, at=at, actor=by)

    def end(self, *, at: datetime, by: uuid.UUID | str) -> None:
        """The recipient gets nothing more, and links that they have show nothing. What was sent is kept. `by` is a
        user's id, or why its reader may see it no more (`recipient`).
        """
        if self.ended_at is None:
            self.ended_at, self.ended_by, self.next_due_at = at, str(by), None
            events.record("digest.ended", self.id, workspace_id=self.workspace_id, at=at, actor=str(by))

    def seen(self, *, at: datetime) -> None:
        """A person followed a link of it. Kept once an hour."""
        if self.last_seen_at is None or at - self.last_seen_at > timedelta(hours=1):
            self.last_seen_at = at

    def idle(self, at: datetime) -> bool:
        """Whether for `PATIENCE`, in days of its reader, nobody opened it and it had nobody to tell of."""
        last = max(filter(None, (self.created_at, self.stirred_at, self.last_seen_at)))
        return local_date(at, self.zone) - local_date(last, self.zone) >= PATIENCE

    def took(self, day: date, *, at: datetime) -> None:
        """The issue of `day` is taken: look forward to the next one."""
        self.last_local_date = max(day, self.last_local_date or day)
        if self.paused_at is None:
            self.look_forward(at)

    def plan(self, now: datetime) -> Plan | None:
        """The one issue to send now, standing for all that are owed; None when nothing is due."""
        if self.next_due_at is None or self.next_due_at > now:
            return None
        before = self.next_due_at - timedelta(microseconds=1)
        return digesting.plan(self.rhythm, before, now, last_local_date=self.last_local_date)

    @property
    def scope(self) -> Scope:
        """Which part of the answers it looks at, and of whom it tells."""
        names = ("agent", "team", "channel", "language", "threshold")
        return Scope(**{name: getattr(self, name) for name in names})

    @property
    def rhythm(self) -> Cadence:
        """When it comes, as a value to calculate with."""
        kind: Any = self.cadence
        return Cadence(kind, self.hour, self.minute, self.weekday, self.day, self.zone)

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Digest:
        """The digest of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("digest", ident)
        return found

    @classmethod
    def living(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Digest:
        """The same, of those that were not ended."""
        found = cls.of(workspace_id, ident)
        if found.ended_at is not None:
            raise NotFoundError("digest", ident)
        return found

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID, *, ended: bool = False) -> list[Digest]:
        """All digests of a workspace, or all that ended, by the recipient's name."""
        found = select(cls).where(cls.workspace_id == workspace_id)
        found = found.where(cls.ended_at.is_not(None) if ended else cls.ended_at.is_(None))
        return list(db.session.scalars(found.order_by(cls.recipient_name, cls.recipient_email, cls.title)))

    @classmethod
    def due(cls, now: datetime) -> list[uuid.UUID]:
        """Ids of the digests that owe an issue, the longest owed first."""
        return list(db.session.scalars(select(cls.id).where(cls.next_due_at <= now).order_by(cls.next_due_at)))

    def companions(self, now: datetime) -> list[Digest]:
        """Those that owe an issue to the same reader, itself among them: they come in one mail."""
        return [one for one in db.session.scalars(self._of_reader(now)) if one.reader == self.reader]

    def _of_reader(self, now: datetime) -> Select[Digest]:
        theirs = (Digest.workspace_id == self.workspace_id, Digest.recipient_email == self.recipient_email)
        return select(Digest).where(*theirs, Digest.ended_at.is_(None), Digest.next_due_at <= now).order_by(Digest.id)

    @property
    def reader(self) -> tuple[uuid.UUID, str, str, str]:
        """Digests come in one mail when they speak to the same person in one language and by one clock."""
        return self.workspace_id, self.recipient_email, self.locale, self.zone

    @classmethod
    def locked(cls, ident: uuid.UUID) -> Digest | None:
        """The digest as it is now, kept from others until the transaction ends; None when it is gone."""
        return next(iter(cls.all_locked([ident])), None)

    @classmethod
    def all_locked(cls, idents: Collection[uuid.UUID]) -> list[Digest]:
        """The same of several, always taken in the same order, so that two who take them never wait for each other."""
        found = select(cls).where(cls.id.in_(idents)).order_by(cls.id)
        return list(db.session.scalars(found.with_for_update().execution_options(populate_existing=True)))

    @property
    def surveys(self) -> list[Survey]:
        """The published surveys that it follows, by name."""
        found = select(Survey).where(Survey.workspace_id == self.workspace_id, Survey.published_number.is_not(None))
        if not self.all_surveys:
            chosen = select(DigestSurvey.survey_id).where(DigestSurvey.digest_id == self.id)
            found = found.where(Survey.id.in_(chosen))
        return list(db.session.scalars(found.order_by(Survey.name, Survey.id)))

    @property
    def chosen(self) -> list[uuid.UUID]:
        """Ids of the surveys it follows when it does not follow all."""
        if self.all_surveys:
            return []
        return list(db.session.scalars(select(DigestSurvey.survey_id).where(DigestSurvey.digest_id == self.id)))

    def look_forward(self, after: datetime) -> None:
        """The next issue is the first one after this moment, dated after all that were taken."""
        self.next_due_at = self.due_after(after, dated_after=self.last_local_date)

    def due_after(self, at: datetime, *, dated_after: date | None) -> datetime:
        """When the first issue comes that is due after `at` and dated after a day."""
        return digesting.next_due(self.rhythm, at, last_local_date=dated_after).at


def _actor(by: uuid.UUID | None) -> str | None:
    return str(by) if by else None
