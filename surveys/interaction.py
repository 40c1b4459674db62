from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once, new_id
from surveys.contact import Contact


class Interaction(Model):
    """What just happened: a ticket solved, an order delivered. (workspace, source, external id) is one interaction."""

    __tablename__ = "interaction"
    __table_args__ = (
        UniqueConstraint("workspace_id", "source", "external_id"),
        Index("ix_interaction_workspace_occurred", "workspace_id", "occurred_at"),
        Index("ix_interaction_contact_id", "contact_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(200))
    contact_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="CASCADE"))
    agent: Mapped[str | None] = mapped_column(String(120))
    team: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(60))
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def keep(
        cls, contact: Contact, source: str, external_id: str, *, at: datetime, **facts: Any
    ) -> tuple[Interaction, bool]:
        """The interaction known by (workspace, source, external id), and whether it is new.

        `facts`: agent, team, channel, occurred_at, properties. A repeated call changes nothing.
        """
        row: dict[str, Any] = {"agent": None, "team": None, "channel": None, "occurred_at": at, "properties": {}}
        row |= {name: fact for name, fact in facts.items() if fact is not None}
        row |= {"id": new_id(), "workspace_id": contact.workspace_id, "source": source, "external_id": external_id}
        new = insert_once(cls, row | {"contact_id": contact.id, "created_at": at})
        known = (cls.workspace_id == contact.workspace_id, cls.source == source, cls.external_id == external_id)
        return db.session.scalars(select(cls).where(*known)).one(), new
