"""The outbox: every mail is a row first, written in the transaction that wants it, with its Message-ID fixed there.

States: queued → sending (lease) → sent | failed (reason) | suppressed (reason). Nothing else. A crash between the
server's 250 and our commit repeats the mail after the lease, with the same Message-ID.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Index,
    Integer,
    String,
    Text,
    Update,
    Uuid,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import ColumnElement

from base.db import Model, Moment, db, new_id
from base.delivery import FILED
from base.errors import NotFoundError
from base.stencil import fill, sheet_of, wire

LEASE = timedelta(minutes=2)
RETRY = tuple(timedelta(seconds=s) for s in (15, 60, 120, 300)) + (timedelta(minutes=5),) * 60
"""Waits after each transient failure; a mail is given up after some five hours, as failed with the server's words."""

ERASED = "erased"
"""Why a mail that told of somebody whose data was erased does not go."""
EMPTIED = (
    "Content-Type: text/html; charset=utf-8\n\n"
    "<p>The words of this mail were removed, because it told of somebody whose data was erased.</p>"
)
"""What is left of such a mail. Whoever received it still has theirs."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is needed to try a mail."""

    id: uuid.UUID
    kind: str
    to_address: str
    kept: str
    stencil_id: uuid.UUID | None
    about: dict[str, Any]
    attempts: int

    @property
    def raw(self) -> str:
        """The whole message."""
        return fill(sheet_of(self.stencil_id).pieces, json.loads(self.kept)) if self.stencil_id else self.kept

    @property
    def wired(self) -> bytes:
        """The same, as it travels where that is known."""
        if self.stencil_id:
            return wire(sheet_of(self.stencil_id), json.loads(self.kept))
        return self.kept.encode("ascii")


class Mail(Model):
    """One mail to one address. `dedupe_key` makes asking twice for the same mail harmless."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_due", "state", "next_try_at"),
        Index("ix_mail_workspace_created", "workspace_id", "created_at"),
        Index("ix_mail_workspace_state", "workspace_id", "state", "created_at"),
        Index("ix_mail_to_address", "to_address"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(40))
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    to_address: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(400))
    kept: Mapped[str] = mapped_column("raw", Text)
    """The whole message, or with a stencil what goes into its holes, as JSON."""
    stencil_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    stream_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    """What many mails belong to that are held back or stopped together."""
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

    @hybrid_property
    def raw(self) -> str:
        """The whole message as it goes out (RFC 5322, ASCII through transfer encodings)."""
        if self.stencil_id is None or not self.kept:
            return self.kept
        return fill(sheet_of(self.stencil_id).pieces, json.loads(self.kept))

    @raw.inplace.setter
    def _raw_setter(self, text: str) -> None:
        self.kept, self.stencil_id = text, None

    @raw.inplace.expression
    @classmethod
    def _raw_expression(cls) -> ColumnElement[str]:
        return cls.kept  # type: ignore[return-value]

    @raw.inplace.update_expression  # type: ignore[arg-type] # it is called with the class and the value
    @classmethod
    def _raw_update(cls, text: Any) -> list[tuple[Any, Any]]:
        return [(cls.kept, text), (cls.stencil_id, None)]

    @property
    def filed(self) -> str | None:
        """The name of its file where no server took it: it was kept, and reached nobody."""
        said = self.reply or ""
        return said.removeprefix(FILED) if self.state == "sent" and said.startswith(FILED) else None

    @classmethod
    def by_key(cls, dedupe_key: str) -> Mail | None:
        """The mail already asked for under this key."""
        return db.session.scalar(select(cls).where(cls.dedupe_key == dedupe_key))

    @classmethod
    def headings_of(cls, dedupe_keys: Collection[str]) -> dict[str, tuple[str, str]]:
        """Key → Message-ID and subject of the mail under it, for mails that follow them in the same threads."""
        columns = (cls.dedupe_key, cls.message_id, cls.subject)
        rows = db.session.execute(select(*columns).where(cls.dedupe_key.in_(dedupe_keys)))
        return {key: (message_id, subject) for key, message_id, subject in rows}

    @classmethod
    def erase(cls, ident: uuid.UUID) -> None:
        """Keep nothing of a mail that is neither on its way nor still to go."""
        over = delete(cls).where(cls.id == ident, cls.state.not_in(("queued", "sending")))
        db.session.execute(over.execution_options(synchronize_session=False))

    @classmethod
    def next_due(cls, now: datetime, limit: int, *, held: Sequence[uuid.UUID] = ()) -> list[Due]:
        """Mails that should be tried now, oldest first, with leases that ran out; none of a held stream. Others that
        ask meanwhile get other mails. Needs a transaction.
        """
        columns = (cls.id, cls.kind, cls.to_address, cls.kept, cls.stencil_id, cls.about, cls.attempts)
        due = select(*columns).where(cls.state.in_(("queued", "sending")), cls.next_try_at <= now)
        if held:
            due = due.where(or_(cls.stream_id.is_(None), cls.stream_id.not_in(held)))
        due = due.order_by(cls.next_try_at).limit(limit).with_for_update(skip_locked=True)
        return [Due(*row) for row in db.session.execute(due)]

    @classmethod
    def any_due(cls, now: datetime) -> bool:
        """Whether a mail should be tried now."""
        waiting = cls.state.in_(("queued", "sending")) & (cls.next_try_at <= now)
        return db.session.scalar(select(cls.id).where(waiting).limit(1)) is not None

    @classmethod
    def lease(cls, idents: Sequence[uuid.UUID], *, now: datetime) -> None:
        """Nobody else tries these for a while. Needs a transaction."""
        values = {"state": "sending", "next_try_at": now + LEASE, "attempts": cls.attempts + 1}
        _change(update(cls).where(cls.id.in_(idents)).values(**values))

    @classmethod
    def release(cls, idents: Sequence[uuid.UUID], *, now: datetime) -> None:
        """Mails that were leased and not tried wait again, as if nothing had been. Needs a transaction."""
        values = {"state": "queued", "next_try_at": now, "attempts": cls.attempts - 1}
        _change(update(cls).where(cls.id.in_(idents), cls.state == "sending").values(**values))

    @classmethod
    def mark_sent(cls, replies: Mapping[uuid.UUID, str], *, at: datetime) -> None:
        """The server took these, with these words. Needs a transaction."""
        table = cls.__table__
        taken = update(table).where(table.c.id == bindparam("ident"))  # type: ignore[arg-type]
        taken = taken.values(state="sent", sent_at=at, reason=None, reply=bindparam("said"))
        rows = [{"ident": ident, "said": said[:1000]} for ident, said in replies.items()]
        db.session.connection().execute(taken, rows)

    @classmethod
    def withdraw_stream(cls, stream_id: uuid.UUID, reason: str) -> None:
        """Take back what of a stream still waits. Needs a transaction."""
        waiting = update(cls).where(cls.stream_id == stream_id, cls.state == "queued")
        _change(waiting.values(state="suppressed", reason=reason))

    @classmethod
    def taken_back(cls, stream_id: uuid.UUID, kind: str) -> list[Mail]:
        """Mails of a kind in a stream that were not to go after all."""
        return list(
            db.session.scalars(
                select(cls).where(cls.stream_id == stream_id, cls.kind == kind, cls.state == "suppressed")
            )
        )

    @classmethod
    def waiting(cls, *, limit: int, held: Sequence[uuid.UUID] = ()) -> int:
        """How many mails wait or are on their way, without those of `held` streams, counted up to `limit`."""
        there = select(cls.id).where(cls.state.in_(("queued", "sending")))
        if held:
            there = there.where(or_(cls.stream_id.is_(None), cls.stream_id.not_in(held)))
        some = there.limit(limit).subquery()
        return db.session.scalar(select(func.count()).select_from(some)) or 0

    @classmethod
    def of_workspace(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Mail:
        """The mail of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("mail", ident)
        return found

    @classmethod
    def take_back(cls, workspace_id: uuid.UUID, ident: uuid.UUID, reason: str) -> bool:
        """Keep one waiting mail from going out; False when it is on its way already, or over."""
        waiting = (cls.workspace_id == workspace_id, cls.id == ident, cls.state == "queued")
        values = {"state": "suppressed", "reason": reason}
        result = db.session.execute(update(cls).where(*waiting).values(**values))
        return bool(result.rowcount == 1)  # type: ignore[attr-defined]

    @classmethod
    def withdraw(cls, dedupe_keys: Sequence[str], reason: str) -> None:
        """Take mails back that still wait; those that are on their way are out of reach."""
        waiting = update(cls).where(cls.dedupe_key.in_(dedupe_keys), cls.state == "queued")
        values = {"state": "suppressed", "reason": reason}
        db.session.execute(waiting.values(**values).execution_options(synchronize_session=False))

    @classmethod
    def empty(cls, ident: uuid.UUID) -> bool:
        """Remove the words of a mail that told of somebody whose data is erased. Whether it waited: then it is taken
        back at once; one that is on its way, when the server puts it off.
        """
        waiting = update(cls).where(cls.id == ident, cls.state == "queued").values(state="suppressed", reason=ERASED)
        result = db.session.execute(waiting.execution_options(synchronize_session=False))
        _change(update(cls).where(cls.id == ident).values(raw=EMPTIED))
        return bool(result.rowcount == 1)  # type: ignore[attr-defined]

    @classmethod
    def forget(cls, dedupe_keys: Sequence[str]) -> None:
        """Let mails that will not go no longer stand in the way of new ones under the same key."""
        over = (cls.dedupe_key.in_(dedupe_keys), cls.state.in_(("suppressed", "failed")))
        for mail in db.session.scalars(select(cls).where(*over)):
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

    def came_back(self, words: str) -> None:
        """A server had taken it, and reports that it could not be delivered after all."""
        self.state, self.reason = "failed", words[:1000]

    @property
    def retriable(self) -> bool:
        """Whether it may go once more: it never left, and its text is still here."""
        return self.state == "failed" and self.sent_at is None and self.raw not in ("", EMPTIED)

    def retry(self, *, at: datetime) -> None:
        """Put a failed mail back into the queue, as staff asked."""
        self.state, self.next_try_at, self.attempts, self.reason = "queued", at, 0, None


def _change(statement: Update) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
