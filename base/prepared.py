"""Statements of paths where every tenth of a millisecond counts: compiled once, run without the rest of SQLAlchemy.

A `Prepared` is an ordinary Core statement. Inside `transaction()` it takes part in the session's transaction; inside
`swift_reading()` and `swift_transaction()` it runs on a connection that the thread keeps, and no session is made.
What is left out is what SQLAlchemy does anew for each execution (cache keys, contexts, events, result objects, pool):
it costs several times what the database does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from base.db import db
from base.lane import current

Values = Mapping[str, Any]
Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement as text of one database, and what turns our values into its and back."""

    text: str
    fixed: dict[str, Any]
    into: tuple[tuple[str, Process], ...]
    order: tuple[str, ...] | None
    """Names in the order of their marks, where the driver takes values by position."""
    outof: tuple[tuple[int, Process], ...]

    def parameters(self, values: Values) -> Any:
        given = {**self.fixed, **values}
        for name, process in self.into:
            given[name] = process(given[name])
        return given if self.order is None else [given[name] for name in self.order]

    def row(self, found: Any) -> tuple[Any, ...]:
        row = list(found)
        for index, process in self.outof:
            row[index] = process(row[index])
        return tuple(row)


class Prepared:
    """A statement with named values: its `bindparam`s, and the `columns` of an INSERT or UPDATE. All are always given;
    defaults of columns are not filled in.
    """

    def __init__(self, statement: Executable, *columns: str) -> None:
        self.statement = statement
        self._columns = list(columns) or None
        self._ready: dict[str, _Ready] = {}

    def run(self, values: Values) -> int:
        """Execute in the open transaction; returns how many rows it changed."""
        return int(self._execute(values)[0].rowcount)

    def first(self, values: Values) -> tuple[Any, ...] | None:
        """The first row, its values as the columns' types give them; None when there is none."""
        cursor, ready = self._execute(values)
        found = cursor.fetchone()
        cursor.close()
        return None if found is None else ready.row(found)

    def all(self, values: Values) -> list[tuple[Any, ...]]:
        """Every row, in the same form."""
        cursor, ready = self._execute(values)
        found = cursor.fetchall()
        cursor.close()
        return [ready.row(row) for row in found] if ready.outof else list(found)

    def _execute(self, values: Values) -> tuple[Any, _Ready]:
        lane = current.get()
        dialect = lane.dialect if lane else db.session.connection().dialect
        ready = self._ready.get(dialect.name) or self._prepare(dialect)
        parameters = ready.parameters(values)
        try:
            if lane:
                return lane.execute(ready.text, parameters), ready
            cursor = db.session.connection().connection.cursor()
            cursor.execute(ready.text, parameters)
        except dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(ready.text, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error
        return cursor, ready

    def _prepare(self, dialect: Dialect) -> _Ready:
        compiled = self.statement.compile(dialect=dialect, column_keys=self._columns)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        binds = compiled.bind_names.items()
        into = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in binds}
        columns = compiled._result_columns  # noqa: SLF001 - the types in order have no public name
        outof = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        ready = _Ready(
            text=compiled.string,
            fixed=dict(compiled.params),
            into=tuple((name, process) for name, process in into.items() if process),
            order=tuple(compiled.positiontup) if compiled.positional and compiled.positiontup else None,
            outof=tuple((index, process) for index, process in enumerate(outof) if process),
        )
        self._ready[dialect.name] = ready
        return ready
