from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, ForeignKey, Text, Uuid, delete, exists, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from base.db import Model, db
from feedback.sentiment.gleaning import Phrase


class Phrases(Model):
    """The phrases of a response's comment. Every comment that was read has a row, also one without any; a comment
    without a row was read before there were phrases. A trigger takes the row away when the comment changes.
    """

    __tablename__ = "response_phrases"

    response_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    said: Mapped[str] = mapped_column(Text)
    """A line each, between line breaks: the lemmas, a tab, and where in the comment it begins and ends."""

    @classmethod
    def keep(cls, found: Mapping[uuid.UUID, Iterable[Phrase] | None]) -> None:
        """What the newest readings found in responses, in place of what earlier ones did; None of one that has no
        comment. Needs a transaction.
        """
        gone = delete(cls).where(cls.response_id.in_(found)).execution_options(synchronize_session=False)
        db.session.execute(gone)
        rows = [{"response_id": ident, "said": written(said)} for ident, said in found.items() if said is not None]
        if rows:
            db.session.execute(insert(cls), rows)

    @classmethod
    def keys_of(cls, response_id: uuid.UUID) -> list[str]:
        """The phrases of a response, by their lemmas."""
        said = db.session.scalar(select(cls.said).where(cls.response_id == response_id))
        return [key for key, _, _ in read(said or "")]

    @classmethod
    def lemmas_of(cls, response_id: uuid.UUID) -> list[str]:
        """The single words that the phrases of a response are made of."""
        said = db.session.scalar(select(cls.said).where(cls.response_id == response_id))
        return single_lemmas(read(said or ""))

    @classmethod
    def has(cls, response: InstrumentedAttribute[uuid.UUID], key: str) -> ColumnElement[bool]:
        """Whether the comment of a response has a phrase."""
        return exists().where(cls.response_id == response, cls.said.contains(f"\n{key}\t", autoescape=True))


def single_lemmas(found: Iterable[Phrase]) -> list[str]:
    """The single words that phrases are made of."""
    return [key for key, _, _ in found if " " not in key]


def written(found: Iterable[Phrase]) -> str:
    """Phrases as a row holds them."""
    return "\n" + "".join(f"{key}\t{begin} {end}\n" for key, begin, end in found)


def read(said: str) -> list[Phrase]:
    """The inverse of `written`."""
    return [Phrase(key, *place_in(where)) for key, where in lines(said)]


def lines(said: str) -> Iterator[Sequence[str]]:
    """Each phrase, and where it stands as the row says it: pages look at very many."""
    return (line.split("\t") for line in said.split("\n") if line)


def place_in(where: str) -> tuple[int, int]:
    begin, _, end = where.partition(" ")
    return int(begin), int(end)
