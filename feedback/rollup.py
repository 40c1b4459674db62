"""Counts of responses by survey, cut, stretch of days, value and version, so that pages need not count rows.

For each survey: the roll-ups are the sum of what `response.counted_as` and `RollupGone` say, always, for they change in
the same transactions. What rows have become since then (`PENDING`) is added by whoever reads. docs/decisions/0011
says why it is so.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    and_,
    case,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once
from feedback.counting import FACE, MEASURES, PENDING, REACH, Fact
from feedback.response import Response
from surveys.invitation import Invitation
from surveys.version import Version

face = literal_column(FACE, Text)
pending = text(PENDING)
asked_now = select(Invitation.created_at).where(Invitation.id == Response.invitation_id).scalar_subquery()
asked_steps = case(
    (and_(Invitation.status == "skipped", Invitation.answered_at.is_(None)), 0),
    else_=1 + case((Invitation.sent_at.is_(None), 0), else_=2) + case((Invitation.clicked_at.is_(None), 0), else_=4),
)
"""How far an invitation has come, as the triggers of the database say it too."""


class Rollup(Model):
    """How many responses of a stretch of days count in a cut with a value; see `counting` and `spanning`.

    A survey has one `generation` that is read, and while it is rebuilt another that grows.
    """

    __table__ = Table(
        "rollup",
        Model.metadata,
        Column("survey_id", Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True),
        Column("generation", Integer, primary_key=True, autoincrement=False),
        Column("cut", String(20), primary_key=True),
        Column("stretch", Integer, primary_key=True, autoincrement=False),
        Column("value", String(130), primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        *(Column(name, Integer, nullable=False) for name in MEASURES),
        sqlite_with_rowid=False,
    )
    if TYPE_CHECKING:
        survey_id: Mapped[uuid.UUID]
        generation: Mapped[int]
        cut: Mapped[str]
        stretch: Mapped[int]
        value: Mapped[str]
        version: Mapped[int]


class RollupState(Model):
    """Which roll-ups of a survey are read, in whose days, and how far the next ones have come."""

    __tablename__ = "rollup_state"

    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[int] = mapped_column(Integer, default=1)
    zone: Mapped[str] = mapped_column(String(60))
    next_generation: Mapped[int | None] = mapped_column(Integer)
    """What is being built; None when nothing is."""
    next_zone: Mapped[str | None] = mapped_column(String(60))
    apart_from: Mapped[int] = mapped_column(Integer, default=1)
    """The first generation that tells the reach of each agent, team, channel and language."""
    reached_at: Mapped[datetime | None] = mapped_column(Moment)
    """The responses up to this moment and id are in the next generation too."""
    reached_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def locked(cls, survey_id: uuid.UUID, zone: str) -> RollupState:
        """The state under its lock, made when there is none. Whoever changes roll-ups holds it."""
        found = select(cls).where(cls.survey_id == survey_id).with_for_update()
        found = found.execution_options(populate_existing=True)
        state = db.session.scalar(found)
        if state is None:
            insert_once(cls, {"survey_id": survey_id, "generation": 1, "zone": zone})
            state = db.session.scalars(found).one()
        return state

    asked_reached_at: Mapped[datetime | None] = mapped_column(Moment)
    """The same of invitations, which follow the responses."""
    asked_reached_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    def reached_asked(self, at: datetime, ident: uuid.UUID) -> bool:
        """Whether the next generation counts this invitation already."""
        if self.asked_reached_at is None or self.asked_reached_id is None:
            return False
        return (at, ident) <= (self.asked_reached_at, self.asked_reached_id)

    def reached(self, at: datetime, ident: uuid.UUID) -> bool:
        """Whether the next generation counts this response already."""
        if self.reached_at is None or self.reached_id is None:
            return False
        return (at, ident) <= (self.reached_at, self.reached_id)


class RollupGone(Model):
    """What a response counted as that was deleted; a trigger of the database writes it, whoever deletes."""

    __tablename__ = "rollup_gone"
    __table_args__ = (Index("ix_rollup_gone_survey_id", "survey_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    """The response's."""
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    version_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(Moment)
    agent: Mapped[str | None] = mapped_column(String(120))
    team: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(60))
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    counted_as: Mapped[str] = mapped_column(Text)


class RollupReach(Model):
    """How far those came who were asked on a day: of invitations, and of the answers to them. The days of one value lie
    together, so that they are summed as fast as stretches would be, and are fewer to keep.
    """

    __table__ = Table(
        "rollup_reach",
        Model.metadata,
        Column("survey_id", Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True),
        Column("generation", Integer, primary_key=True, autoincrement=False),
        Column("cut", String(20), primary_key=True),
        Column("value", String(130), primary_key=True),
        Column("day", Integer, primary_key=True, autoincrement=False),
        Column("version", Integer, primary_key=True, autoincrement=False),
        *(Column(name, Integer, nullable=False) for name in REACH),
        sqlite_with_rowid=False,
    )
    if TYPE_CHECKING:
        survey_id: Mapped[uuid.UUID]
        generation: Mapped[int]
        cut: Mapped[str]
        value: Mapped[str]
        day: Mapped[int]
        version: Mapped[int]


class RollupAsked(Model):
    """What became of an invitation and is not counted yet; triggers of the database write it, whoever changes one."""

    __tablename__ = "rollup_asked"
    __table_args__ = (Index("ix_rollup_asked_survey_created", "survey_id", "created_at", "invitation_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    invitation_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    version_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(Moment)
    """The invitation's."""
    steps: Mapped[int] = mapped_column(SmallInteger)
    """How far it had come, as `counting.STEPS`; 0: never asked."""
    weight: Mapped[int] = mapped_column(SmallInteger)
    """1, or −1 for what it was before."""
    agent: Mapped[str | None] = mapped_column(String(120))
    """The interaction's, for it may be gone before this is counted."""
    team: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(60))


def differences(rows: Iterable[Sequence[Any]], versions: Mapping[Any, int]) -> list[Fact]:
    """What the rows that are pending count as now, and the contrary of what they counted as before."""
    facts = []
    for _, at, version, agent, team, channel, was, was_asked, now, asked in rows:
        known = (at, versions[version], (agent, team, channel))
        facts.append(Fact(*known, now, 1, asked))
        if was:
            facts.append(Fact(*known, was, -1, was_asked))
    return facts


def taken_away(rows: Iterable[Sequence[Any]], versions: Mapping[Any, int], *, weight: int = -1) -> list[Fact]:
    """What deleted responses counted as, to be taken away."""
    return [
        Fact(at, versions[version], (agent, team, channel), said, weight, asked)
        for _, at, version, agent, team, channel, said, asked in rows
    ]


def version_numbers(survey_id: uuid.UUID) -> dict[uuid.UUID, int]:
    rows = db.session.execute(select(Version.id, Version.number).where(Version.survey_id == survey_id))
    return dict(rows.all())


def pending_rows(survey_id: Any, *, raw: bool = False) -> Any:
    """Responses that count as something else than roll-ups say; `raw`: with ids as the database has them, for making
    UUIDs takes long.
    """
    about = (Response.created_at, _ident(Response.version_id, raw=raw), Response.agent, Response.team, Response.channel)
    said = (Response.counted_as, Response.asked_at, face.label("face"), asked_now.label("asked_now"))
    query = select(_ident(Response.id, raw=raw), *about, *said).where(Response.survey_id == survey_id, pending)
    return query.order_by(Response.id)  # which only their own index can, so that SQLite never takes another


def gone_rows(survey_id: Any, *, raw: bool = False) -> Any:
    """Deleted responses that roll-ups still count."""
    about = (RollupGone.agent, RollupGone.team, RollupGone.channel, RollupGone.counted_as, RollupGone.asked_at)
    query = select(
        _ident(RollupGone.id, raw=raw), RollupGone.created_at, _ident(RollupGone.version_id, raw=raw), *about
    )
    return query.where(RollupGone.survey_id == survey_id)


def asked_rows(survey_id: Any, *, raw: bool = False, whose: bool = False) -> Any:
    """What became of invitations that roll-ups do not count yet; `whose`: with their ids, which cost time to read."""
    about = (RollupAsked.id, RollupAsked.created_at, _ident(RollupAsked.version_id, raw=raw), RollupAsked.steps)
    names = (RollupAsked.weight, RollupAsked.agent, RollupAsked.team, RollupAsked.channel)
    query = select(*about, *names).where(RollupAsked.survey_id == survey_id)
    return query.add_columns(RollupAsked.invitation_id) if whose else query


def _ident(column: Any, *, raw: bool) -> Any:
    return type_coerce(column, String).label(column.key) if raw else column


def pending_faces(survey_ids: Collection[uuid.UUID]) -> Any:
    """What responses of these surveys count as, and with which face they were counted."""
    about = (Response.survey_id, Response.counted_as, face.label("face"))
    query = select(*about).where(Response.survey_id.in_(survey_ids), pending)
    return query.order_by(Response.survey_id, Response.id)


def gone_faces(survey_ids: Collection[uuid.UUID]) -> Any:
    """What deleted responses of these surveys still count as."""
    return select(RollupGone.survey_id, RollupGone.counted_as).where(RollupGone.survey_id.in_(survey_ids))
