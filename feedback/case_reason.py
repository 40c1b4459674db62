from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, SmallInteger, String, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, new_id

USUAL: Final = ("Put right", "Explained", "Compensated", "Could not be reached", "Nothing to be done")
"""What a workspace begins with."""


class CaseReason(Model):
    """Why cases end, in the words of the workspace. One that is taken off the list stays with the cases it ended."""

    __tablename__ = "case_reason"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    place: Mapped[int] = mapped_column(SmallInteger)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> list[CaseReason]:
        """Those that are offered, in order."""
        offered = select(cls).where(cls.workspace_id == workspace_id, cls.retired_at.is_(None))
        return list(db.session.scalars(offered.order_by(cls.place, cls.name)))

    @classmethod
    def ever(cls, workspace_id: uuid.UUID) -> list[CaseReason]:
        """All, with those that are no longer offered."""
        return list(db.session.scalars(select(cls).where(cls.workspace_id == workspace_id)))

    @classmethod
    def choose(cls, workspace_id: uuid.UUID, names: Sequence[str], *, at: datetime) -> None:
        """Offer these from now on."""
        known = {row.name: row for row in db.session.scalars(select(cls).where(cls.workspace_id == workspace_id))}
        for name, row in known.items():
            row.retired_at = None if name in names else row.retired_at or at
        for place, name in enumerate(names):
            row = known.get(name) or cls(id=new_id(), workspace_id=workspace_id, name=name)
            row.place = place
            db.session.add(row)
