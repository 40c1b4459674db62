"""The swift lane: a connection that the thread keeps, for the few statements of the respondent's path.

It obeys the rules of `base.db` (durable commits, BEGIN IMMEDIATE, one writer at a time on SQLite) without a session.
Only `Prepared` statements run in it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from base.db import db, writing
from base.grouping import shared_transaction
from base.lane import Lane, current

_lanes = threading.local()


def driver_connection() -> Any:
    """The driver's connection of the transaction that is open: the lane's, else the session's."""
    lane = current.get()
    return lane.connection if lane else db.session.connection().connection.driver_connection


@contextmanager
def swift_reading() -> Iterator[None]:
    """Read with `Prepared` statements, each by itself."""
    mark = current.set(_lane(db.engine))
    try:
        yield
    finally:
        current.reset(mark)


@contextmanager
def swift_transaction() -> Iterator[None]:
    """Write durably with `Prepared` statements: all of it is committed at the end, or none."""
    assert not writing(), "a swift transaction inside another one would wait for itself"
    engine = db.engine
    if engine.dialect.name == "sqlite":
        with shared_transaction(engine):
            yield
        return
    lane = _lane(engine)
    mark = current.set(lane)
    try:
        lane.begin()
        yield
        lane.commit()
    except BaseException:
        lane.rollback()
        raise
    finally:
        current.reset(mark)


def _lane(engine: Engine) -> Lane:
    lane: Lane | None = getattr(_lanes, "lane", None)
    if lane is None or not lane.fits(engine):
        lane = _lanes.lane = Lane(engine)
    return lane
