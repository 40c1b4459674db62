from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import String, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.role import Role
from accounts.workspace import Workspace
from base.db import Model, Moment, db, new_id


class User(Model):
    """Somebody on the staff side who signs in."""

    __tablename__ = "user_account"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    """Lower case; the sign-in name."""
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(12), default="en")
    zone: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def by_email(cls, email: str) -> User | None:
        return db.session.scalar(select(cls).where(cls.email == email.strip().lower()))

    def workspaces(self) -> list[Workspace]:
        """Those the person belongs to, by name."""
        belongs = select(Role.workspace_id).where(Role.user_id == self.id)
        return list(db.session.scalars(select(Workspace).where(Workspace.id.in_(belongs)).order_by(Workspace.name)))
