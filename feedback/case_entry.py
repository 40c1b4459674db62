from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, Uuid, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, new_id

WORDS = ("note", "sent", "received", "auto")
"""Kinds that hold what people wrote; they go when their person is erased."""


class CaseEntry(Model):
    """One thing that happened to a case, with its author: the trail, and the conversation in it. Never changed."""

    __tablename__ = "case_entry"
    __table_args__ = (Index("ix_case_entry_case_at", "case_id", "at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    case_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("customer_case.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """opened · owner · due · stage · undone · note · sent · received · auto · undelivered · calmed · unhappy ·
    overdue · closed · reopened · asked · followed · erased"""
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str | None] = mapped_column(String(60))
    """A user's id, or None for the system."""
    text: Mapped[str | None] = mapped_column(Text)
    mail_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    """The mail that carried it, or for what came in, the one that it answers."""
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Ids and facts: who was told (`tell`), which stage, whom it went from and to."""

    @classmethod
    def add(
        cls,
        case: tuple[uuid.UUID, uuid.UUID],
        kind: str,
        *,
        at: datetime,
        actor: str | None = None,
        ident: uuid.UUID | None = None,
        **what: Any,
    ) -> CaseEntry:
        """Keep what happened to a case (workspace, id); whoever `data` says to `tell` gets a mail. Needs a
        transaction.
        """
        workspace_id, case_id = case
        entry = cls(id=ident or new_id(), case_id=case_id, kind=kind, at=at, actor=actor, **({"data": {}} | what))
        db.session.add(entry)
        db.session.flush()
        facts = {"entry": str(entry.id)}
        events.record(f"case.{kind}", case_id, workspace_id=workspace_id, at=at, actor=actor, data=facts)
        if entry.data.get("tell"):
            events.record("case_entry.to_tell", entry.id, workspace_id=workspace_id, at=at, actor=actor)
        return entry

    @classmethod
    def of(cls, case_id: uuid.UUID) -> Sequence[CaseEntry]:
        """Everything that happened to a case, oldest first."""
        return db.session.scalars(select(cls).where(cls.case_id == case_id).order_by(cls.at, cls.id)).all()

    @classmethod
    def known(cls, ident: uuid.UUID) -> bool:
        """Whether this was kept already, as when a form is sent twice."""
        return db.session.get(cls, ident) is not None

    @classmethod
    def forgotten(cls, case_id: uuid.UUID) -> bool:
        """Whether the person of a case was erased."""
        erased = exists().where(cls.case_id == case_id, cls.kind == "erased")
        return bool(db.session.scalar(select(erased)))

    @classmethod
    def unhappy(cls, case_id: uuid.UUID) -> bool:
        """Whether the person's answer was a detractor's when it was last looked at."""
        looked = (cls.case_id == case_id, cls.kind.in_(("opened", "calmed", "unhappy")))
        last = db.session.scalar(select(cls).where(*looked).order_by(cls.at.desc(), cls.id.desc()).limit(1))
        return last is None or (last.kind != "calmed" and bool(last.data.get("unhappy", True)))

    @classmethod
    def last_mail(cls, case_id: uuid.UUID) -> str | None:
        """Message-ID of the newest mail of the conversation, which the next one answers."""
        spoken = (cls.case_id == case_id, cls.kind.in_(("sent", "received")))
        for entry in db.session.scalars(select(cls).where(*spoken).order_by(cls.at.desc(), cls.id.desc()).limit(20)):
            if entry.data.get("message_id"):
                return str(entry.data["message_id"])
        return None

    @classmethod
    def last_writer(cls, case_id: uuid.UUID) -> str | None:
        """Who of the staff wrote to the customer last."""
        sent = select(cls.actor).where(cls.case_id == case_id, cls.kind == "sent")
        return db.session.scalar(sent.order_by(cls.at.desc(), cls.id.desc()).limit(1))

    @property
    def mail_keys(self) -> list[str]:
        """What mails are known by that may have been written because of it."""
        told = [notice_key(self.id, ident) for ident in self.data.get("tell", ())]
        return [reply_key(self.id), *told] if self.kind == "sent" else told


def reply_key(entry_id: uuid.UUID) -> str:
    """What the mail to a customer is known by in the outbox."""
    return f"case:{entry_id}"


def notice_key(entry_id: uuid.UUID, reader_id: object) -> str:
    """What the mail is known by that tells somebody of an entry."""
    return f"case:{entry_id}:{reader_id}"
