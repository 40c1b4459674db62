from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Uuid, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once


class Hold(Model):
    """A stream whose mails stay in the outbox until somebody lets them go."""

    __tablename__ = "mail_hold"

    stream_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def put(cls, stream_id: uuid.UUID, *, at: datetime) -> None:
        """Hold the mails of a stream back. Needs a transaction."""
        insert_once(cls, {"stream_id": stream_id, "at": at})

    @classmethod
    def lift(cls, stream_id: uuid.UUID) -> None:
        """Let them go. Needs a transaction."""
        db.session.execute(delete(cls).where(cls.stream_id == stream_id))

    @classmethod
    def all(cls) -> list[uuid.UUID]:
        """The streams that are held."""
        return list(db.session.scalars(select(cls.stream_id)))
