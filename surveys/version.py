from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.user import User
from base.db import Model, Moment, db, new_id
from base.errors import NotFoundError

HIGHEST = 10**6
"""No survey has more versions; what an address asks beyond that need not bother the database."""


class Version(Model):
    """A survey as it was published; never changed afterwards. Answers point to the version they saw."""

    __tablename__ = "survey_version"
    __table_args__ = (UniqueConstraint("survey_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    metric: Mapped[str] = mapped_column(String(12))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime] = mapped_column(Moment)
    published_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def newest(cls, survey_id: uuid.UUID) -> Version | None:
        return db.session.scalar(select(cls).where(cls.survey_id == survey_id).order_by(cls.number.desc()).limit(1))

    @classmethod
    def all_of(cls, survey_id: uuid.UUID) -> list[Version]:
        """All versions, the newest first."""
        return list(db.session.scalars(select(cls).where(cls.survey_id == survey_id).order_by(cls.number.desc())))

    @classmethod
    def numbered(cls, survey_id: uuid.UUID, number: int) -> Version:
        """One version, or NotFoundError."""
        found = None
        if number <= HIGHEST:
            found = db.session.scalar(select(cls).where(cls.survey_id == survey_id, cls.number == number))
        if found is None:
            raise NotFoundError("version", number)
        return found

    @classmethod
    def history(cls, survey_id: uuid.UUID) -> list[tuple[Version, str | None]]:
        """All versions, the newest first, each with the name of who published it."""
        rows = db.session.execute(
            select(cls, User.name)
            .outerjoin(User, User.id == cls.published_by)
            .where(cls.survey_id == survey_id)
            .order_by(cls.number.desc())
        )
        return [(version, name) for version, name in rows]
