"""A page of results that somebody gave a name: its address, for everybody of the workspace."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, new_id
from base.errors import ConflictError, NotFoundError

MOST = 50
"""Views of one page: a menu that anybody still reads."""


class SavedView(Model):
    """`page` is "survey:<id>", or "workspace"; `query` is what stands behind the question mark."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("workspace_id", "page", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    page: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID, survey_id: uuid.UUID | None = None) -> list[SavedView]:
        """Those of a survey's page, or without one of the workspace's, by name."""
        mine = (cls.workspace_id == workspace_id, cls.page == page_of(survey_id))
        return list(db.session.scalars(select(cls).where(*mine).order_by(cls.name)))

    @classmethod
    def keep(
        cls,
        workspace_id: uuid.UUID,
        survey_id: uuid.UUID | None,
        name: str,
        query: str,
        *,
        at: datetime,
        by: uuid.UUID | None = None,
    ) -> SavedView:
        """A new view, or what a view of that name shows from now on. Needs a transaction."""
        mine = cls.all_of(workspace_id, survey_id)
        known = next((one for one in mine if one.name == name), None)
        if known is None and len(mine) >= MOST:
            raise ConflictError(f"A page has at most {MOST} saved views.")
        view = known or cls(id=new_id(), workspace_id=workspace_id, survey_id=survey_id, page=page_of(survey_id))
        view.name, view.query, view.created_at, view.created_by = name, query, at, by
        db.session.add(view)
        data = {"name": name}
        actor = str(by) if by else None
        events.record("view.saved", view.id, workspace_id=workspace_id, at=at, actor=actor, data=data)
        return view

    @classmethod
    def forget(
        cls, workspace_id: uuid.UUID, ident: uuid.UUID, *, at: datetime, by: uuid.UUID | None = None
    ) -> SavedView:
        """Take a view away; NotFoundError where the workspace has none."""
        view = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if view is None:
            raise NotFoundError("view", ident)
        db.session.delete(view)
        data = {"name": view.name}
        actor = str(by) if by else None
        events.record("view.deleted", view.id, workspace_id=workspace_id, at=at, actor=actor, data=data)
        return view


def page_of(survey_id: uuid.UUID | None) -> str:
    return f"survey:{survey_id}" if survey_id else "workspace"
