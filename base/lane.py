from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError


@dataclass(slots=True)
class Alone:
    """What became of a statement that may be a transaction by itself."""

    done: bool = False


class Lane:
    """A connection of its own, in autocommit except between BEGIN and COMMIT. Used by one thread at a time.

    A connection that the database dropped is replaced once, before anything was written.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect: Dialect = engine.dialect
        self.on_sqlite = self.dialect.name == "sqlite"
        self.pid = os.getpid()
        self.begun = False
        self.due = False
        """A transaction was asked for; it begins with its first statement."""
        self.over = False
        """The transaction was one statement and is kept already."""
        self._connection: Any = None

    @property
    def connection(self) -> Any:
        """The driver's connection."""
        if self._connection is None:
            self._connection = self._connected()
        return self._connection

    def fits(self, engine: Engine) -> bool:
        """Whether this lane is one of this process to `engine`."""
        return self.engine is engine and self.pid == os.getpid()

    def execute(self, text: str, parameters: Any = ()) -> Any:
        """Run one statement; its cursor. Errors are the driver's."""
        if self.due:
            self._begin_now()
        assert not self.over, "nothing may follow a statement that was the whole transaction"
        cursor = self.connection.cursor()
        try:
            cursor.execute(text, parameters)
        except self.dialect.loaded_dbapi.Error as error:
            if self.begun or not self.dialect.is_disconnect(error, self.connection, None):
                raise
            self.give_up()
            cursor = self.connection.cursor()
            cursor.execute(text, parameters)
        return cursor

    def begin(self) -> None:
        """Open a transaction that may write; on PostgreSQL, with its first statement."""
        self.due = True
        if self.on_sqlite:
            self._begin_now()

    def _begin_now(self) -> None:
        self.due = False
        self.do("BEGIN IMMEDIATE" if self.on_sqlite else "BEGIN")
        self.begun = True

    @contextmanager
    def alone(self) -> Iterator[Alone]:
        """Run one statement that needs no BEGIN and COMMIT around it if it is the only one of its transaction.

        It says whether it has `done` what it came for; then the transaction is over, else it is still to begin.
        """
        alone, first = Alone(), self.due
        self.due = False
        yield alone
        self.over, self.due = first and alone.done, first and not alone.done

    def commit(self) -> None:
        """Make it durable: when this returns, the database has it on disk."""
        if self.begun:
            self.do("COMMIT")
        self.begun = self.due = self.over = False

    def rollback(self) -> None:
        """Forget the transaction; a connection that cannot even do that is given up."""
        self.begun = self.due = self.over = False
        try:
            self.connection.rollback()
        except (self.dialect.loaded_dbapi.Error, SQLAlchemyError):
            self.give_up()

    def do(self, text: str) -> None:
        """Run a statement without values; an error is raised as SQLAlchemy would."""
        try:
            self.execute(text).close()
        except self.dialect.loaded_dbapi.Error as error:
            raise self.told(error, text) from error

    def told(self, error: Exception, text: str) -> Exception:
        """The driver's error as SQLAlchemy would raise it."""
        kinds = self.dialect.loaded_dbapi.Error
        return DBAPIError.instance(text, None, error, kinds, dialect=self.dialect)

    def give_up(self) -> None:
        """Close the connection; the next statement opens another."""
        connection, self._connection, self.begun = self._connection, None, False
        with suppress(Exception):
            connection.close()

    def _connected(self) -> Any:
        """Made and prepared as the engine makes all of its connections, then taken out of the pool."""
        pooled = self.engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        if not self.on_sqlite:
            connection.rollback()
            connection.autocommit = True
        return connection


current: ContextVar[Lane | None] = ContextVar("afterword_lane", default=None)
"""The lane that statements of this thread run on, if one is being used."""
