from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, String, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.workspace import Workspace
from base import events, tokens
from base.db import Model, Moment, db, new_id
from base.errors import NotFoundError


class Once(NamedTuple):
    """What a key is made of that only one can have: who asks again with the same makes no other."""

    ident: uuid.UUID
    text: str

    @classmethod
    def new(cls) -> Once:
        return cls(new_id(), f"aw_{secrets.token_hex(4)}_{tokens.new_secret()}")


class ApiKey(Model):
    """A program's key to one workspace: `aw_<prefix>_<secret>`; only the hash of the whole is kept."""

    __tablename__ = "apikey"
    __table_args__ = (Index("ix_apikey_workspace_id", "workspace_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    prefix: Mapped[str] = mapped_column(String(12), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def create(
        cls,
        workspace_id: uuid.UUID,
        name: str,
        *,
        at: datetime,
        by: uuid.UUID | None = None,
        once: Once | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its secret text, which is shown once and kept nowhere."""
        ident, text = once or Once.new()
        key = cls(
            id=ident,
            workspace_id=workspace_id,
            name=name,
            prefix=text.split("_")[1],
            secret_hash=tokens.digest(text),
            created_at=at,
            created_by=by,
        )
        db.session.add(key)
        actor = str(by) if by else None
        events.record("apikey.created", key.id, workspace_id=workspace_id, at=at, actor=actor, data={"name": name})
        return key, text

    @classmethod
    def of_workspace(cls, workspace_id: uuid.UUID) -> list[ApiKey]:
        """All keys, those that still work first, then the newest first."""
        order = cls.revoked_at.is_not(None), cls.id.desc()
        return list(db.session.scalars(select(cls).where(cls.workspace_id == workspace_id).order_by(*order)))

    @classmethod
    def get(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> ApiKey:
        """The key of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("key", ident)
        return found

    @classmethod
    def made(cls, workspace_id: uuid.UUID, once: Once) -> ApiKey | None:
        """The key that was made with this already, if one was. Needs a transaction, until whose end nobody else makes
        one in the workspace.
        """
        whose = select(Workspace.id).where(Workspace.id == workspace_id)
        db.session.execute(whose.with_for_update(key_share=True))
        return db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == once.ident))

    def revoke(self, *, at: datetime, actor: str | None = None) -> None:
        """From now on it opens nothing. Revoking twice changes nothing."""
        if self.revoked_at is None:
            self.revoked_at = at
            data = {"name": self.name}
            events.record("apikey.revoked", self.id, workspace_id=self.workspace_id, at=at, actor=actor, data=data)
