from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from base import events
from base.db import Model, Moment, db, new_id
from feedback.concordance import Concordance
from feedback.counting import PENDING, heard
from feedback.phrase import Phrases, single_lemmas
from feedback.revision import Given, Revision
from feedback.sentiment import Reading
from feedback.suspecting import Reason, Sign, reason_for
from feedback.tag import Tag, Tagging
from feedback.theme import SIDE, Theme
from surveys.link import Link
from surveys.open_link import ADD_PLACE

ERASED = "erased:"
"""How the key of an answer begins whose person was forgotten."""
WAITING = "read_at IS NULL AND comment IS NOT NULL"
"""Comments that nobody finds by an index of words yet."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Which response holds the answer, and as which revision."""

    id: uuid.UUID
    revision: int


class Response(Model):
    """One person's submission; of several to one invitation the newest revision is what counts, and it counts once.

    Score, scale (`metric`) and version are kept raw for ever; bands and scores are computed. Agent, team, channel and
    properties are the interaction's, or the open link's. Sentiment is None until read; no engine for a language means
    unscored, named.
    """

    __tablename__ = "response"
    __table_args__ = (
        Index("ix_response_survey_created", "survey_id", "created_at", "id"),
        Index("ix_response_workspace_created", "workspace_id", "created_at", "id"),
        Index(
            "ix_response_of_agent",
            *("survey_id", "agent", "created_at"),
            sqlite_where=text("agent IS NOT NULL"),
            postgresql_where=text("agent IS NOT NULL"),
        ),
        Index(
            "ix_response_of_team",
            *("survey_id", "team", "created_at"),
            sqlite_where=text("team IS NOT NULL"),
            postgresql_where=text("team IS NOT NULL"),
        ),
        Index("ix_response_contact_id", "contact_id"),
        Index("ix_response_link_id", "link_id"),
        Index(
            "ix_response_invitation_id",
            "invitation_id",
            sqlite_where=text("invitation_id IS NOT NULL"),
            postgresql_where=text("invitation_id IS NOT NULL"),
        ),
        Index(
            "ix_response_unread", "id", sqlite_where=text("read_at IS NULL"), postgresql_where=text("read_at IS NULL")
        ),
        Index(
            "ix_response_unread_of",
            *("workspace_id", "created_at", "id"),
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index(
            "ix_response_set_aside_of",
            *("survey_id", "created_at"),
            sqlite_where=text("flagged_at IS NOT NULL AND released_at IS NULL"),
            postgresql_where=text("flagged_at IS NOT NULL AND released_at IS NULL"),
        ),
        Index(
            "ix_response_uncounted",
            *("survey_id", "id"),
            sqlite_where=text(PENDING),
            postgresql_where=text(PENDING),
        ),
        Index(
            "ix_response_set_aside",
            *("workspace_id", "created_at", "id"),
            sqlite_where=text("flagged_at IS NOT NULL AND released_at IS NULL"),
            postgresql_where=text("flagged_at IS NOT NULL AND released_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    version_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey_version.id"))
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("invitation.id", ondelete="CASCADE"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="CASCADE"))
    link_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("open_link.id", ondelete="SET NULL"))
    """The open link that it came by. An answer with neither invitation nor link is an anonymous or an erased one."""
    submission_key: Mapped[str] = mapped_column(String(80), unique=True)
    """The invitation's id; without one, a digest of the rendered form's id. After an erasure `ERASED` and chance."""
    metric: Mapped[str] = mapped_column(String(12))
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(12))
    """The language the page was answered in."""
    agent: Mapped[str | None] = mapped_column(String(120))
    team: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(60))
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    flagged_at: Mapped[datetime | None] = mapped_column(Moment)
    flag_reason: Mapped[str | None] = mapped_column(String(40))
    released_at: Mapped[datetime | None] = mapped_column(Moment)
    released_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    language: Mapped[str | None] = mapped_column(String(12))
    """Detected language of the comment; "und" when unknown; None before reading or without a comment."""
    sentiment_label: Mapped[str | None] = mapped_column(String(10))
    polarity: Mapped[float | None] = mapped_column(Float)
    confidence: Mapped[float | None] = mapped_column(Float)
    engine: Mapped[str | None] = mapped_column(String(20))
    engine_version: Mapped[str | None] = mapped_column(String(40))
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the comment was last read, with whatever result; None = still waiting."""
    heard: Mapped[str | None] = mapped_column(Text)
    """The themes that were read, in short, for `counting`."""
    counted_as: Mapped[str | None] = mapped_column(Text)
    """What roll-ups count it as; None until they do. Only `rollup` writes it."""
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its invitation was made, as roll-ups count it."""
    themes: Mapped[list[Theme]] = relationship(lazy="selectin", viewonly=True, order_by=Theme.theme)

    @classmethod
    def submit(cls, link: Link, given: Given, *, at: datetime) -> Kept:
        """Keep an answer to the link of a mail, as `submission` says."""
        from feedback import submission  # it knows this table, so this table meets it late

        return submission.submit(link, given, at=at)

    @property
    def anonymous(self) -> bool:
        """Whether it was promised that nobody knows whose it is. Its moments say noon of their day."""
        return self.invitation_id is None and self.link_id is None and not self.erased

    @property
    def erased(self) -> bool:
        """Whether its person was forgotten. It stays in the numbers, and nobody is told of it any more."""
        return self.submission_key.startswith(ERASED)

    @classmethod
    def unsigned(cls) -> tuple[ColumnElement[bool], ...]:
        """What holds of anonymous answers; see `anonymous`."""
        return (cls.invitation_id.is_(None), cls.link_id.is_(None), ~cls.submission_key.startswith(ERASED))

    @property
    def waits(self) -> bool:
        """Whether it is set aside and not released: no number counts it, and nobody is told of it."""
        return self.flagged_at is not None and self.released_at is None

    def release(self, *, at: datetime, by: uuid.UUID) -> None:
        """Staff looked at a flagged response and let it count."""
        if self.waits:
            self.released_at, self.released_by = at, by
            if self.link_id is not None:
                ADD_PLACE.run({"which": self.link_id})
            events.record("response.released", self.id, workspace_id=self.workspace_id, at=at, actor=str(by))

    @classmethod
    def unread(cls, ident: uuid.UUID) -> Response | None:
        """The response, if its newest answer is still to be read."""
        return db.session.scalar(select(cls).where(cls.id == ident, cls.read_at.is_(None)))

    @classmethod
    def unread_unsigned(cls, *, limit: int) -> list[Response]:
        """Anonymous answers that are still to be read: no queue may hold their names beside a moment."""
        waiting = select(cls).where(cls.read_at.is_(None), *cls.unsigned())
        return list(db.session.scalars(waiting.order_by(cls.id).limit(limit)))

    @classmethod
    def all_unchanged(cls, read: Mapping[uuid.UUID, tuple[int, str | None]]) -> list[Response]:
        """Those of the responses, under the write lock, whose newest revision and comment are still these, and whose
        person was not forgotten meanwhile. Needs a transaction.
        """
        held = select(cls).where(cls.id.in_(read)).order_by(cls.id).with_for_update()
        found = db.session.scalars(held.execution_options(populate_existing=True))
        return [one for one in found if not one.erased and (one.revision, one.comment) == read[one.id]]

    def add_tag(self, name: str, *, at: datetime, by: uuid.UUID) -> Tag:
        """Give it the tag with this name, made if it is new. InvalidError for a name that is none."""
        self._hold()
        tag = Tag.make(self.workspace_id, name, at=at, by=by)
        Tagging.add(self.id, tag, at=at, by=by)
        self._find_by_tags()
        return tag

    def take_tag(self, tag_id: uuid.UUID) -> None:
        self._hold()
        Tagging.take(self.id, tag_id)
        self._find_by_tags()

    def _hold(self) -> None:
        """One change of its tags at a time, so that it is found by all of them."""
        db.session.execute(select(Response.id).where(Response.id == self.id).with_for_update())

    def _find_by_tags(self) -> None:
        if self.comment is not None and self.read_at is not None:
            Concordance.keep([(self, Tagging.ids_of(self.id), Phrases.lemmas_of(self.id))])

    def keep_reading(self, found: Reading | None, *, at: datetime) -> None:
        """Keep what was read in the comment; None when there is no comment. Told only where something is new."""
        self.keep_readings([(self, found)], at=at)

    @classmethod
    def keep_readings(cls, readings: Sequence[tuple[Response, Reading | None]], *, at: datetime) -> None:
        """The same of many, much faster than one by one. Needs a transaction that holds them."""
        again = {response.id for response, _ in readings if response.read_at is not None}
        new = [response for response, found in readings if response.take_reading(found, at)]
        db.session.flush()
        known = {response.id: found for response, found in readings}
        Theme.keep({ident: found.themes if found else () for ident, found in known.items()})
        said = [one for one, _ in readings if one.comment is not None]
        phrases = {one.id: found.phrases if (found := known[one.id]) else () for one in said}
        Phrases.keep(dict.fromkeys(known) | phrases)
        tags = Tagging.ids_of_each(list(phrases))
        Concordance.keep([(one, tags.get(one.id, ()), single_lemmas(phrases[one.id])) for one in said])
        for response, _ in readings:
            db.session.expire(response, ["themes"])
        for response in new:
            response.tell_reading(at, again=response.id in again)

    def take_reading(self, found: Reading | None, at: datetime) -> bool:
        """Have it on the row; whether it is read as it was not before. Part of `keep_readings`."""
        before = (self.read_at is not None, self.language, self.sentiment_label, self.polarity)
        self.sentiment_label = found.label if found else None
        for name in ("language", "polarity", "confidence", "engine", "engine_version"):
            setattr(self, name, getattr(found, name) if found else None)
        self.read_at = at
        self.heard = heard(found.themes, side=SIDE) if found else None
        return before != (True, self.language, self.sentiment_label, self.polarity)

    def tell_reading(self, at: datetime, *, again: bool) -> None:
        """Part of `keep_readings`."""
        told = {"revision": self.revision, "language": self.language, "label": self.sentiment_label}
        # Jobs follow the first reading only, and none that of an anonymous answer: a queue would know its moment.
        first = "response.read_unsigned" if self.anonymous else "response.read"
        kind = "response.reread" if again else first
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, data=told)

    def keep_signs(self, signs: tuple[Sign, ...], *, at: datetime) -> bool:
        """Keep what was found suspicious about the newest answer. Whether the answer stands as it is.

        A suspicious answer is flagged, unless a person answered before: then that answer counts again.
        """
        *earlier, newest = Revision.all_of(self.id, up_to=self.revision)
        newest.signs = " ".join(signs) or None
        reason = reason_for(signs)
        if reason is None or self.flagged_at is not None:
            return True
        told = told_of(self.revision, reason)
        clean = next((revision for revision in reversed(earlier) if not reason_for(revision.signs_seen)), None)
        if clean is not None:
            self.revision, self.score = clean.number, clean.score
            self.comment, self.locale = clean.comment, clean.locale
        else:
            self.flagged_at, self.flag_reason = at, reason
        kind = "response.set_aside" if clean else "response.flagged"
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, data=told)
        return clean is None


def told_of(revision: int, reason: Reason | None) -> dict[str, Any]:
    """What an event says of a submission."""
    return {"revision": revision} | ({"flagged": reason} if reason else {})
