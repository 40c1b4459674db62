from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, Uuid, select, text
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import NotFoundError
from surveys.folding import SEARCH_LIMIT, search_key

if TYPE_CHECKING:
    from sqlalchemy.engine.default import DefaultExecutionContext


def _search_key(row: DefaultExecutionContext) -> str:
    values = row.get_current_parameters()  # type: ignore[no-untyped-call]
    return search_key(values.get("name"), values["email"])


class Contact(Model):
    """A person who may be asked, unless suppressed (unsubscribed, bounced, by hand)."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("workspace_id", "email_key"),
        Index("ix_contact_workspace_newest", "workspace_id", "id"),
        Index(
            "ix_contact_workspace_suppressed",
            "workspace_id",
            "id",
            sqlite_where=text("suppressed_at IS NOT NULL"),
            postgresql_where=text("suppressed_at IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    """The address in lower case: one person is one row however they capitalise."""
    search_key: Mapped[str] = mapped_column(String(SEARCH_LIMIT), default=_search_key, server_default="")
    """Name and address as search compares them; whoever changes the name renews it."""
    name: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(12))
    zone: Mapped[str | None] = mapped_column(String(60))
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)
    suppressed_at: Mapped[datetime | None] = mapped_column(Moment)
    suppressed_reason: Mapped[str | None] = mapped_column(String(40))
    """unsubscribed · bounced · complained · by hand"""

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
        contact.search_key = search_key(contact.name, contact.email)
        if known.get("properties"):
            contact.properties = contact.properties | known["properties"]
        return contact

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Contact:
        """The contact of this workspace with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("contact", ident)
        return found

    def correct(self, *, name: str | None, locale: str | None, at: datetime, actor: str | None = None) -> None:
        """Staff know better what the person is called and reads."""
        new = {"name": name or None, "locale": locale or None}
        changed = [key for key, value in new.items() if getattr(self, key) != value]
        if changed:
            self.name, self.locale = new["name"], new["locale"]
            self.search_key = search_key(self.name, self.email)
            self._record("contact.corrected", at, actor, {"changed": changed})

    def suppress(self, reason: str, *, at: datetime, actor: str | None = None) -> None:
        """Ask this person no more. The first reason stays."""
        if self.suppressed_at is None:
            self.suppressed_at, self.suppressed_reason = at, reason
            self._record("contact.suppressed", at, actor, {"reason": reason})

    def welcome_back(self, *, at: datetime, actor: str | None = None) -> None:
        """The person may be asked again, as they wished."""
        if self.suppressed_at is not None:
            self.suppressed_at = self.suppressed_reason = None
            self._record("contact.welcomed_back", at, actor, {})

    def _record(self, kind: str, at: datetime, actor: str | None, data: dict[str, Any]) -> None:
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, actor=actor, data=data)
