from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.policy import ROLES
from base import events
from base.db import Model, Moment, db
from base.errors import ConflictError, NotFoundError


class Role(Model):
    """What one user is in one workspace: admin, designer, manager or viewer (see policy)."""

    __tablename__ = "role"
    __table_args__ = (Index("ix_role_user_id", "user_id"),)

    workspace_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def of(cls, workspace_id: uuid.UUID, user_id: uuid.UUID) -> Role:
        """The person's role in the workspace, or NotFoundError."""
        found = db.session.get(cls, (workspace_id, user_id))
        if found is None:
            raise NotFoundError("person", user_id)
        return found

    @classmethod
    def grant(
        cls, workspace_id: uuid.UUID, user_id: uuid.UUID, name: str, *, at: datetime, actor: str | None = None
    ) -> Role:
        """Let somebody into a workspace; who is there already keeps the role they have."""
        assert name in ROLES, name
        known = db.session.get(cls, (workspace_id, user_id))
        if known is not None:
            return known
        role = cls(workspace_id=workspace_id, user_id=user_id, name=name, created_at=at)
        db.session.add(role)
        data = {"role": name}
        events.record("person.joined", user_id, workspace_id=workspace_id, at=at, actor=actor, data=data)
        return role

    def change(self, name: str, *, at: datetime, actor: str | None = None) -> None:
        """Another role from the next request on."""
        assert name in ROLES, name
        if name == self.name:
            return
        self._keep_an_admin()
        data = {"from": self.name, "to": name}
        self.name = name
        events.record("role.changed", self.user_id, workspace_id=self.workspace_id, at=at, actor=actor, data=data)

    def remove(self, *, at: datetime, actor: str | None = None) -> None:
        """The person no longer belongs to the workspace."""
        self._keep_an_admin()
        db.session.delete(self)
        events.record("person.removed", self.user_id, workspace_id=self.workspace_id, at=at, actor=actor)

    def _keep_an_admin(self) -> None:
        """Refuse to take away the last admin who can still sign in."""
        if self.name != "admin":
            return
        people = Model.metadata.tables["user_account"]  # by name: users know their roles, not the other way round
        others = (
            select(Role.user_id)
            .join(people, people.c.id == Role.user_id)
            .where(Role.workspace_id == self.workspace_id, Role.name == "admin", Role.user_id != self.user_id)
            .where(people.c.disabled_at.is_(None))
            .with_for_update()
        )
        if db.session.scalars(others).first() is None:
            raise ConflictError("A workspace needs at least one admin. Make somebody else an admin first.")
