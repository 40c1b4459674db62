from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Uuid, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, new_id
from surveys.invitation import Invitation


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

    @classmethod
    def keep(cls, rows: Sequence[dict[str, Any]]) -> None:
        """Keep visits (invitation_id, at, kind, score, client) and note the first opening of each invitation.

        Visits of an invitation that is gone are forgotten.
        """
        connection = db.session.connection()
        wanted = {row["invitation_id"] for row in rows}
        known = set(connection.scalars(select(Invitation.id).where(Invitation.id.in_(wanted))))
        kept = [{"id": new_id(), **row} for row in rows if row["invitation_id"] in known]
        if not kept:
            return
        connection.execute(insert(cls.__table__), kept)  # type: ignore[arg-type]
        opened = [{"opened": row["invitation_id"], "first": row["at"]} for row in kept if row["kind"] == "open"]
        if opened:
            connection.execute(_CLICKED, opened)

    @classmethod
    def of(cls, invitation_id: uuid.UUID) -> list[Intent]:
        """Every visit of one invitation, the oldest first."""
        return list(db.session.scalars(select(cls).where(cls.invitation_id == invitation_id).order_by(cls.at)))


_CLICKED = (
    update(Invitation.__table__)  # type: ignore[arg-type]
    .where(Invitation.id == bindparam("opened"), Invitation.clicked_at.is_(None))
    .values(clicked_at=bindparam("first"))
)
