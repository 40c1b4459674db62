"""The outbox: every mail is a row first, written in the transaction that wants it, with its Message-ID fixed there.

States: queued → sending (lease) → sent | failed (reason) | suppressed (reason). Nothing else. A crash between the
server's 250 and our commit repeats the mail after the lease, with the same Message-ID.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, Text, Uuid, bindparam, delete, func, select, tuple_, update
from sqlalchemy.orm import Mapped, defer, mapped_column

from base.db import Model, Moment, db, new_id
from base.errors import NotFoundError

LEASE = timedelta(minutes=2)
RETRY = tuple(timedelta(seconds=s) for s in (15, 60, 120, 300)) + (timedelta(minutes=5),) * 60
"""Waits after each transient failure; a mail is given up after some five hours, as failed with the server's words."""


class Mail(Model):
    """One mail to one address. `dedupe_key` makes asking twice for the same mail harmless."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_due", "state", "next_try_at"),
        Index("ix_mail_workspace_created", "workspace_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(40))
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    to_address: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(400))
    raw: Mapped[str] = mapped_column(Text)
    """The whole message as it goes out (RFC 5322, ASCII through transfer encodings)."""
    message_id: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12), default="queued")
    reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    reply: Mapped[str | None] = mapped_column(Text)
    """What the server said when it took or refused the mail."""
    about: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Ids of what the mail is about, e.g. {"invitation_id": "…"}."""

    @classmethod
    def by_key(cls, dedupe_key: str) -> Mail | None:
        """The mail already asked for under this key."""
        return db.session.scalar(select(cls).where(cls.dedupe_key == dedupe_key))

    @classmethod
    def heading_of(cls, dedupe_key: str) -> tuple[str, str] | None:
        """Message-ID and subject of the mail under this key, for one that follows it in the same thread."""
        found = db.session.execute(select(cls.message_id, cls.subject).where(cls.dedupe_key == dedupe_key))
        row = found.one_or_none()
        return (row.message_id, row.subject) if row else None

    @classmethod
    def erase(cls, ident: uuid.UUID) -> None:
        """Keep nothing of a mail that is neither on its way nor still to go."""
        over = delete(cls).where(cls.id == ident, cls.state.not_in(("queued", "sending")))
        db.session.execute(over.execution_options(synchronize_session=False))

    @classmethod
    def claim(cls, ident: uuid.UUID, *, now: datetime) -> bool:
        """Take a lease on a mail that is due, or whose lease ran out. False: somebody else has it, or it is over."""
        waiting = (cls.state == "queued") & (cls.next_try_at <= now)
        abandoned = (cls.state == "sending") & (cls.next_try_at <= now)
        values = {"state": "sending", "next_try_at": now + LEASE, "attempts": cls.attempts + 1}
        result = db.session.execute(update(cls).where(cls.id == ident, waiting | abandoned).values(**values))
        return bool(result.rowcount == 1)  # type: ignore[attr-defined]

    @classmethod
    def due(cls, now: datetime, limit: int = 200) -> list[uuid.UUID]:
        """Ids of mails that should be tried now, oldest first."""
        waiting = cls.state.in_(("queued", "sending")) & (cls.next_try_at <= now)
        return list(db.session.scalars(select(cls.id).where(waiting).order_by(cls.next_try_at).limit(limit)))

    @classmethod
    def of_workspace(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Mail:
        """The mail of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("mail", ident)
        return found

    @classmethod
    def page(
        cls,
        workspace_id: uuid.UUID,
        *,
        state: str | None = None,
        older_than: Mail | None = None,
        newer_than: Mail | None = None,
        limit: int = 50,
    ) -> list[Mail]:
        """At most `limit` mails, the newest first, beside the one named. Their text is not loaded."""
        key = tuple_(cls.created_at, cls.id)
        found = select(cls).where(cls.workspace_id == workspace_id).options(defer(cls.raw)).limit(limit)
        if state:
            found = found.where(cls.state == state)
        if newer_than:
            after = tuple_(bindparam("at", newer_than.created_at, Moment), bindparam("id", newer_than.id, Uuid))
            return list(db.session.scalars(found.where(key > after).order_by(cls.created_at, cls.id)))[::-1]
        if older_than:
            before = tuple_(bindparam("at", older_than.created_at, Moment), bindparam("id", older_than.id, Uuid))
            found = found.where(key < before)
        return list(db.session.scalars(found.order_by(cls.created_at.desc(), cls.id.desc())))

    @classmethod
    def counts(cls, workspace_id: uuid.UUID) -> dict[str, int]:
        """How many mails of the workspace are in each state; states without any are left out."""
        grouped = select(cls.state, func.count()).where(cls.workspace_id == workspace_id).group_by(cls.state)
        return dict(db.session.execute(grouped).tuples().all())

    @classmethod
    def withdraw(cls, dedupe_keys: Sequence[str], reason: str) -> None:
        """Take mails back that still wait; those that are on their way are out of reach."""
        waiting = update(cls).where(cls.dedupe_key.in_(dedupe_keys), cls.state == "queued")
        values = {"state": "suppressed", "reason": reason}
        db.session.execute(waiting.values(**values).execution_options(synchronize_session=False))

    @classmethod
    def forget(cls, dedupe_keys: Sequence[str]) -> None:
        """Let mails that were taken back no longer stand in the way of new ones under the same key."""
        for mail in db.session.scalars(select(cls).where(cls.dedupe_key.in_(dedupe_keys), cls.state == "suppressed")):
            mail.dedupe_key = f"{mail.dedupe_key}:{mail.id.hex}"

    def sent(self, reply: str, *, at: datetime) -> None:
        self.state, self.sent_at, self.reply, self.reason = "sent", at, reply[:1000], None

    def postponed(self, reason: str, *, at: datetime) -> None:
        """A transient failure: wait and try again, or give up when the waits are used up."""
        self.reply, self.reason = reason[:1000], reason[:1000]
        if self.attempts > len(RETRY):
            self.state = "failed"
        else:
            self.state, self.next_try_at = "queued", at + RETRY[self.attempts - 1]

    def suppress(self, reason: str) -> None:
        """It is not wanted any more, found out when it was about to go."""
        self.state, self.reason = "suppressed", reason

    def failed(self, reason: str) -> None:
        self.state, self.reason, self.reply = "failed", reason[:1000], reason[:1000]

    def retry(self, *, at: datetime) -> None:
        """Put a failed mail back into the queue, as staff asked."""
        self.state, self.next_try_at, self.attempts, self.reason = "queued", at, 0, None
