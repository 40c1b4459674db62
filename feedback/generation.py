"""Roll-ups made anew beside those that are read, while both are kept true: after a change of zone, or by hand.

The next generation counts what responses are counted as, in the order in which they came; what changes meanwhile
changes both, as far as the next one has come (`fold.fold`). At the end it is the one that is read.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    SmallInteger,
    String,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
    union_all,
)

from accounts.workspace import Workspace
from base.db import db
from feedback.fold import Counts
from feedback.response import Response
from feedback.rollup import (
    Rollup,
    RollupAsked,
    RollupGone,
    RollupReach,
    RollupState,
    asked_steps,
    taken_away,
)
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.survey import Survey
from surveys.version import Version

SWEPT = 2_000
"""Rows of an old generation that are deleted at once, and those of the same days."""

FEWEST = 20
"""Rows that are taken at once at least: more than any invitation has changes that wait."""


@dataclass(frozen=True)
class Due:
    """A survey whose roll-ups are to be worked on, and the zone of its workspace."""

    survey_id: uuid.UUID
    zone: str


def due() -> list[Due]:
    """Surveys whose roll-ups are of another zone than their workspace, or are being rebuilt."""
    stale = or_(RollupState.zone != Workspace.zone, RollupState.next_generation.is_not(None))
    found = select(RollupState.survey_id, Workspace.zone).join(Survey, Survey.id == RollupState.survey_id)
    found = found.join(Workspace, Workspace.id == Survey.workspace_id).where(stale)
    return [Due(*row) for row in db.session.execute(found)]


def begin(survey_id: uuid.UUID, zone: str) -> None:
    """Build the next generation in days of `zone`; one that is being built for them goes on. Needs a transaction."""
    state = RollupState.locked(survey_id, zone)
    if state.next_generation is None or state.next_zone != zone:
        state.next_generation = (state.next_generation or state.generation) + 1
        state.next_zone = zone
        _set_back(state)


def begin_all(workspace_id: uuid.UUID | None, survey_id: uuid.UUID | None) -> list[tuple[uuid.UUID, str, str]]:
    """Begin with every survey, or those of a workspace, or one: id, slug and zone of each. Needs a transaction.

    Where some of them are being rebuilt, only these are gone on with.
    """
    query = select(Survey.id, Survey.slug, Workspace.zone, RollupState.next_generation)
    query = query.join(Workspace, Workspace.id == Survey.workspace_id)
    query = query.outerjoin(RollupState, RollupState.survey_id == Survey.id)
    query = query if workspace_id is None else query.where(Survey.workspace_id == workspace_id)
    query = query if survey_id is None else query.where(Survey.id == survey_id)
    rows = db.session.execute(query.order_by(Workspace.slug, Survey.slug)).all()
    unfinished = [row for row in rows if row.next_generation is not None]
    for row in unfinished or rows:
        begin(row.id, row.zone)
    return [(row.id, row.slug, row.zone) for row in unfinished or rows]


def follow(survey_id: uuid.UUID, zone: str) -> None:
    """Begin what a change of the workspace's zone asks for. Needs a transaction."""
    state = RollupState.locked(survey_id, zone)
    if state.zone != zone or state.next_zone not in (None, zone):
        begin(survey_id, zone)


def advance(survey_id: uuid.UUID, *, limit: int) -> int:
    """Take about `limit` more responses, or then invitations, into the generation that is being built; how many.

    0: it is built, and read from now on. Needs a transaction.
    """
    state = RollupState.locked(survey_id, "UTC")
    if state.next_generation is None:
        return 0
    # Ids stay as the database has them, for making UUIDs of them took longer than all the rest.
    rows_of_versions = select(_raw(Version.id), Version.number).where(Version.survey_id == survey_id)
    versions: dict[Any, int] = dict(db.session.execute(rows_of_versions).all())
    counts = Counts(state, state.next_generation, versions)
    # One statement each, so that what is deleted or changed meanwhile is seen once: as it is, or as what is left of it.
    rows = _next_responses(state, limit)
    if rows:
        counts.take(taken_away([row for row in rows if row.counted_as], versions, weight=1))
        state.reached_at, state.reached_id = _reached(rows[-1])
    elif rows := _next_invitations(state, limit):
        counts.take_asked(rows)
        state.asked_reached_at, state.asked_reached_id = _reached(rows[-1])
    else:
        state.generation, state.zone = state.next_generation, str(state.next_zone)
        _set_back(state)
        state.next_generation = state.next_zone = None
    counts.keep()
    return len(rows)


def sweep(survey_id: uuid.UUID) -> int:
    """Delete some of what no generation needs any more; how many rows. Needs a transaction."""
    deleted, connection = 0, db.session.connection()
    for table, names in ((Rollup, ("generation", "cut", "stretch")), (RollupReach, ("generation", "cut", "value"))):
        columns = [table.__table__.c[name] for name in names]
        query = select(*columns).join(RollupState, RollupState.survey_id == table.survey_id)
        query = query.where(table.survey_id == survey_id, _old(table)).order_by(*columns)
        some = [tuple(row) for row in connection.execute(query.limit(SWEPT))]
        if some:
            generation, *last = [row for row in some if row[0] == some[0][0]][-1]
            until = tuple_(*columns[1:]) <= tuple_(*last)  # one statement, for each costs more than what it deletes
            these = delete(table.__table__).where(table.survey_id == survey_id, columns[0] == generation, until)
            deleted += connection.execute(these).rowcount
    return deleted


def littered() -> list[uuid.UUID]:
    """Surveys of which an old generation is still there."""
    left = [exists().where(table.survey_id == RollupState.survey_id, _old(table)) for table in (Rollup, RollupReach)]
    return list(db.session.scalars(select(RollupState.survey_id).where(or_(*left))))


def remaining(survey_id: uuid.UUID) -> int:
    """How many responses and invitations of a survey the next generation does not count yet."""
    state = db.session.get(RollupState, survey_id, populate_existing=True)
    total = 0
    for table, reached in (
        (Response, state and state.reached_at),
        (Invitation, state and state.asked_reached_at),
    ):
        query = select(func.count()).where(table.survey_id == survey_id)
        total += db.session.scalar(query if reached is None else query.where(table.created_at > reached)) or 0
    return total


def _old(table: type[Rollup | RollupReach]) -> Any:
    newest = func.coalesce(RollupState.next_generation, RollupState.generation)
    return and_(table.generation < newest, table.generation != RollupState.generation)


def _set_back(state: RollupState) -> None:
    state.reached_at = state.reached_id = state.asked_reached_at = state.asked_reached_id = None


def _next_responses(state: RollupState, limit: int) -> list[Row[Any]]:
    """What the generation that is read counts: rows, and those that are gone but were not taken away yet."""
    names = ("agent", "team", "channel", "counted_as", "asked_at")
    branches = [
        select(
            *(_raw(of.id).label("id"), of.created_at, _raw(of.version_id).label("version_id")),
            *(getattr(of, name) for name in names),
        )
        .where(of.survey_id == state.survey_id, _behind(of.created_at, of.id, state.reached_at, state.reached_id))
        .order_by(of.created_at, of.id)
        for of in (Response, RollupGone)
    ]
    return _merged(branches, limit)


def _next_invitations(state: RollupState, limit: int) -> list[Row[Any]]:
    """The same of invitations: what they are, without what became of them and is not counted yet."""
    after = (state.asked_reached_at, state.asked_reached_id)
    # Invitations in their order are known by workspace only.
    workspace = select(Survey.workspace_id).where(Survey.id == state.survey_id).scalar_subquery()
    one, ident = literal(1, SmallInteger), RollupAsked.invitation_id
    version = (_raw(of.version_id).label("version_id") for of in (Invitation, RollupAsked))
    names = ((of.agent, of.team, of.channel) for of in (Interaction, RollupAsked))
    known = (Invitation.created_at, next(version), asked_steps.label("steps"), one.label("weight"), *next(names))
    now: Select[Any] = select(_raw(Invitation.id).label("id"), *known).where(
        Invitation.workspace_id == workspace, _behind(Invitation.created_at, Invitation.id, *after)
    )
    now = now.join(Interaction, Interaction.id == Invitation.interaction_id)
    left = (RollupAsked.created_at, next(version), RollupAsked.steps, -RollupAsked.weight, *next(names))
    waits: Select[Any] = select(_raw(ident), *left).where(_behind(RollupAsked.created_at, ident, *after))
    now = now.where(Invitation.survey_id == state.survey_id).order_by(Invitation.created_at, Invitation.id)
    waits = waits.where(RollupAsked.survey_id == state.survey_id).order_by(RollupAsked.created_at, ident)
    return _merged([now, waits], limit)


def _behind(at: Any, ident: Any, reached_at: datetime | None, reached_id: uuid.UUID | None) -> Any:
    if reached_at is None:
        return true()
    return and_(at >= reached_at, or_(at > reached_at, ident > reached_id))  # the first is what an index can use


def _merged(branches: Sequence[Select[Any]], limit: int) -> list[Row[Any]]:
    """The first rows of both, about `limit`; those of one id and moment are never parted."""
    limit = max(limit, FEWEST)
    parts = [select(branch.limit(limit + 1).subquery()) for branch in branches]
    rows = sorted(db.session.execute(union_all(*parts)).all(), key=_place)  # two runs in order, which is cheap
    if len(rows) <= limit:
        return rows
    cut = _place(rows[limit])
    whole = next(count for count in range(limit, -1, -1) if count == 0 or _place(rows[count - 1]) != cut)
    return rows[:whole]


_place = itemgetter(1, 0)
"""Moment and id, as all of these rows begin with them; by name takes several times as long."""


def _reached(row: Row[Any]) -> tuple[datetime, uuid.UUID]:
    return row.created_at, row.id if isinstance(row.id, uuid.UUID) else uuid.UUID(row.id)


def _raw(ident: Any) -> Any:
    return type_coerce(ident, String)
