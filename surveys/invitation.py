from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    Uuid,
    and_,
    case,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from base import clock, events, tokens
from base.db import Model, Moment, db, insert_once, new_id, writing
from base.errors import NotFoundError
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.survey import Survey
from surveys.version import Version

LIFE = timedelta(days=90)
"""How long a link takes an answer."""
DUE = "invitation.status = 'scheduled' AND invitation.asked_at IS NULL"
"""Whose mail is not written yet. In these very words, for a database must see that a partial index has them all."""
_DUE = DUE.replace("invitation.", "")


class Invitation(Model):
    """One request to one contact about one interaction.

    status: scheduled → sent → answered; or expired, or skipped with a reason. The link's token is derived from the
    id (`base.tokens.derived("invitation", id)`); only its hash is kept. The link works as long as the survey takes
    answers: `expires_at`.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("survey_id", "interaction_id"),
        Index("ix_invitation_workspace_created", "workspace_id", "created_at"),
        Index("ix_invitation_contact_id", "contact_id"),
        Index("ix_invitation_interaction_id", "interaction_id"),
        Index("ix_invitation_survey_status", "survey_id", "status"),
        Index("ix_invitation_status_expires", "status", "expires_at"),
        Index("ix_invitation_due", "survey_id", "send_at", sqlite_where=text(_DUE), postgresql_where=text(_DUE)),
        Index(
            "ix_invitation_upload_id",
            "upload_id",
            sqlite_where=text("upload_id IS NOT NULL"),
            postgresql_where=text("upload_id IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    version_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey_version.id"))
    """The newest version when asked for; set anew when the mail is written."""
    contact_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="CASCADE"))
    interaction_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("interaction.id", ondelete="CASCADE"))
    upload_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("upload.id", ondelete="SET NULL"))
    """The table that it came from, if from one."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    locale: Mapped[str | None] = mapped_column(String(12))
    """The language asked for; what is shown is chosen from the version's languages."""
    status: Mapped[str] = mapped_column(String(12), default="scheduled")
    reason: Mapped[str | None] = mapped_column(String(60))
    """Why it was skipped; of a scheduled one what it waits for (`sending.Cause`)."""
    send_at: Mapped[datetime] = mapped_column(Moment)
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the mail was written into the outbox; quarantines count from here. None again if nobody would take it."""
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the mail server took the mail."""
    reminded_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the mail server took the newest reminder. Of an anonymous survey the moment at which one might have gone,
    whether the person had answered or not."""
    clicked_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    """None also when an anonymous survey was answered: its day alone could say whose answer it was."""
    expires_at: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def ask(
        cls, version: Version, interaction: Interaction, *, at: datetime, send_at: datetime, locale: str | None = None
    ) -> tuple[Invitation, bool]:
        """One invitation of this survey about this interaction, and whether it is new; its mail is due at `send_at`.

        Its mail is written as soon as it is due.
        """
        ident = new_id()
        row: dict[str, Any] = {"id": ident, "workspace_id": interaction.workspace_id, "survey_id": version.survey_id}
        row |= {"version_id": version.id, "contact_id": interaction.contact_id, "interaction_id": interaction.id}
        row |= {
            "token_hash": tokens.digest(tokens.derived("invitation", ident)),
            "locale": locale,
            "status": "scheduled",
        }
        new = insert_once(cls, row | {"send_at": send_at, "expires_at": send_at + LIFE, "created_at": at})
        same = (cls.survey_id == version.survey_id, cls.interaction_id == interaction.id)
        return db.session.scalars(select(cls).where(*same)).one(), new

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Invitation:
        """The invitation of this workspace with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("invitation", ident)
        return found

    @classmethod
    def scheduled_for(cls, contact_id: uuid.UUID) -> list[Invitation]:
        """What a person is still to be asked."""
        return list(db.session.scalars(select(cls).where(cls.contact_id == contact_id, cls.status == "scheduled")))

    @classmethod
    def scheduled_about(cls, workspace_id: uuid.UUID, source: str, external_id: str) -> list[Invitation]:
        """What is still to be asked about an interaction."""
        about = happened(workspace_id, source, external_id)
        return list(db.session.scalars(select(cls).where(about, cls.status == "scheduled")))

    @classmethod
    def waiting(cls, survey_id: uuid.UUID) -> int:
        """How many people a survey is still to ask."""
        whose = (cls.survey_id == survey_id, cls.status == "scheduled")
        return db.session.scalar(select(func.count()).select_from(cls).where(*whose)) or 0

    @classmethod
    def skip_waiting(cls, survey_id: uuid.UUID, reason: str, *, made_until: datetime, at: datetime, limit: int) -> int:
        """Skip at most `limit` of those who wait since `made_until` or longer; how many that were. Needs a
        transaction.
        """
        those = (cls.survey_id == survey_id, cls.status == "scheduled", cls.created_at <= made_until)
        rows = db.session.execute(select(cls.id, cls.workspace_id).where(*those).limit(limit).with_for_update()).all()
        skipped = update(cls).where(cls.id.in_([ident for ident, _ in rows]))
        values = {"status": "skipped", "reason": reason, "asked_at": None}
        db.session.execute(skipped.values(**values).execution_options(synchronize_session=False))
        for ident, workspace_id in rows:
            events.record("invitation.skipped", ident, workspace_id=workspace_id, at=at, data={"reason": reason})
        return len(rows)

    @classmethod
    def about(cls, survey_id: uuid.UUID, source: str, external_id: str) -> Invitation | None:
        """The invitation of a survey about an interaction, if there is one."""
        rows = select(cls).join(Interaction, Interaction.id == cls.interaction_id).where(cls.survey_id == survey_id)
        return db.session.scalar(rows.where(Interaction.source == source, Interaction.external_id == external_id))

    @classmethod
    def came_from(cls, upload_id: uuid.UUID, idents: Collection[uuid.UUID]) -> None:
        """Remember the table that these came from."""
        db.session.flush()
        db.session.execute(update(cls).where(cls.id.in_(idents)).values(upload_id=upload_id))

    @classmethod
    def expire_due(cls, now: datetime, *, limit: int) -> int:
        """End at most `limit` invitations whose time is over and that nobody answered; how many there were."""
        due = select(cls.id).where(cls.status.in_(("scheduled", "sent")), cls.expires_at <= now).limit(limit)
        alone = due.with_for_update(skip_locked=True).scalar_subquery()  # whoever is answering now has done so
        ended = update(cls).where(cls.id.in_(alone)).values(status="expired")
        result = db.session.execute(ended.execution_options(synchronize_session=False))
        return int(result.rowcount)  # type: ignore[attr-defined]

    @classmethod
    def surveys_due(cls, now: datetime) -> list[uuid.UUID]:
        """The surveys whose mails are to be written now, and that nobody paused or stops."""
        waits = select(cls.id).where(cls.survey_id == Survey.id, text(DUE), cls.send_at <= now)
        going = (Survey.paused_at.is_(None), Survey.stopping_at.is_(None))
        return list(db.session.scalars(select(Survey.id).where(*going, waits.exists())))

    @classmethod
    def due(cls, survey_id: uuid.UUID, now: datetime, *, limit: int) -> list[uuid.UUID]:
        """Whose mails of a survey are to be written now, the longest waiting first. Inside a transaction they are held,
        and others that ask meanwhile get others; see `_held`.
        """
        found = (
            select(cls.id)
            .where(cls.survey_id == survey_id, text(DUE), cls.send_at <= now)
            .order_by(cls.send_at)
            .limit(limit)
        )
        return list(db.session.scalars(_held(found) if writing() else found))

    @classmethod
    def still_unasked(cls, idents: Collection[uuid.UUID]) -> list[uuid.UUID]:
        """Those whose mail is not written yet and that nobody else writes now; see `_held`. Needs a transaction."""
        return list(db.session.scalars(_held(select(cls.id).where(cls.id.in_(idents), text(DUE)))))

    @classmethod
    def mark_all_asked(cls, idents: Collection[uuid.UUID], version_id: uuid.UUID, *, at: datetime) -> None:
        """Their mails are in the outbox, with the question of this version. Needs a transaction."""
        asked = update(cls).where(cls.id.in_(idents)).values(asked_at=at, reason=None, version_id=version_id)
        db.session.execute(asked.execution_options(synchronize_session=False))

    @classmethod
    def taken_back(cls, idents: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Those whose interaction was taken back, as when a ticket is opened again."""
        gone = (cls.id.in_(idents), cls.status == "skipped", cls.reason == "cancelled")
        return set(db.session.scalars(select(cls.id).where(*gone)))

    @classmethod
    def mark_all_sent(cls, idents: Collection[uuid.UUID], *, at: datetime) -> None:
        """The mail server took these mails; see `mark_sent`. What was stopped or taken back when it was on its way
        already is sent all the same. Needs a transaction.
        """
        too_late = and_(cls.status == "skipped", cls.reason.in_(("undeliverable", "stopped", "cancelled")))
        becomes = or_(cls.status == "scheduled", too_late)
        values = {
            "sent_at": func.coalesce(cls.sent_at, at),
            "asked_at": func.coalesce(cls.asked_at, at),
            "status": case((becomes, "sent"), else_=cls.status),
            "reason": case((becomes, None), else_=cls.reason),
        }
        sent = update(cls).where(cls.id.in_(idents)).values(**values)
        db.session.execute(sent.execution_options(synchronize_session=False))

    @property
    def token(self) -> str:
        """What the link carries; kept nowhere."""
        return tokens.derived("invitation", self.id)

    @property
    def delivered_at(self) -> datetime | None:
        """When the mail server took the newest mail with this link."""
        return self.reminded_at or self.sent_at

    @property
    def told_status(self) -> str:
        """The status as anybody may know it; see `told`."""
        return told(self.status, self.answered_at, self.expires_at, now=clock.now())

    def skip(self, reason: str, *, at: datetime) -> None:
        """Not asked, and why: suppressed, closed, quarantine, …"""
        self.status, self.reason, self.asked_at = "skipped", reason, None
        events.record("invitation.skipped", self.id, workspace_id=self.workspace_id, at=at, data={"reason": reason})

    def postpone(self, until: datetime, cause: str) -> None:
        """Ask later, and what for; the link lives as long after that as it would have."""
        self.reason = None if cause == "due" else cause
        if until > self.send_at:
            self.expires_at += until - self.send_at
            self.send_at = until

    def mark_asked(self, *, at: datetime) -> None:
        """The mail is in the outbox."""
        self.asked_at, self.reason = at, None

    def revive(self, *, send_at: datetime) -> None:
        """Ask after all, as if anew: what happened had been taken back, and has happened again."""
        self.status, self.reason, self.asked_at = "scheduled", None, None
        self.send_at, self.expires_at = send_at, send_at + LIFE

    def mark_sent(self, *, at: datetime) -> None:
        """The mail server took the mail. An answer that came first stays the newer state."""
        self.sent_at, self.asked_at = self.sent_at or at, self.asked_at or at
        if self.status == "scheduled" or (self.status == "skipped" and self.reason == "undeliverable"):
            self.status, self.reason = "sent", None


def told(status: str, answered_at: datetime | None, expires_at: datetime, *, now: datetime) -> str:
    """A status as anybody may know it: that an anonymous survey was answered could tell whose answer it was. Whoever
    answered one and whoever did not look alike, while the link lives and when its time is over, to the second.
    """
    if status == "sent" or (status == "answered" and answered_at is None):
        return "expired" if expires_at <= now else "sent"
    return status


def _held(found: Select[Any]) -> Select[Any]:
    """Of these invitations those that nobody else holds, nor their people, until the transaction ends. It waits for
    nobody: an erasure has the person and waits for the invitations, and the two would wait for each other.
    """
    people = found.join(Contact, Contact.id == Invitation.contact_id)
    return people.with_for_update(skip_locked=True, of=(Invitation, Contact))


def happened(workspace_id: uuid.UUID, source: str, external_id: str) -> ColumnElement[bool]:
    """Which invitations are about an interaction."""
    same = (Interaction.workspace_id == workspace_id, Interaction.source == source)
    return Invitation.interaction_id.in_(select(Interaction.id).where(*same, Interaction.external_id == external_id))


def lock_invitations(*contact_ids: uuid.UUID) -> None:
    """Let answers to what these people are asked wait for this transaction, which holds the contacts already.

    It holds them without their keys: an answer that has its invitation and refers to the contact goes on, and ends.
    """
    wanted = select(Invitation.id).where(Invitation.contact_id.in_(contact_ids)).order_by(Invitation.id)
    db.session.execute(wanted.with_for_update()).all()
