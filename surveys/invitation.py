from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, new_id


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
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    version_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey_version.id"))
    """The newest version when asked for; set anew when the mail is written."""
    contact_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="CASCADE"))
    interaction_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("interaction.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    locale: Mapped[str | None] = mapped_column(String(12))
    """The language asked for; what is shown is chosen from the version's languages."""
    status: Mapped[str] = mapped_column(String(12), default="scheduled")
    reason: Mapped[str | None] = mapped_column(String(60))
    send_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the mail server took the mail."""
    clicked_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
