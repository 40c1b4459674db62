from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
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
    UniqueConstraint,
    Uuid,
    delete,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import ConflictError, NotFoundError
from feedback import digesting
from feedback.digesting import Cadence, Plan
from surveys.survey import Survey

RECIPIENT = "recipient"
"""Who paused or resumed, when it was the reader of the mail and not staff."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody wants: who gets what when. `surveys` are ids, None means all; `when_empty` is skip or short."""

    recipient_email: str
    recipient_name: str
    locale: str
    cadence: Cadence
    when_empty: str = "short"
    surveys: tuple[uuid.UUID, ...] | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The same as values of a digest's row."""
        cadence = self.cadence
        return {
            "recipient_email": self.recipient_email.strip().lower(),
            "recipient_name": self.recipient_name.strip(),
            "locale": self.locale,
            "all_surveys": self.surveys is None,
            "cadence": cadence.kind,
            "hour": cadence.hour,
            "minute": cadence.minute,
            "weekday": cadence.weekday,
            "day": cadence.day,
            "zone": cadence.zone,
            "when_empty": self.when_empty,
        }


class Digest(Model):
    """A recipient's standing order: which surveys, how often, at what hour of their own time zone.

    One recipient has one digest in a workspace, so that everything they follow comes in one mail.
    """

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("workspace_id", "recipient_email"), Index("ix_digest_due", "next_due_at"))

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
    covers_from: Mapped[datetime] = mapped_column(Moment)
    """Detractors answered since then belong to this digest."""
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)
    """None while paused."""
    last_local_date: Mapped[date | None] = mapped_column(Date)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_by: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def order(cls, workspace_id: uuid.UUID, order: Order, *, at: datetime, by: uuid.UUID | None = None) -> Digest:
        """A new digest. Its first issue tells every detractor of the days that it reports.

        Raises ConflictError when the recipient has one here already, NotFoundError for a survey of others.
        """
        ident = new_id()
        row = order.columns | {
            "id": ident,
            "workspace_id": workspace_id,
            "covers_from": digesting.first_period(order.cadence, at).current.start,
            "next_due_at": digesting.next_due(order.cadence, at).at,
            "created_at": at,
            "created_by": by,
        }
        if not insert_once(cls, row):
            raise ConflictError("This person already has a digest in this workspace.")
        digest = db.session.get_one(cls, ident)
        digest.follow(order.surveys, since=None)
        events.record("digest.ordered", ident, workspace_id=workspace_id, at=at, actor=_actor(by))
        return digest

    def change(self, order: Order, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Another order for what comes next; what was told stays told.

        Surveys followed from now on are told from the coming issue's days on, not from the digest's beginning.
        """
        taken = select(Digest.id).where(
            Digest.workspace_id == self.workspace_id,
            Digest.recipient_email == order.columns["recipient_email"],
            Digest.id != self.id,
        )
        if db.session.scalar(taken) is not None:
            raise ConflictError("This person already has a digest in this workspace.")
        self.follow(order.surveys, since=digesting.first_period(order.cadence, at).current.start)
        for name, value in order.columns.items():
            setattr(self, name, value)
        if self.paused_at is None:
            self.look_forward(at)
        events.record("digest.changed", self.id, workspace_id=self.workspace_id, at=at, actor=_actor(by))

    def pause(self, *, at: datetime, by: str) -> None:
        """Send nothing more until resumed. `by` is a user's id or RECIPIENT. Paused again, it stays as it was."""
        if self.paused_at is None:
            self.paused_at, self.paused_by, self.next_due_at = at, by, None
            events.record("digest.paused", self.id, workspace_id=self.workspace_id, at=at, actor=by)

    def resume(self, *, at: datetime, by: str) -> None:
        """Go on; the next issue also tells what came during the pause."""
        if self.paused_at is not None:
            self.paused_at = self.paused_by = None
            self.look_forward(at)
            events.record("digest.resumed", self.id, workspace_id=self.workspace_id, at=at, actor=by)

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
    def all_of(cls, workspace_id: uuid.UUID) -> list[Digest]:
        """All digests of a workspace, by the recipient's name."""
        found = select(cls).where(cls.workspace_id == workspace_id).order_by(cls.recipient_name, cls.recipient_email)
        return list(db.session.scalars(found))

    @classmethod
    def due(cls, now: datetime) -> list[uuid.UUID]:
        """Ids of the digests that owe an issue, the longest owed first."""
        return list(db.session.scalars(select(cls.id).where(cls.next_due_at <= now).order_by(cls.next_due_at)))

    @classmethod
    def locked(cls, ident: uuid.UUID) -> Digest | None:
        """The digest as it is now, kept from others until the transaction ends; None when it is gone."""
        return db.session.get(cls, ident, with_for_update=True, populate_existing=True)

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

    def follow(self, wanted: Iterable[uuid.UUID] | None, *, since: datetime | None) -> None:
        """Follow exactly these surveys, or all; those not followed before only `since` then."""
        everything = set(db.session.scalars(select(Survey.id).where(Survey.workspace_id == self.workspace_id)))
        chosen = set(wanted) if wanted is not None else everything
        if not chosen <= everything:
            raise NotFoundError("survey", (chosen - everything).pop())
        known = {row.survey_id: row for row in db.session.scalars(DigestSurvey.rows_of(self.id))}
        before = known.keys() if not self.all_surveys else everything
        if wanted is not None:
            db.session.execute(
                delete(DigestSurvey).where(DigestSurvey.digest_id == self.id, DigestSurvey.survey_id.not_in(chosen))
            )
        for survey_id in chosen - known.keys():
            start = since if since is not None and survey_id not in before else None
            if wanted is not None or start is not None:
                db.session.add(DigestSurvey(digest_id=self.id, survey_id=survey_id, covers_from=start))
        db.session.flush()


class DigestSurvey(Model):
    """A survey that a digest follows, when it does not follow all; of one that follows all, a survey it began to
    follow later than the rest.
    """

    __tablename__ = "digest_survey"

    digest_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("digest.id", ondelete="CASCADE"), primary_key=True)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    covers_from: Mapped[datetime | None] = mapped_column(Moment)
    """Detractors of this survey answered since then belong to the digest; None: since those of the digest do."""

    @classmethod
    def rows_of(cls, digest_id: uuid.UUID) -> Select[DigestSurvey]:
        return select(cls).where(cls.digest_id == digest_id)


def _actor(by: uuid.UUID | None) -> str | None:
    return str(by) if by else None
