from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id


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

    @classmethod
    def keep(cls, workspace_id: uuid.UUID, email: str, *, at: datetime, **known: Any) -> Contact:
        """The contact with this address, made if new; what is `known` (name, locale, zone, properties) is brought up
        to date, what is not known stays.
        """
        row = {"id": new_id(), "workspace_id": workspace_id, "email": email, "email_key": email.lower()}
        insert_once(cls, row | {"properties": {}, "created_at": at})
        contact = db.session.scalars(
            select(cls).where(cls.workspace_id == workspace_id, cls.email_key == email.lower())
        ).one()
        for name in ("name", "locale", "zone"):
            if known.get(name):
                setattr(contact, name, known[name])
        if known.get("properties"):
            contact.properties = contact.properties | known["properties"]
        return contact

    def suppress(self, reason: str, *, at: datetime) -> None:
        """Ask this person no more. The first reason stays."""
        if self.suppressed_at is None:
            self.suppressed_at, self.suppressed_reason = at, reason
            events.record("contact.suppressed", self.id, workspace_id=self.workspace_id, at=at, data={"reason": reason})

    def welcome_back(self, *, at: datetime) -> None:
        """The person may be asked again, as they wished."""
        if self.suppressed_at is not None:
            self.suppressed_at = self.suppressed_reason = None
            events.record("contact.welcomed_back", self.id, workspace_id=self.workspace_id, at=at)
