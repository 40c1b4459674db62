from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    Uuid,
    bindparam,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, db
from base.prepared import Prepared
from surveys.filling import Piece


class Answer(Model):
    """One typed value of an answer to a further question, in one revision of a response.

    Score and comment are the response's own. A choice of several is a row a choice, a matrix a row a line of it.
    """

    __tablename__ = "answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["response_id", "revision"],
            ["response_revision.response_id", "response_revision.number"],
            ondelete="CASCADE",
        ),
        Index("ix_answer_question", "question", "response_id"),
    )

    response_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True)
    question: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The id of the question in the response's version of the survey."""
    part: Mapped[str] = mapped_column(String(40), primary_key=True, default="")
    """The choice, of a question with several, the row, of a matrix, or that it is a consent to be contacted; else
    empty."""
    choice: Mapped[str | None] = mapped_column(String(40))
    number: Mapped[int | None] = mapped_column(SmallInteger)
    text: Mapped[str | None] = mapped_column(Text)
    """A written answer, what "other" means, or the address of who may be contacted."""
    day: Mapped[date | None] = mapped_column(Date)

    @classmethod
    def keep(cls, response_id: uuid.UUID, revision: int, pieces: Sequence[Piece]) -> None:
        """Add the answers of a revision."""
        for piece in pieces:
            _INSERT.run({"response_id": response_id, "revision": revision, **_columns(piece)})

    @classmethod
    def of(cls, response_id: uuid.UUID, revision: int) -> tuple[Piece, ...]:
        """The answers of a revision, as the transaction of an answer sees them."""
        return tuple(Piece(*row) for row in _OF.all({"response": response_id, "number": revision}))

    @classmethod
    def by_revision(cls, response_id: uuid.UUID) -> dict[int, tuple[Piece, ...]]:
        """The answers of every revision of a response; one that has none is missing."""
        found: dict[int, list[Piece]] = {}
        rows = select(cls).where(cls.response_id == response_id).order_by(cls.question, cls.part)
        for row in db.session.scalars(rows):
            found.setdefault(row.revision, []).append(_piece(row))
        return {number: tuple(pieces) for number, pieces in found.items()}

    @classmethod
    def of_all(cls, revisions: Collection[tuple[uuid.UUID, int]]) -> dict[uuid.UUID, tuple[Piece, ...]]:
        """The answers of these revisions (response, number), by response; who gave none is missing."""
        found: dict[uuid.UUID, list[Piece]] = {}
        wanted = dict(revisions)
        for row in _rows(list(wanted)):
            if row.revision == wanted[row.response_id]:
                found.setdefault(row.response_id, []).append(_piece(row))
        return {ident: tuple(pieces) for ident, pieces in found.items()}


def _rows(idents: list[uuid.UUID]) -> Iterator[Answer]:
    for start in range(0, len(idents), 500):
        batch = Answer.response_id.in_(idents[start : start + 500])
        yield from db.session.scalars(select(Answer).where(batch).order_by(Answer.question, Answer.part))


def _piece(row: Answer) -> Piece:
    return Piece(row.question, row.part, row.choice, row.number, row.text, row.day)


def _columns(piece: Piece) -> dict[str, Any]:
    return {
        "question": piece.question,
        "part": piece.part,
        "choice": piece.choice,
        "number": piece.number,
        "text": piece.text,
        "day": piece.day,
    }


_INSERT = Prepared(insert(Answer), *Answer.__table__.columns.keys())
_OF = Prepared(
    select(Answer.question, Answer.part, Answer.choice, Answer.number, Answer.text, Answer.day)
    .where(Answer.response_id == bindparam("response"), Answer.revision == bindparam("number"))
    .order_by(Answer.question, Answer.part)
)
