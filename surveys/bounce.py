from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Uuid,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Mapped, defer, mapped_column

from base.db import Model, Moment, db, insert_once, new_id
from base.errors import NotFoundError
from base.events import Event
from surveys.contact import Contact
from surveys.invitation import Invitation
from surveys.returning import Returned

EVIDENCE = 32 * 1024
"""Bytes of a message that stay as evidence once it is settled."""
SOFT_ONES = 3
SOFT_SPAN = timedelta(days=7)
"""So many soft bounces, from the first to the last over at least so long, and the address counts as dead."""
SOFT_MEMORY = timedelta(days=180)
PROOF = ("hard", "soft", "complaint")
"""Kinds that say something about an address: they stay as long as the person does."""
PATIENCE = timedelta(days=2)
"""How long a message is tried whose job fails again and again."""
THREAD = "thread"
"""Where a reply went to that belongs to a conversation kept here."""
FORGOTTEN = timedelta(days=30)
"""How long the others stay: no server hands over the same message again after that."""


class Bounce(Model):
    """One message that came back to us: stored as it arrived, settled by a job, then cut down to its evidence."""

    __tablename__ = "bounce"
    __table_args__ = (
        Index("ix_bounce_contact_received", "contact_id", "received_at"),
        Index("ix_bounce_received", "received_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    """Whose it is: known from the API key, or from the mail that it is about."""
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Of what arrived and where: the same message handed over twice is kept once."""
    recipient: Mapped[str] = mapped_column(String(320))
    """The address that it came to, as the mail server says; empty when it does not say."""
    mail_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="CASCADE"))
    kind: Mapped[str | None] = mapped_column(String(12))
    """What it is (`returning.Returned.kind`); None until the job has looked."""
    status: Mapped[str | None] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(String(1000), default="")
    """What the server said, the type of a complaint, or the subject of a reply."""
    address: Mapped[str | None] = mapped_column(String(320))
    counted: Mapped[bool] = mapped_column(Boolean, default=False)
    """A soft one that may be the address's own fault."""
    passed_to: Mapped[str | None] = mapped_column(String(320))
    """Where a person's reply went on to."""
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def receive(
        cls, raw: bytes, recipient: str, *, workspace_id: uuid.UUID | None, at: datetime
    ) -> tuple[uuid.UUID | None, bool]:
        """Keep a message as it came: its id and True, or None and False when it is here already."""
        ident, recipient = new_id(), _storable(recipient)
        body = raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw  # that line holds the time of delivery
        digest = hashlib.sha256(f"{workspace_id or ''} {recipient.lower()}\n".encode() + body).hexdigest()
        row = {"id": ident, "workspace_id": workspace_id, "digest": digest, "recipient": recipient[:320]}
        new = insert_once(cls, row | {"words": "", "counted": False, "raw": raw, "received_at": at})
        return (ident, True) if new else (None, False)

    @classmethod
    def refused(cls, contact: Contact, mail_id: uuid.UUID, returned: Returned, *, at: datetime) -> Bounce:
        """What a server said while it was handed a mail, kept like a report that came later."""
        bounce = cls(
            id=new_id(),
            workspace_id=contact.workspace_id,
            digest=hashlib.sha256(f"refused {mail_id} {at.isoformat()}".encode()).hexdigest(),
            recipient="",
            raw=b"",
            received_at=at,
        )
        db.session.add(bounce)
        bounce.settle(returned, mail_id=mail_id, contact=contact, at=at)
        return bounce

    def settle(
        self,
        returned: Returned,
        *,
        mail_id: uuid.UUID | None = None,
        contact: Contact | None = None,
        passed_to: str | None = None,
        at: datetime,
    ) -> None:
        """Keep what it turned out to be: of a report the evidence, of a person's words what nobody else has got."""
        # About nobody we know, as after an erasure, nothing is kept that names somebody.
        told = _storable(returned.words)[:1000] if contact is not None else ""
        self.kind, self.status, self.words = returned.kind, returned.status, told
        self.address, self.counted = returned.address if contact is not None else None, returned.counted
        self.mail_id, self.contact_id = mail_id, contact.id if contact else None
        if contact is not None:
            self.workspace_id = contact.workspace_id
        telling = self.kind in PROOF or (self.kind == "reply" and passed_to is None)
        self.raw = self.raw[:EVIDENCE] if telling and contact is not None else b""
        self.passed_to, self.settled_at = passed_to, at

    @classmethod
    def wears_out(cls, contact: Contact, *, at: datetime) -> bool:
        """Whether so many soft bounces came over so long that the address counts as dead.

        An answer, or somebody's wish to ask again, starts the count anew.
        """
        answered = db.session.scalar(
            select(func.max(Invitation.answered_at)).where(Invitation.contact_id == contact.id)
        )
        welcomed = db.session.scalar(
            select(func.max(Event.at)).where(Event.subject_id == contact.id, Event.kind == "contact.welcomed_back")
        )
        since = max(filter(None, (at - SOFT_MEMORY, answered, welcomed)))
        soft = (cls.contact_id == contact.id, cls.kind == "soft", cls.counted.is_(True), cls.received_at > since)
        number, first, last = db.session.execute(
            select(func.count(), func.min(cls.received_at), func.max(cls.received_at)).where(*soft)
        ).one()
        return bool(number >= SOFT_ONES and last - first >= SOFT_SPAN)

    @classmethod
    def about(cls, contact_id: uuid.UUID, limit: int = 20) -> Sequence[Bounce]:
        """What came back about a person, the newest first, without the evidence."""
        told = (cls.contact_id == contact_id, cls.kind.in_((*PROOF, "delayed", "reply")))
        rows = select(cls).where(*told).order_by(cls.received_at.desc()).limit(limit)
        return db.session.scalars(rows.options(defer(cls.raw))).all()

    @classmethod
    def of(cls, contact: Contact, ident: uuid.UUID) -> Bounce:
        """What came back about this person under this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.contact_id == contact.id, cls.id == ident))
        if found is None:
            raise NotFoundError("message", ident)
        return found

    @classmethod
    def forget(cls, now: datetime, *, limit: int = 500) -> int:
        """Delete at most `limit` old ones that prove nothing; how many there were."""
        ids = select(cls.id).where(*cls._useless(now)).limit(limit)
        gone = delete(cls).where(cls.id.in_(ids.scalar_subquery())).execution_options(synchronize_session=False)
        return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]

    @classmethod
    def forgettable(cls, now: datetime) -> bool:
        """Whether there is any to forget."""
        return bool(db.session.scalar(select(exists().where(*cls._useless(now)))))

    @classmethod
    def _useless(cls, now: datetime) -> tuple[ColumnElement[bool], ...]:
        proves_nothing = cls.kind.not_in(PROOF) | cls.contact_id.is_(None)
        return cls.received_at < now - FORGOTTEN, cls.settled_at.is_not(None), proves_nothing

    @classmethod
    def unsettled(cls, now: datetime, *, limit: int = 200) -> list[uuid.UUID]:
        """Ids of those that wait for their job for more than a minute, as when it was lost."""
        lately = cls.received_at.between(now - PATIENCE, now - timedelta(minutes=1))
        waiting = (cls.settled_at.is_(None), lately)
        return list(db.session.scalars(select(cls.id).where(*waiting).order_by(cls.received_at).limit(limit)))


def _storable(text: str) -> str:
    """No NUL, which PostgreSQL keeps not."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
