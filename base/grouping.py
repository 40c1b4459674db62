"""One commit for all who wait: on SQLite, answers that arrive together share a transaction and its write to disk.

SQLite has one writer at a time, and a commit waits for the disk. Whoever comes while others wait runs its statements
in a savepoint of the open transaction; the last one in line commits for all, and only then does any of them return.
An error undoes one savepoint; a commit that fails, fails for all who are in it. Nothing is acknowledged early.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from base.db import writer
from base.lane import Lane, current

MOST = 32
"""Members of one commit: nobody waits longer than for the statements of so many others."""


PATIENCE = 30.0
"""Seconds to wait for the commit of others; it comes within milliseconds unless the disk hangs."""


@dataclass(slots=True)
class _Group:
    """Those who share one transaction."""

    members: int = 0
    failed: Exception | None = None
    over: threading.Event = field(default_factory=threading.Event)


class GroupWriter:
    """The shared transaction of one database file."""

    def __init__(self, engine: Engine) -> None:
        self.lane = Lane(engine)
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._in_line = 0
        self._group: _Group | None = None
        self.ended = -math.inf
        """When the newest transaction ended, on the monotonic clock."""

    @contextmanager
    def member(self) -> Iterator[None]:
        """Take part in a transaction. On return everything is durable; on an error nothing of this member is kept."""
        with self._counting:
            self._in_line += 1
        with self._turn:
            with self._counting:
                self._in_line -= 1
            group = self._group or self._opened()
            try:
                self._begin_member(group)
                mark = current.set(self.lane)
                try:
                    yield
                finally:
                    current.reset(mark)
                self.lane.do("RELEASE member")
            except BaseException as error:
                self._undo_member(group, error)
                raise
            finally:
                if self._group is group and (self._in_line == 0 or group.members >= MOST):
                    self._commit(group)
        if not group.over.wait(PATIENCE):
            raise OperationalError("COMMIT", None, TimeoutError("the shared commit did not come"))
        if group.failed is not None:
            raise OperationalError("COMMIT", None, group.failed) from group.failed

    def _opened(self) -> _Group:
        writer().acquire()  # whoever ends the group releases it, in whichever thread
        try:
            self.lane.begin()
        except BaseException:
            self.lane.rollback()
            writer().release()
            raise
        self._group = _Group()
        return self._group

    def _begin_member(self, group: _Group) -> None:
        self.lane.do("SAVEPOINT member")
        group.members += 1

    def _undo_member(self, group: _Group, error: BaseException) -> None:
        """Some errors (disk full) make SQLite forget the whole transaction: then it is over for everybody."""
        if self.lane.connection.in_transaction:
            with suppress(SQLAlchemyError):
                self.lane.do("ROLLBACK TO member")
                self.lane.do("RELEASE member")
                return
        self.lane.rollback()
        self._end(group, error if isinstance(error, Exception) else RuntimeError("interrupted"))

    def _commit(self, group: _Group) -> None:
        try:
            self.lane.commit()
        except Exception as error:  # noqa: BLE001 - told to every member
            self.lane.rollback()
            self._end(group, error)
        else:
            self._end(group, None)

    def _end(self, group: _Group, failed: Exception | None) -> None:
        group.failed, self._group, self.lane.begun = failed, None, False
        self.ended = time.monotonic()
        writer().release()
        group.over.set()


_groups: dict[int, GroupWriter] = {}


def busy(within: float) -> bool:
    """Whether a shared transaction of this process ended in the last `within` seconds: people are answering now."""
    return any(time.monotonic() - group.ended < within for group in list(_groups.values()))


_making = threading.Lock()


@contextmanager
def shared_transaction(engine: Engine) -> Iterator[None]:
    """Write durably, together with whoever else is writing this way now."""
    group = _groups.get(id(engine))
    if group is None or not group.lane.fits(engine):
        with _making:
            group = _groups.get(id(engine))
            if group is None or not group.lane.fits(engine):
                group = _groups[id(engine)] = GroupWriter(engine)
    with group.member():
        yield
