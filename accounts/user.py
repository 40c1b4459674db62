from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import String, Uuid, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.role import Role
from accounts.workspace import Workspace
from base import events
from base.db import Model, Moment, db, new_id
from base.errors import ConflictError


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
    def create(cls, email: str, name: str, *, password_hash: str | None, at: datetime, zone: str | None = None) -> User:
        """A new person; nobody else may have the address."""
        if cls.by_email(email) is not None:
            raise ConflictError("Somebody with this address is already here.")
        user = cls(
            id=new_id(),
            email=email.strip().lower(),
            name=name.strip(),
            password_hash=password_hash,
            locale="en",
            zone=zone,
            created_at=at,
        )
        db.session.add(user)
        db.session.flush()
        events.record("user.created", user.id, workspace_id=None, at=at, actor=str(user.id))
        return user

    @classmethod
    def anybody(cls) -> bool:
        """Whether there is anyone at all; before the set-up there is not."""
        return bool(db.session.scalar(select(exists().where(cls.id.is_not(None)))))

    @classmethod
    def by_email(cls, email: str) -> User | None:
        return db.session.scalar(select(cls).where(cls.email == email.strip().lower()))

    def workspaces(self) -> list[Workspace]:
        """Those the person belongs to, by name."""
        belongs = select(Role.workspace_id).where(Role.user_id == self.id)
        return list(db.session.scalars(select(Workspace).where(Workspace.id.in_(belongs)).order_by(Workspace.name)))

    def change_password(self, password_hash: str, *, at: datetime, actor: str | None = None) -> None:
        """A new password; whoever else knew the old one is signed out by the caller (`Session.end_all`)."""
        self.password_hash = password_hash
        events.record("user.password_changed", self.id, workspace_id=None, at=at, actor=actor or str(self.id))

    @classmethod
    def of_workspace(cls, workspace_id: uuid.UUID) -> list[tuple[User, str]]:
        """Everybody in a workspace with their role, by name."""
        found = select(cls, Role.name).join(Role, Role.user_id == cls.id).where(Role.workspace_id == workspace_id)
        return [(user, role) for user, role in db.session.execute(found.order_by(cls.name, cls.email))]

    @classmethod
    def everybody(cls) -> list[tuple[User, list[str]]]:
        """All people by address, each with places as "workspace (role)"."""
        places = select(Role.user_id, Workspace.slug, Role.name).join(Workspace, Workspace.id == Role.workspace_id)
        named: dict[uuid.UUID, list[str]] = {}
        for user_id, slug, role in db.session.execute(places.order_by(Workspace.slug)):
            named.setdefault(user_id, []).append(f"{slug} ({role})")
        return [(user, named.get(user.id, [])) for user in db.session.scalars(select(cls).order_by(cls.email))]

    def belongs_only_to(self, workspace_id: uuid.UUID) -> bool:
        """Whether this workspace alone decides about the person's account."""
        return [workspace.id for workspace in self.workspaces()] == [workspace_id]

    def disable(self, *, workspace_id: uuid.UUID, at: datetime, actor: str | None = None) -> None:
        """Close the account; living sessions are refused from the next request on."""
        if self.disabled_at is None:
            self.disabled_at = at
            events.record("person.disabled", self.id, workspace_id=workspace_id, at=at, actor=actor)

    def enable(self, *, workspace_id: uuid.UUID, at: datetime, actor: str | None = None) -> None:
        """Open the account again."""
        if self.disabled_at is not None:
            self.disabled_at = None
            events.record("person.enabled", self.id, workspace_id=workspace_id, at=at, actor=actor)
