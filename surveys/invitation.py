from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from base import events, tokens
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import NotFoundError
from surveys.interaction import Interaction
from surveys.version import Version

LIFE = timedelta(days=90)
"""How long a link takes an answer."""


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
        Index("ix_invitation_survey_status", "survey_id", "status"),
        Index("ix_invitation_status_expires", "status", "expires_at"),
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

        The caller enqueues the sending job for a new one, in the same transaction.
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
        about = (Interaction.workspace_id == workspace_id, Interaction.source == source)
        rows = select(cls).join(Interaction, Interaction.id == cls.interaction_id)
        return list(
            db.session.scalars(rows.where(*about, Interaction.external_id == external_id, cls.status == "scheduled"))
        )

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
        ended = update(cls).where(cls.id.in_(due.scalar_subquery())).values(status="expired")
        result = db.session.execute(ended.execution_options(synchronize_session=False))
        return int(result.rowcount)  # type: ignore[attr-defined]

    @property
    def token(self) -> str:
        """What the link carries; kept nowhere."""
        return tokens.derived("invitation", self.id)

    @property
    def told_status(self) -> str:
        """The status as anybody may know it: that an anonymous survey was answered could tell whose answer it was."""
        return "sent" if self.status == "answered" and self.answered_at is None else self.status

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
