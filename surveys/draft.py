from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.user import User
from base.db import Model, Moment, db, new_id
from base.errors import NotFoundError


class Draft(Model):
    """Edits that were put aside unpublished, when something else became the draft of their survey."""

    __tablename__ = "survey_draft"
    __table_args__ = (Index("ix_survey_draft_survey_id", "survey_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(Moment)
    """When, and by whom, it was last edited; afterwards, when and by whom it was put aside."""
    saved_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    kept_at: Mapped[datetime] = mapped_column(Moment)
    kept_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def of(cls, survey_id: uuid.UUID, ident: uuid.UUID) -> Draft:
        """One draft of a survey, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.survey_id == survey_id, cls.id == ident))
        if found is None:
            raise NotFoundError("draft", ident)
        return found

    @classmethod
    def all_of(cls, survey_id: uuid.UUID) -> list[tuple[Draft, str | None]]:
        """All drafts put aside, the newest first, each with the name of who edited it last."""
        rows = select(cls, User.name).outerjoin(User, User.id == cls.saved_by).where(cls.survey_id == survey_id)
        return [(draft, name) for draft, name in db.session.execute(rows.order_by(cls.kept_at.desc(), cls.id.desc()))]
