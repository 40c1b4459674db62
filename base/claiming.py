"""A claim and what it entitles to: rows that are written if, and only if, a conditional UPDATE changed its row.

On PostgreSQL all of it, with the event and its jobs, is one statement: one way to the database and back instead of
eight, and no lock is held while the network carries the next statement. On SQLite, which knows no such statements and
is in our own process, the same statements run one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import Insert, Update, bindparam, insert, literal, select
from sqlalchemy.sql import ColumnElement

from base import events
from base.db import Model, new_id
from base.jobs import Job
from base.lane import Lane, current
from base.prepared import Prepared, Values

Columns = Mapping[str, str]
"""The columns of a row, each with the name of its value; several may share one."""

_EVENT = {"id": "v_event_id", "workspace_id": "v_workspace_id", "kind": "v_event_kind"}
_EVENT |= {"subject_id": "v_id", "at": "v_at", "data": "v_event_data"}


class Deferring(Protocol):
    """A queue that can be written to by an expression."""

    def deferral(self, wanted: Sequence[Job], subject: ColumnElement[Any]) -> ColumnElement[Any]: ...


class Claiming:
    """`claim` (an UPDATE of at most one row), the `rows` that follow it, and the `event` it is told by.

    Names of values begin with `v_`, so that no column is called the same. `v_id` (what the event is about),
    `v_workspace_id`, `v_at` and `v_event_data` are the event's.
    """

    def __init__(self, claim: Update, rows: Mapping[type[Model], Columns], *, event: str) -> None:
        self._claim = claim
        self._rows = rows
        self._event = event
        self._one = Prepared(claim)
        self._each = [Prepared(_insert(table, columns)) for table, columns in rows.items()]
        self._joined: dict[tuple[str, ...], Prepared] = {}

    def run(self, values: Values) -> bool:
        """Whether the claim was ours, and all of it is written. Nothing may follow it in a swift transaction."""
        lane = current.get()
        if lane is None or lane.on_sqlite:
            return self.run_in_turn(values)
        told = {"v_event_id": new_id(), "v_event_kind": self._event}
        return self._at_once(lane, {**values, **told})

    def run_in_turn(self, values: Values) -> bool:
        """The same, a statement after the other: whatever follows it is of the same transaction."""
        if self._one.run(values) != 1:
            return False
        self.write(values)
        return True

    def write(self, values: Values) -> None:
        """The rows and the event alone, for whoever is entitled to them without a claim."""
        for row in self._each:
            row.run(values)
        workspace_id, at = values["v_workspace_id"], values["v_at"]
        events.record(self._event, values["v_id"], workspace_id=workspace_id, at=at, data=values["v_event_data"])

    def _at_once(self, lane: Lane, values: Values) -> bool:
        jobs = events.following(self._event)
        names = tuple(job.name for job in jobs)
        statement = self._joined.get(names)
        if statement is None:
            statement = self._joined[names] = Prepared(self._statement(jobs))
        with lane.alone() as alone:
            alone.done = statement.first(values) is not None
        return alone.done

    def _statement(self, jobs: Sequence[Job]) -> Any:
        claimed = self._claim.returning(literal(1).label("one")).cte("claimed")
        parts = []
        rows: dict[type[Model], Columns] = {**self._rows, events.Event: _EVENT}
        for table, columns in rows.items():
            kinds = table.__table__.columns
            row = select(*(bindparam(name, type_=kinds[column].type) for column, name in columns.items()))
            made = insert(table).from_select(list(columns), row.select_from(claimed), include_defaults=False)
            parts.append(made.cte(f"kept_{table.__tablename__}"))
        queue: Deferring = current_app.extensions["afterword.queue"]
        subject = bindparam("v_id", type_=events.Event.__table__.columns["subject_id"].type)
        # A function in the outer SELECT, for only statements that write are run without being asked for.
        after = queue.deferral(jobs, subject) if jobs else literal(1)
        return select(after).select_from(claimed).add_cte(*parts)


def _insert(table: type[Model], columns: Columns) -> Insert:
    return insert(table).values({column: bindparam(name) for column, name in columns.items()})
