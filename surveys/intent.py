from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, new_id


class Intent(Model):
    """One visit to an invitation's link: a click, maybe a scanner's. Never counted as an answer."""

    __tablename__ = "intent"
    __table_args__ = (Index("ix_intent_invitation_at", "invitation_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    invitation_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("invitation.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(8))
    """head · open · decoy"""
    score: Mapped[int | None] = mapped_column(SmallInteger)
    client: Mapped[str] = mapped_column(String(16))
    """Fingerprint of address and user agent, so that visits of one program can be told together."""
