from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from base.db import db, writing


@contextmanager
def snapshot() -> Iterator[Connection]:
    """One moment of the database: SQLite's transactions are that, PostgreSQL's where they are asked to."""
    if db.engine.dialect.name == "sqlite" or writing():
        yield db.session.connection()
        return
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection
