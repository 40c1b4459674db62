from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, Uuid, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.user import User
from base.db import Model, Moment, db, new_id
from base.errors import InvalidError, NotFoundError

LONGEST = 4_000


class Note(Model):
    """What somebody of the staff wrote beside a response. Customers never see it; it goes when the person is erased."""

    __tablename__ = "response_note"
    __table_args__ = (Index("ix_response_note_response", "response_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    response_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("response.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def write(cls, response_id: uuid.UUID, text: str, *, at: datetime, by: uuid.UUID) -> Note:
        """Keep a note; InvalidError, naming the field, when there is none or it is too long."""
        text = text.replace("\0", "").replace("\r\n", "\n").strip()
        if not text:
            raise InvalidError("Not accepted: text.", {"text": "Write something first."})
        if len(text) > LONGEST:
            raise InvalidError("Not accepted: text.", {"text": f"Use at most {LONGEST} characters."})
        note = cls(id=new_id(), response_id=response_id, author_id=by, text=text, at=at)
        db.session.add(note)
        return note

    @classmethod
    def of(cls, response_id: uuid.UUID) -> list[tuple[Note, str | None]]:
        """The notes of a response with the names of their authors, the oldest first."""
        rows = select(cls, User.name).outerjoin(User, User.id == cls.author_id)
        found = db.session.execute(rows.where(cls.response_id == response_id).order_by(cls.at, cls.id))
        return [(note, name) for note, name in found]

    @classmethod
    def counts(cls, response_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
        """How many notes each response has, of those that have some."""
        rows = select(cls.response_id, func.count()).where(cls.response_id.in_(response_ids))
        return dict(db.session.execute(rows.group_by(cls.response_id)).all())

    @classmethod
    def remove(cls, response_id: uuid.UUID, ident: uuid.UUID) -> None:
        """Take a note away, or NotFoundError."""
        gone = delete(cls).where(cls.response_id == response_id, cls.id == ident)
        result = db.session.execute(gone.execution_options(synchronize_session=False))
        if result.rowcount == 0:  # type: ignore[attr-defined]
            raise NotFoundError("note", ident)
