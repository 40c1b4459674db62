from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import String, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, new_id
from base.errors import NotFoundError


class Workspace(Model):
    """A brand or department. Owns surveys, contacts, keys; nothing crosses it."""

    __tablename__ = "workspace"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    """What customers see as the company's name."""
    default_locale: Mapped[str] = mapped_column(String(12), default="en")
    zone: Mapped[str] = mapped_column(String(60), default="UTC")
    """Days of results, and times without a zone in imports, are of this zone."""
    reply_to: Mapped[str | None] = mapped_column(String(320))
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def by_slug(cls, slug: str) -> Workspace:
        found = db.session.scalar(select(cls).where(cls.slug == slug))
        if found is None:
            raise NotFoundError("workspace", slug)
        return found
