from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, db, insert_once
from feedback.searching import Part, Wish, fact, fts_query, place_of, ts_query, vector, words_of
from surveys.scale import SCALES

Found = tuple[int, uuid.UUID]
"""A place and the response that stands there."""

_WORDS = table("concordance_words", column("rowid"))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is looked for between two places, both left out: a wish, and facts that must all be so; of a fact with
    spaces one of its words. None of the places is no bound.
    """

    wish: Wish | None = None
    facts: tuple[str, ...] = ()
    either: tuple[Part, ...] = ()
    """Of these, where there are any, one is enough."""
    above: int | None = None
    below: int | None = None
    oldest_first: bool = False


class Concordance(Model):
    """The words of each comment that was read, and what it is filtered by, in the order in which lists show them.

    On SQLite triggers keep an FTS5 index of it, PostgreSQL has its own. A trigger takes the row away when its comment
    changes; what is not read yet is looked through by `inbox`.
    """

    __tablename__ = "concordance"
    __table_args__ = (Index("uq_concordance_response_id", "response_id", unique=True),)

    place: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    response_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("response.id", ondelete="CASCADE"))
    document: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))

    @classmethod
    def keep(cls, found: Iterable[tuple[Any, Iterable[uuid.UUID], Iterable[str]]]) -> None:
        """Let responses be found by their comments as they are now, with the ids of their tags and the single lemmas
        of their phrases. Needs a transaction that holds the responses.
        """
        on_postgresql = _on_postgresql()
        told = {
            one.id: (one, document_of(one, tag_ids, lemmas, postgresql=on_postgresql)) for one, tag_ids, lemmas in found
        }
        known = cls._known(told)
        cls._say({ident: told[ident][1] for ident in known})
        for ident in told.keys() - known:
            one, said = told[ident]
            place = place_of(one.created_at, ident)
            while not insert_once(cls, {"place": place, "response_id": ident, "document": said}):
                if cls._known([ident]):  # somebody else was quicker
                    cls._say({ident: said})
                    break
                place += 1  # two of one millisecond, as anonymous answers of one day are

    @classmethod
    def _known(cls, idents: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        return set(db.session.scalars(select(cls.response_id).where(cls.response_id.in_(idents))))

    @classmethod
    def _say(cls, told: Mapping[uuid.UUID, str]) -> None:
        again = update(cls.__table__).where(cls.response_id == bindparam("whose"))  # type: ignore[arg-type]
        rows = [{"whose": ident, "said": said} for ident, said in told.items()]
        if rows:
            db.session.connection().execute(again.values(document=bindparam("said")), rows)

    @classmethod
    def find(cls, asked: Asked, *, limit: int | None) -> list[Found]:
        """At most `limit` responses, or all, the newest first unless asked otherwise."""
        if asked.wish is not None and not asked.wish.parts:
            return []
        on_postgresql = _on_postgresql()
        place = cls.place if on_postgresql else _WORDS.c.rowid
        way = place.asc() if asked.oldest_first else place.desc()
        bounds = [place > asked.above] if asked.above is not None else []
        bounds += [place < asked.below] if asked.below is not None else []
        if on_postgresql:
            fits = cls.document.op("@@")(cast(ts_query(asked.wish, asked.facts, asked.either), TSQUERY))
            rows = select(cls.place, cls.response_id).where(fits, *bounds).order_by(way).limit(limit)
        else:  # FTS5 gives its rows in this order by itself, and only as many as are asked for
            fits = literal_column("concordance_words").op("MATCH")(fts_query(asked.wish, asked.facts, asked.either))
            places = select(place).select_from(_WORDS).where(fits, *bounds).order_by(way).limit(limit)
            own = cls.place.asc() if asked.oldest_first else cls.place.desc()
            rows = select(cls.place, cls.response_id).where(cls.place.in_(places)).order_by(own)
        return [(at, ident) for at, ident in db.session.execute(rows)]


def document_of(
    response: Any, tag_ids: Iterable[uuid.UUID] = (), lemmas: Iterable[str] = (), *, postgresql: bool
) -> str:
    """What a database is told of a response with a comment."""
    words, facts = words_of(response.comment), list(facts_of(response, tag_ids, lemmas))
    return vector(words, facts) if postgresql else " ".join([*words, *facts])


def facts_of(response: Any, tag_ids: Iterable[uuid.UUID] = (), lemmas: Iterable[str] = ()) -> Iterator[str]:
    """What lists are narrowed by, of a response that was read."""
    yield fact("w", response.workspace_id)
    yield fact("s", response.survey_id)
    for kind in ("agent", "team", "channel"):
        yield fact(kind[0], getattr(response, kind) or "")
    yield fact("b", SCALES[response.metric].band(response.score))
    yield fact("k", response.score)
    language = response.language or ""
    yield from (fact("g", one) for one in dict.fromkeys((language.replace("und", ""), language.partition("-")[0])))
    yield fact("l", response.sentiment_label or "unscored")
    yield from (fact("h", theme[:-1]) for theme in (response.heard or "").split())
    if response.flagged_at is not None:
        yield fact("x", "flagged")
    yield from (fact("y", ident) for ident in tag_ids)
    yield from (fact("p", lemma) for lemma in lemmas)


def _on_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"
