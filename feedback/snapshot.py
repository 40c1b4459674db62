"""One moment for all that a page says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from base.db import db, writing

_HELD = "afterword.snapshot"


@contextmanager
def snapshot() -> Iterator[Connection]:
    """One moment of the database: SQLite's transactions are that, PostgreSQL's where they are asked to. Whatever the
    session reads inside is of that moment too; inside another one it is the same.
    """
    session = db.session()
    if db.engine.dialect.name == "sqlite" or writing() or _HELD in session.info:
        yield session.connection()
        return
    session.commit()  # how a transaction is isolated is decided when it begins; what was loaded stays
    session.info[_HELD] = True
    try:
        yield session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[_HELD]
