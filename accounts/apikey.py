from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base import tokens
from base.db import Model, Moment, db, new_id


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
        cls, workspace_id: uuid.UUID, name: str, *, at: datetime, by: uuid.UUID | None = None
    ) -> tuple[ApiKey, str]:
        """A new key and its secret text, which is shown once and kept nowhere."""
        prefix = secrets.token_hex(4)
        text = f"aw_{prefix}_{tokens.new_secret()}"
        key = cls(
            id=new_id(),
            workspace_id=workspace_id,
            name=name,
            prefix=prefix,
            secret_hash=tokens.digest(text),
            created_at=at,
            created_by=by,
        )
        db.session.add(key)
        return key, text
