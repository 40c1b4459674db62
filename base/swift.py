"""The swift lane: a connection kept at hand, for the few statements of the respondent's path.

Lanes wait in a pool and not in thread-locals: the web server ends idle threads, and a connection that is freed while
its thread is being torn down takes the whole process with it.

It obeys the rules of `base.db` (durable commits, BEGIN IMMEDIATE, one writer at a time on SQLite) without a session.
Only `Prepared` statements run in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from base.db import db, writing
from base.grouping import shared_transaction
from base.lane import Lane, current

_idle: deque[Lane] = deque()

MOST_IDLE = 16
"""Lanes that wait to be used again; a burst beyond it gives its connections back to the database."""


def driver_connection() -> Any:
    """The driver's connection of the transaction that is open: the lane's, else the session's."""
    lane = current.get()
    return lane.connection if lane else db.session.connection().connection.driver_connection


@contextmanager
def swift_reading() -> Iterator[None]:
    """Read with `Prepared` statements, each by itself."""
    with _lane(db.engine) as lane:
        mark = current.set(lane)
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
    with _lane(engine) as lane:
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


@contextmanager
def _lane(engine: Engine) -> Iterator[Lane]:
    """A lane that nobody uses meanwhile."""
    try:
        lane = _idle.pop()
    except IndexError:
        lane = Lane(engine)
    if not lane.fits(engine):
        lane = Lane(engine)
    try:
        yield lane
    finally:
        if len(_idle) < MOST_IDLE:
            _idle.append(lane)
        else:
            lane.give_up()
