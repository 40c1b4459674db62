from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, new_id


class Survey(Model):
    """One question to customers: a draft document, and numbered versions frozen by publishing (`version`)."""

    __tablename__ = "survey"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    metric: Mapped[str] = mapped_column(String(12))
    draft: Mapped[dict[str, Any]] = mapped_column(JSON)
    """{"metric", "default_locale", "locales": […], "texts": {locale: {word key: text}}}"""
    draft_revision: Mapped[int] = mapped_column(Integer, default=1)
    """Goes up with each save; two people editing notice each other by it."""
    draft_saved_at: Mapped[datetime] = mapped_column(Moment)
    draft_saved_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    published_number: Mapped[int | None] = mapped_column(Integer)
    """Number of the newest version; None while never published."""
    published_revision: Mapped[int | None] = mapped_column(Integer)
    """The draft revision of the newest version; differs from draft_revision when there are edits since."""
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
