from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from base import events, throttle
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import ConflictError
from base.outbox import Mail
from feedback.alert import Alert, cool_down_of
from feedback.recipient import Drop, Member, Recipient

WAITS = (30, 120, 600, 1800, 7200, 21600)
"""Seconds until a channel that did not take a message is tried again; after some nine hours it is given up."""
TESTS = 6
"""Tests of one place in ten minutes."""
LEASE = timedelta(minutes=2)
"""How long a try may take before another one is allowed."""


class Notice(Model):
    """One message of an alert to one recipient. (recipient, number) is unique; what it tells belongs to it alone."""

    __tablename__ = "alert_notice"
    __table_args__ = (
        UniqueConstraint("recipient_id", "number"),
        Index("ix_alert_notice_alert", "alert_id", "id"),
        Index(
            "ix_alert_notice_due",
            "next_try_at",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    alert_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("alert.id", ondelete="CASCADE"))
    recipient_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("alert_recipient.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    trigger: Mapped[str] = mapped_column(String(8), default="rule")
    """rule · test"""
    state: Mapped[str] = mapped_column(String(10), default="claimed")
    """claimed → posted (the mail is in the outbox) · sent (the channel took it) · failed · skipped (nothing to tell)"""
    told: Mapped[int] = mapped_column(Integer, default=0)
    """How many answers and drops it tells."""
    mail_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("mail.id", ondelete="SET NULL"))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def claim(cls, recipient_id: uuid.UUID, *, at: datetime, adding: Sequence[uuid.UUID] = ()) -> Notice | None:
        """Take everything that waits for a recipient into one message; responses to add are among it.

        None when nothing waits, or the recipient is left alone until later. The recipient's row is the lock: of several
        takers one takes, and the next one finds nothing.
        """
        recipient = Recipient.locked(recipient_id)
        alert = db.session.get(Alert, recipient.alert_id, populate_existing=True) if recipient else None
        if recipient is None or alert is None or alert.off_at is not None or not recipient.listens:
            return None
        Member.add(recipient_id, adding)
        if recipient.quiet_until is not None and recipient.quiet_until > at:
            return None
        if not recipient.awaited:
            return None
        notice = cls._next(recipient, alert, "rule", at)
        notice.told = sum(_taken(table, notice) for table in (Member, Drop))
        recipient.quiet_until = at + cool_down_of(alert)
        notice.ask_for(recipient, alert, at)
        return notice

    @classmethod
    def test(cls, recipient_id: uuid.UUID, *, at: datetime) -> Notice | None:
        """A message that tells of nobody, because staff want to see it arrive. ConflictError where its reader stopped
        the messages, TooManyError after `TESTS` of them.
        """
        recipient = Recipient.locked(recipient_id)
        if recipient is None or recipient.removed_at is not None:
            return None
        if recipient.stopped_at is not None:
            raise ConflictError("Its reader stopped the messages; nothing is sent there until it is resumed.")
        alert = db.session.get_one(Alert, recipient.alert_id)
        place = f"alert-test:{alert.workspace_id.hex}:{recipient.address_key}"  # an alert that is made anew has it too
        throttle.spend(place, limit=TESTS, per_seconds=600, now=at)
        notice = cls._next(recipient, alert, "test", at)
        notice.ask_for(recipient, alert, at)
        return notice

    @classmethod
    def _next(cls, recipient: Recipient, alert: Alert, trigger: str, at: datetime) -> Notice:
        recipient.notices += 1
        row = {"id": new_id(), "alert_id": alert.id, "recipient_id": recipient.id, "number": recipient.notices}
        row |= {"trigger": trigger, "state": "claimed", "told": 0, "attempts": 0, "next_try_at": at, "created_at": at}
        made = insert_once(cls, row)
        assert made, "the recipient's row is locked"
        return db.session.get_one(cls, row["id"])

    def ask_for(self, recipient: Recipient, alert: Alert, at: datetime) -> None:
        """Let it be written, in the way that its recipient is spoken to."""
        kind = "alert.mail_due" if recipient.kind == "mail" else "alert.channel_due"
        events.record(kind, self.id, workspace_id=alert.workspace_id, at=at)

    @classmethod
    def locked(cls, ident: uuid.UUID) -> Notice | None:
        """The message, if it is still to be written, kept from others until the transaction ends."""
        wanted = select(cls).where(cls.id == ident, cls.state == "claimed").with_for_update()
        return db.session.scalar(wanted.execution_options(populate_existing=True))

    @classmethod
    def lease(cls, ident: uuid.UUID, *, at: datetime) -> bool:
        """Whether this try is ours: of several workers one gets it. Needs a transaction."""
        ours = (cls.id == ident, cls.state == "claimed", cls.next_try_at <= at)
        values = {"attempts": cls.attempts + 1, "next_try_at": at + LEASE}
        result = db.session.execute(
            update(cls).where(*ours).values(values).execution_options(synchronize_session=False)
        )
        return bool(result.rowcount == 1)  # type: ignore[attr-defined]

    def posted(self, mail: Mail, *, told: int, at: datetime) -> None:
        """Its mail is in the outbox."""
        self.state, self.mail_id, self.told, self.finished_at = "posted", mail.id, told, at

    def tried(self, attempt: Attempt, *, final: bool, told: int) -> None:
        """What a try came to; after a failure that is not final it is tried again, as long as waits are left."""
        db.session.add(attempt)
        self.told = told
        if attempt.fine:
            self.state, self.finished_at = "sent", attempt.at
        elif final or self.attempts > len(WAITS):
            self.state, self.finished_at = "failed", attempt.at
        else:
            self.next_try_at = attempt.at + timedelta(seconds=WAITS[self.attempts - 1])

    @classmethod
    def skip(cls, ident: uuid.UUID, recipient_id: uuid.UUID, *, at: datetime) -> None:
        """No message: nothing is left to tell, or nobody wants to hear it any more. It starts no cool-down, for nobody
        was told anything.
        """
        recipient, notice = Recipient.locked(recipient_id), cls.locked(ident)  # in this order, as whoever claims one
        if recipient is None or notice is None:
            return
        later = select(cls.id).where(cls.recipient_id == recipient_id, cls.number > notice.number)
        if db.session.scalar(later.where(cls.trigger == "rule").limit(1)) is None:
            recipient.quiet_until = None
        notice.state, notice.told, notice.finished_at = "skipped", 0, at
        for table in (Member, Drop):
            db.session.execute(delete(table).where(table.notice_id == ident))

    def give_back(self, responses: Iterable[uuid.UUID]) -> None:
        """Responses that are set aside or match no more are not told; should they again, another message tells them."""
        gone = Member.response_id.in_(list(responses))
        db.session.execute(delete(Member).where(Member.notice_id == self.id, gone))

    @property
    def members(self) -> list[uuid.UUID]:
        """Ids of the responses that it tells."""
        told = select(Member.response_id).where(Member.notice_id == self.id)
        return list(db.session.scalars(told.order_by(Member.response_id)))

    def some_of_its_answers(self, most: int) -> list[uuid.UUID]:
        """Ids of a few responses that it tells, the newest first."""
        told = select(Member.response_id).where(Member.notice_id == self.id)
        return list(db.session.scalars(told.order_by(Member.response_id.desc()).limit(most)))

    @property
    def drops(self) -> list[Drop]:
        """The drops that it tells."""
        told = select(Drop).where(Drop.notice_id == self.id).order_by(Drop.day, Drop.survey_id)
        return list(db.session.scalars(told))

    @classmethod
    def page(cls, alert_id: uuid.UUID, *, before: uuid.UUID | None = None, limit: int = 20) -> list[Notice]:
        """At most `limit` messages of an alert older than `before`, the newest first."""
        found = select(cls).where(cls.alert_id == alert_id).order_by(cls.id.desc()).limit(limit)
        return list(db.session.scalars(found.where(cls.id < before) if before else found))

    @classmethod
    def newest_of(cls, alert_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Notice]:
        """The last message of each alert that has one."""
        newest = (cls.page(ident, limit=1) for ident in alert_ids)
        return {found[0].alert_id: found[0] for found in newest if found}

    @classmethod
    def stuck(cls, now: datetime) -> list[tuple[uuid.UUID, str]]:
        """Ids of messages that should have been tried by now, each with the kind of its recipient."""
        found = select(cls.id, Recipient.kind).join(Recipient, Recipient.id == cls.recipient_id)
        due = found.where(cls.state == "claimed", cls.next_try_at <= now).order_by(cls.next_try_at).limit(500)
        return [(ident, kind) for ident, kind in db.session.execute(due)]


class Attempt(Model):
    """One try to speak in a channel, and what the other side said."""

    __tablename__ = "alert_attempt"
    __table_args__ = (Index("ix_alert_attempt_notice_id", "notice_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    notice_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("alert_notice.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    fine: Mapped[bool] = mapped_column(Boolean)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    words: Mapped[str] = mapped_column(Text)

    @classmethod
    def of(cls, notices: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Attempt]]:
        """The tries of each message, the newest first."""
        found: dict[uuid.UUID, list[Attempt]] = {}
        for one in db.session.scalars(select(cls).where(cls.notice_id.in_(notices)).order_by(cls.id.desc())):
            found.setdefault(one.notice_id, []).append(one)
        return found


def _taken(table: type[Member | Drop], notice: Notice) -> int:
    """Put everything of a recipient that waits into a message; how much it was."""
    waiting = (table.recipient_id == notice.recipient_id, table.notice_id.is_(None))
    result = db.session.execute(
        update(table).where(*waiting).values(notice_id=notice.id).execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def not_wanted(about: Mapping[str, Any], now: datetime) -> str | None:  # noqa: ARG001 - asked of every kind alike
    """Why the mail of an alert is not wanted any more: the alert was stopped or its reader removed while it waited."""
    notice = db.session.get(Notice, uuid.UUID(about["notice_id"]))
    recipient = db.session.get(Recipient, notice.recipient_id) if notice else None
    alert = db.session.get(Alert, notice.alert_id) if notice else None
    if notice is None or recipient is None or alert is None or recipient.removed_at is not None or recipient.left:
        return "Its reader was removed from the alert before the mail went out."
    if notice.trigger != "test" and (alert.off_at is not None or not recipient.listens):
        return "The alert was stopped before its mail went out."
    return None
