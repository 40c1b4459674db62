"""Counting what changed: from rows that say something else than roll-ups, into roll-ups."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accounts.workspace import Workspace
from base.db import db
from feedback.response import Response
from feedback.rollup import (
    Rollup,
    RollupAsked,
    RollupGone,
    RollupReach,
    RollupState,
    asked_now,
    asked_rows,
    differences,
    face,
    gone_rows,
    pending,
    pending_rows,
    taken_away,
    version_numbers,
)
from feedback.surplus import Surplus
from surveys.survey import Survey

BATCH = 500
"""Ids that one statement names."""
ASKED = 4
"""Changes of invitations that are counted in the time of a response, which is in some forty cells."""


class Counts(Surplus):
    """Changes of the roll-ups of one generation."""

    def __init__(self, state: RollupState, generation: int, versions: Mapping[Any, int]) -> None:
        self._survey_id, self._generation = state.survey_id, generation
        super().__init__(state.zone if generation == state.generation else str(state.next_zone), versions)

    def keep(self) -> None:
        """Add them to the roll-ups. Needs the lock of the state."""
        cells, reach = self.cells.by_stretch(), self.reach.by_day()
        on_sqlite = db.engine.dialect.name == "sqlite"
        mine = (self._survey_id.hex if on_sqlite else self._survey_id, self._generation)
        _upsert(Rollup, [(*mine, cut, at, value, of, *sums) for (at, of, (cut, value)), sums in cells.items()])
        _upsert(RollupReach, [(*mine, *key, day, of, *sums) for day, of, key, sums in reach])


def fold(survey_id: uuid.UUID, zone: str, *, limit: int) -> int:
    """Count what became of at most `limit` responses of a survey, as many deleted ones and `ASKED` times as many
    invitations; how many.

    Needs a transaction. Roll-ups and rows change together, so that a crash leaves both as they were.
    """
    state = RollupState.locked(survey_id, zone)
    asked_of = asked_rows(survey_id, whose=state.next_generation is not None).limit(ASKED * limit)
    queries = (pending_rows(survey_id).limit(limit), gone_rows(survey_id).limit(limit), asked_of)
    rows, gone, asked = (
        db.session.execute(query.with_for_update(skip_locked=True, of=of)).all()
        for query, of in zip(queries, (Response, RollupGone, RollupAsked), strict=True)
    )
    if not rows and not gone and not asked:
        return 0
    versions = version_numbers(survey_id)
    for generation in (state.generation, state.next_generation):
        if generation is not None:
            own = generation == state.generation
            counts = Counts(state, generation, versions)
            counts.take(differences([row for row in rows if own or state.reached(row.created_at, row.id)], versions))
            counts.take(taken_away([row for row in gone if own or state.reached(row.created_at, row.id)], versions))
            counts.take_asked(row for row in asked if own or state.reached_asked(row.created_at, row.invitation_id))
            counts.keep()
    _settle([row.id for row in rows], [row.id for row in gone], [row.id for row in asked])
    return len(rows) + len(gone) + len(asked)


def waiting() -> list[tuple[uuid.UUID, str]]:
    """Surveys with something to be counted, and the zones of their workspaces."""
    first = select(Response.id).where(Response.survey_id == Survey.id, pending).order_by(Response.id).limit(1)
    changed = first.correlate(Survey).scalar_subquery().is_not(None)
    gone = exists().where(RollupGone.survey_id == Survey.id)
    asked = exists().where(RollupAsked.survey_id == Survey.id)
    found = select(Survey.id, Workspace.zone).join(Workspace, Workspace.id == Survey.workspace_id)
    return [(ident, zone) for ident, zone in db.session.execute(found.where(or_(changed, gone, asked)))]


def _settle(counted: list[uuid.UUID], gone: list[uuid.UUID], asked: list[int]) -> None:
    """Rows say what they are counted as now; they were locked with the face that was counted."""
    connection = db.session.connection()
    said = update(Response.__table__).values(counted_as=face, asked_at=asked_now)  # type: ignore[arg-type]
    for start in range(0, len(counted), BATCH):
        connection.execute(said.where(Response.id.in_(counted[start : start + BATCH])))
    done: tuple[tuple[type[RollupGone | RollupAsked], Sequence[Any]], ...] = ((RollupGone, gone), (RollupAsked, asked))
    for table, idents in done:
        for start in range(0, len(idents), BATCH):
            these = table.id.in_(idents[start : start + BATCH])
            connection.execute(delete(table.__table__).where(these))  # type: ignore[arg-type]


def _upsert(model: type[Rollup | RollupReach], rows: list[Any]) -> None:
    """Add to the cells, of ids as the driver takes them: SQLAlchemy's parameters cost more than the database does."""
    if not rows:
        return
    connection, table = db.session.connection(), model.__table__
    on_sqlite = connection.dialect.name == "sqlite"
    statement = (sqlite if on_sqlite else postgresql).insert(table)
    added = [column.name for column in table.columns if not column.primary_key]
    more = {name: table.c[name] + statement.excluded[name] for name in added}
    statement = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=more)
    rows.sort()
    if not on_sqlite:
        names = [column.name for column in table.columns]
        rows = [dict(zip(names, row, strict=True)) for row in rows]
    connection.exec_driver_sql(str(statement.compile(dialect=connection.dialect)), rows)
