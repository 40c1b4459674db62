from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    Integer,
    Select,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    delete,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once, new_id
from base.errors import ConflictError, NotFoundError

READER = "recipient"
"""Who stopped or resumed, when it was the reader of the mail and not staff."""
SECRET = 8
"""Letters from which on a part of a channel's address is worth hiding."""
LEFT, LESSER, CLOSED = "left", "role", "closed"
"""Why it was stopped: the reader left the workspace, their role shows it no more, or their account was closed."""


@dataclass(frozen=True)
class Addressee:
    """Somebody who gets mails."""

    email: str
    name: str = ""


class Recipient(Model):
    """Where an alert speaks: a mail address, or a channel of Slack, Teams or Mattermost behind a secret address."""

    __tablename__ = "alert_recipient"
    __table_args__ = (
        UniqueConstraint("alert_id", "kind", "address_key"),
        Index("ix_alert_recipient_quiet", "quiet_until"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    alert_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("alert.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    """mail · slack · teams · mattermost"""
    address: Mapped[str] = mapped_column(Text)
    """Of a channel it is a secret: whoever knows it can write there. Never shown again whole."""
    address_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120), default="")
    quiet_until: Mapped[datetime | None] = mapped_column(Moment)
    """Until then no other message; what comes meanwhile waits."""
    notices: Mapped[int] = mapped_column(Integer, default=0)
    """How many messages were claimed."""
    stopped_at: Mapped[datetime | None] = mapped_column(Moment)
    stopped_by: Mapped[str | None] = mapped_column(String(60))
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    """It stays as long as the alert does, because the history names it."""
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def settle(cls, alert_id: uuid.UUID, mails: Sequence[Addressee], *, at: datetime) -> None:
        """Mail exactly these people from now on. Whoever stopped the mails is not put back by this."""
        wanted = {one.email.strip().lower(): one.name for one in mails}
        known = {one.address: one for one in cls.of_alert(alert_id, removed=True) if one.kind == "mail"}
        for address, recipient in known.items():
            if address in wanted:
                recipient.removed_at = None
                recipient.name = wanted[address] or recipient.name
            elif recipient.removed_at is None:
                recipient.remove(at=at)
        for address in wanted.keys() - known.keys():
            cls._add(alert_id, "mail", address, wanted[address], at)
        db.session.flush()

    @classmethod
    def add_channel(cls, alert_id: uuid.UUID, kind: str, address: str, name: str, *, at: datetime) -> Recipient:
        """Speak in a channel from now on. ConflictError when the alert does so already."""
        same = (cls.alert_id == alert_id, cls.kind == kind, cls.address_key == _key(address))
        known = db.session.scalar(select(cls).where(*same))
        if known is not None and known.removed_at is None:
            raise ConflictError("This alert speaks there already.")
        if known is not None:
            known.removed_at, known.name, known.address = None, name, address
            return known
        return cls._add(alert_id, kind, address, name, at)

    @classmethod
    def _add(cls, alert_id: uuid.UUID, kind: str, address: str, name: str, at: datetime) -> Recipient:
        made = cls(
            id=new_id(),
            alert_id=alert_id,
            kind=kind,
            address=address,
            address_key=_key(address),
            name=name,
            notices=0,
            created_at=at,
        )
        db.session.add(made)
        db.session.flush()
        return made

    def remove(self, *, at: datetime) -> None:
        """Speak there no more. The address of a channel is forgotten but for what the page shows of it."""
        self.address, self.removed_at = self.masked, at
        self.let_go()

    def stop(self, *, at: datetime, by: str) -> None:
        """Send nothing more until resumed. Stopped again, it stays as it was."""
        if self.stopped_at is None:
            self.stopped_at, self.stopped_by = at, by
            self.let_go()

    def leave(self, *, at: datetime, why: str) -> None:
        """Its reader may no longer look here: only staff resume it, not a link in a mail of before."""
        self.stop(at=at, by=why)
        self.stopped_by = why

    @property
    def left(self) -> bool:
        return self.stopped_by in (LEFT, LESSER, CLOSED)

    def resume(self) -> None:
        """Go on with what comes from now on."""
        self.stopped_at = self.stopped_by = None

    def let_go(self) -> None:
        """What waits for the end of the cool-down is told no more."""
        for table in (Member, Drop):
            db.session.execute(delete(table).where(table.recipient_id == self.id, table.notice_id.is_(None)))

    @property
    def listens(self) -> bool:
        return self.stopped_at is None and self.removed_at is None

    @property
    def awaited(self) -> bool:
        """Whether something waits to be told."""
        waiting = (
            select(table.recipient_id).where(table.recipient_id == self.id, table.notice_id.is_(None)).limit(1)
            for table in (Member, Drop)
        )
        return any(db.session.scalar(one) is not None for one in waiting)

    @property
    def masked(self) -> str:
        """The address as pages show it: of a secret one the host and its last letters."""
        if self.kind == "mail" or self.removed_at is not None:
            return self.address
        return f"{urlsplit(self.address).hostname or ''}/…{self.address[-4:]}"

    def without_secrets(self, words: str) -> str:
        """What the other side said, but for the parts of its address that it repeats, as many do of what they miss."""
        parts = urlsplit(self.address)
        values = [value for _, value in parse_qsl(parts.query)]
        secrets = (self.address, f"{parts.path}?{parts.query}", parts.path, *parts.path.split("/"), *values)
        for secret in sorted({one for one in secrets if len(one) >= SECRET}, key=len, reverse=True):
            words = words.replace(secret, "…")
        return words

    @property
    def called(self) -> str:
        """What it is called on pages."""
        return self.name or self.masked

    @classmethod
    def of_alert(cls, alert_id: uuid.UUID, *, removed: bool = False) -> list[Recipient]:
        """The recipients of an alert, mails first; with `removed` also those of before."""
        found = select(cls).where(cls.alert_id == alert_id).order_by(cls.kind != "mail", cls.name, cls.id)
        return list(db.session.scalars(found if removed else found.where(cls.removed_at.is_(None))))

    @classmethod
    def of_alerts(cls, alert_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Recipient]]:
        """The recipients of each of these alerts, mails first."""
        found: dict[uuid.UUID, list[Recipient]] = {ident: [] for ident in alert_ids}
        query = select(cls).where(cls.alert_id.in_(alert_ids), cls.removed_at.is_(None))
        for one in db.session.scalars(query.order_by(cls.kind != "mail", cls.name, cls.id)):
            found[one.alert_id].append(one)
        return found

    @classmethod
    def channels(cls, alert_ids: Select[uuid.UUID]) -> int:
        """How many channels these alerts speak in."""
        there = (cls.alert_id.in_(alert_ids), cls.kind != "mail", cls.removed_at.is_(None))
        return db.session.scalar(select(func.count(cls.id)).where(*there)) or 0

    @classmethod
    def of(cls, alert_id: uuid.UUID, ident: uuid.UUID) -> Recipient:
        """The recipient of this alert, or NotFoundError."""
        found = db.session.get(cls, ident)
        if found is None or found.alert_id != alert_id or found.removed_at is not None:
            raise NotFoundError("recipient", ident)
        return found

    @classmethod
    def locked(cls, ident: uuid.UUID) -> Recipient | None:
        """The recipient as it is now, kept from others until the transaction ends; None when it is gone."""
        wanted = select(cls).where(cls.id == ident).with_for_update(key_share=True)
        return db.session.scalar(wanted.execution_options(populate_existing=True))

    @classmethod
    def waiting(cls, now: datetime) -> list[uuid.UUID]:
        """Ids of those for whom something waits and whose cool-down is over."""
        found = select(cls.id).where((cls.quiet_until.is_(None)) | (cls.quiet_until <= now))
        something = (
            exists().where(table.recipient_id == cls.id, table.notice_id.is_(None)) for table in (Member, Drop)
        )
        first, second = something
        return list(db.session.scalars(found.where(first | second).order_by(cls.id)))


class Member(Model):
    """A response that a recipient is told of. The key makes it exactly one message, whatever is tried again."""

    __tablename__ = "alert_member"
    __table_args__ = (
        Index("ix_alert_member_notice_id", "notice_id"),
        Index("ix_alert_member_response_id", "response_id"),
        Index(
            "ix_alert_member_waiting",
            "recipient_id",
            sqlite_where=text("notice_id IS NULL"),
            postgresql_where=text("notice_id IS NULL"),
        ),
    )

    recipient_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("alert_recipient.id", ondelete="CASCADE"), primary_key=True
    )
    response_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    notice_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("alert_notice.id", ondelete="CASCADE"))
    """None while it waits for the end of a cool-down."""

    @classmethod
    def knowing(cls, response_id: uuid.UUID) -> set[uuid.UUID]:
        """Ids of the recipients that were told of a response, or will be."""
        return set(db.session.scalars(select(cls.recipient_id).where(cls.response_id == response_id)))

    @classmethod
    def add(cls, recipient_id: uuid.UUID, response_ids: Sequence[uuid.UUID]) -> None:
        """Let these wait, those that were not told yet. The recipient must be locked."""
        for ident in response_ids:
            insert_once(cls, {"recipient_id": recipient_id, "response_id": ident, "notice_id": None})


class Drop(Model):
    """A dropped score that a recipient is told of: of a survey, in the `days` before `day`, once."""

    __tablename__ = "alert_drop"
    __table_args__ = (
        Index("ix_alert_drop_notice_id", "notice_id"),
        Index(
            "ix_alert_drop_waiting",
            "recipient_id",
            sqlite_where=text("notice_id IS NULL"),
            postgresql_where=text("notice_id IS NULL"),
        ),
    )

    recipient_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("alert_recipient.id", ondelete="CASCADE"), primary_key=True
    )
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    before: Mapped[date] = mapped_column(Date)
    """The day before which the period ends that it is compared with."""
    days: Mapped[int] = mapped_column(SmallInteger)
    notice_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("alert_notice.id", ondelete="CASCADE"))


def _key(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()
