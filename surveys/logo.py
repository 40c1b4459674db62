from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, SmallInteger, String, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.workspace import Workspace
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import NotFoundError
from surveys.branding import Look, Mark
from surveys.coloring import read_color
from surveys.picturing import Pictures


class Logo(Model):
    """A workspace's picture, ready to be shown. It never changes and stays: published versions go on wearing it."""

    __tablename__ = "logo"
    __table_args__ = (UniqueConstraint("workspace_id", "hash"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of both pictures: the same file again is the same logo."""
    page: Mapped[bytes] = mapped_column(LargeBinary)
    mail: Mapped[bytes] = mapped_column(LargeBinary)
    """PNGs, for pages and for mails."""
    width: Mapped[int] = mapped_column(SmallInteger)
    height: Mapped[int] = mapped_column(SmallInteger)
    """In CSS pixels."""
    chip: Mapped[str] = mapped_column(String(5))
    """Themes in which it needs a ground of its own."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def keep(cls, workspace_id: uuid.UUID, pictures: Pictures, *, at: datetime, by: uuid.UUID | None = None) -> Logo:
        """The logo of these pictures, new or known. Needs a transaction."""
        digest = hashlib.sha256(pictures.page + pictures.mail).hexdigest()
        row = {"id": new_id(), "workspace_id": workspace_id, "hash": digest, "created_at": at, "created_by": by}
        insert_once(cls, row | {name: getattr(pictures, name) for name in ("page", "mail", "width", "height", "chip")})
        return db.session.scalars(select(cls).where(cls.workspace_id == workspace_id, cls.hash == digest)).one()

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Logo:
        """The logo of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("logo", ident)
        return found


def look_of(workspace: Workspace, document: Mapping[str, Any] | None = None) -> Look:
    """What a survey with this document wears in this workspace; without a document, what the workspace wears."""
    return worn(workspace.id, workspace.color, workspace.logo_id, document or {})


def worn(workspace_id: uuid.UUID, color: str | None, logo_id: uuid.UUID | None, document: Mapping[str, Any]) -> Look:
    """The survey's own colour and logo, where it has them, else the workspace's."""
    own = document.get("look") or {}
    logo = _mark(workspace_id, own.get("logo")) or _mark(workspace_id, logo_id)
    return Look(read_color(str(own.get("color") or color or "")) or "", logo)  # no document can put rules into a style


def _mark(workspace_id: uuid.UUID, ident: object) -> Mark | None:
    """The logo with this id. A document may come from elsewhere and name one that is not there, or not ours."""
    try:
        return shown(workspace_id, uuid.UUID(str(ident))) if ident else None
    except (ValueError, NotFoundError):
        return None


@lru_cache(maxsize=128)
def shown(workspace_id: uuid.UUID, ident: uuid.UUID) -> Mark:
    """The logo as pages and mails show it, or NotFoundError. It never changes, so each process reads it once."""
    logo = Logo.of(workspace_id, ident)
    return Mark(str(logo.id), logo.width, logo.height, logo.chip, logo.page, logo.mail)  # type: ignore[arg-type]
