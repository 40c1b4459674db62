"""The database: one declarative base, ids, times, and the only way to write (`transaction`).

SQLite runs in WAL with synchronous=FULL; writers take BEGIN IMMEDIATE and wait in a lock of this process instead of
SQLite's busy handler, whose sleeps cost tens of milliseconds. PostgreSQL needs neither.
"""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import threading
import types
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, MetaData, TypeDecorator, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.pool import ConnectionPoolEntry

from base import clock

log = logging.getLogger("afterword.db")


class Model(DeclarativeBase):
    """Base of every table. Constraint names are fixed here so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})

_writing: ContextVar[bool] = ContextVar("afterword_writing", default=False)
_writer = threading.Lock()


class _Ids:
    """The milliseconds and the tail of the id that was made last in this process."""

    millis, tail = -1, 0
    lock = threading.Lock()


def new_id() -> uuid.UUID:
    """A UUIDv7: 48 bits of milliseconds, then 74 bits; later ids of a process sort after earlier ones.

    The 74 bits are random, and grow by a random step within a millisecond (RFC 9562, section 6.2, method 2), so that
    what one transaction made is listed in the order in which it was made. While the clock stands they only are random:
    ids of anonymous answers say the day, and must not say who of that day was first.
    """
    millis, tail = int(clock.now().timestamp() * 1000) & 0xFFFFFFFFFFFF, secrets.randbits(73)
    if not clock.stands():
        with _Ids.lock:
            if millis == _Ids.millis:
                tail = _Ids.tail + secrets.randbits(40) + 1
            _Ids.millis, _Ids.tail = millis, tail
    return uuid.UUID(int=millis << 80 | 0x7 << 76 | tail >> 62 << 64 | 0b10 << 62 | tail & 0x3FFFFFFFFFFFFFFF)


def _moment(said: str | None) -> datetime | None:
    if said is None:
        return None
    try:
        found = datetime.fromisoformat(said + "+00:00")
    except ValueError:  # typed by hand, with an offset
        return datetime.fromisoformat(said).astimezone(UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)  # a day alone


class Moment(TypeDecorator[datetime]):
    """A point in time: aware UTC in Python; timestamptz on PostgreSQL, naive UTC text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """On SQLite from the text at once, which takes a third of the time: pages and counts read many moments."""
        return _moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


@contextmanager
def transaction() -> Iterator[Session]:
    """Write durably: all of it is committed at the end, or none. Inside another transaction it joins that one.

    What was read before is forgotten (expired) and read again under the write lock, so decisions are never made
    on rows that changed in between.
    """
    session: Session = db.session()
    if _writing.get():
        yield session
        return
    assert not session.new and not session.dirty and not session.deleted, "changed outside transaction()"  # noqa: PT018 - one sentence
    session.rollback()
    session.expire_all()  # rollback alone forgets nothing when `reading()` has just ended its transaction
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        _writer.acquire()
    mark = _writing.set(True)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(mark)
        if on_sqlite:
            _writer.release()


def writing() -> bool:
    """Whether a `transaction()` is open here."""
    return _writing.get()


def writer() -> threading.Lock:
    """Held by whoever writes to SQLite in this process."""
    return _writer


@contextmanager
def reading() -> Iterator[Session]:
    """Read, and end the read transaction before anything slow (network, scoring) happens. Loaded values stay."""
    session: Session = db.session()
    yield session
    if not _writing.get():
        session.commit()


def insert_once(table: type[Model], row: dict[str, Any]) -> bool:
    """Insert `row` unless a unique key says it is there already; whether it is new. Says the same on both databases."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table.__table__).values(row).on_conflict_do_nothing()
    # Without the option SQLAlchemy forgets how many rows an INSERT made on PostgreSQL.
    result = db.session.connection().execute(statement, execution_options={"preserve_rowcount": True})
    return result.rowcount == 1


def sqlite_module() -> types.ModuleType:
    """The newest SQLite here: the bundled one of pysqlite3, else Python's own."""
    try:
        import pysqlite3.dbapi2 as module
    except ImportError:
        return sqlite3
    return module  # type: ignore[no-any-return]


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` is told for `url`. Errors name the statement, never its values: those are people's words,
    and mails with their links.
    """
    if url.startswith("sqlite"):
        return {"module": sqlite_module(), "pool_size": 16, "max_overflow": 16, "hide_parameters": True}
    return {"pool_size": 8, "max_overflow": 8, "pool_pre_ping": False, "pool_recycle": 1800, "hide_parameters": True}


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own mode loses updates silently
    execute = connection.execute
    execute("PRAGMA busy_timeout=10000")
    if sqlite_module().sqlite_version_info >= (3, 51, 3):
        execute("PRAGMA journal_mode=WAL")
        execute("PRAGMA synchronous=FULL")
    else:  # the WAL-reset bug of older libraries can corrupt the file
        execute("PRAGMA journal_mode=TRUNCATE")
        execute("PRAGMA synchronous=EXTRA")
    execute("PRAGMA foreign_keys=ON")
    execute("PRAGMA trusted_schema=OFF")
    execute("PRAGMA mmap_size=0")
    execute("PRAGMA journal_size_limit=67108864")
    execute("PRAGMA cache_size=-4000")  # each connection fills its own; the system keeps the whole file at hand anyway


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def _refuse_stray_flush(session: Session, _context: object, _instances: object) -> None:
    if not _writing.get() and (session.new or session.dirty or session.deleted):
        raise RuntimeError("a row was written outside transaction()")


def _refuse_stray_statement(state: ORMExecuteState) -> None:
    if not _writing.get() and (state.is_insert or state.is_update or state.is_delete):
        raise RuntimeError("a statement wrote outside transaction()")


def _after_fork() -> None:
    """A worker process must not inherit a lock that another thread held."""
    global _writer  # noqa: PLW0603 - one lock a process
    _writer = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
event.listen(Session, "before_flush", _refuse_stray_flush)
event.listen(Session, "do_orm_execute", _refuse_stray_statement)


def watch(engine: Engine) -> None:
    """Make `engine` keep our rules. Warns when the SQLite library is too old for WAL."""
    if engine.dialect.name != "sqlite":
        return
    if sqlite_module().sqlite_version_info < (3, 51, 3):
        log.warning(
            "SQLite %s has a WAL corruption bug; using TRUNCATE/EXTRA. Install pysqlite3.",
            sqlite_module().sqlite_version,
        )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
