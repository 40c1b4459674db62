from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, new_id


class Contact(Model):
    """A person who may be asked, unless suppressed (unsubscribed, bounced, by hand)."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("workspace_id", "email_key"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    """The address in lower case: one person is one row however they capitalise."""
    name: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(12))
    zone: Mapped[str | None] = mapped_column(String(60))
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)
    suppressed_at: Mapped[datetime | None] = mapped_column(Moment)
    suppressed_reason: Mapped[str | None] = mapped_column(String(40))
    """unsubscribed · bounced · by hand"""
