"""Tables that stay open between two turns of work, so that the next one need not pass over all that is done."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TextIO, TypeVar

T = TypeVar("T")

MOST = 4
"""Tables that wait open at once; one more, and the first of them is read from its beginning again."""
PATIENCE = 60.0
"""Seconds that one waits: its next turn may come to another process, or never, and its file may be deleted meanwhile,
which would stay on the disk while somebody has it open.
"""

Opening = Callable[[], AbstractContextManager[tuple[TextIO, Iterator[T]]]]
"""Opens a table: its text, and what is read of it one by one."""


@dataclass
class Bookmark(Generic[T]):
    """How far a table is read."""

    stream: TextIO
    rows: Iterator[T]
    after: int
    """Rows that are read."""
    _closing: ExitStack
    _expiry: threading.Timer | None = None

    def batch(self, size: int) -> list[T]:
        """The next rows; none at the end."""
        found = list(islice(self.rows, size))
        self.after += len(found)
        return found

    def wait(self, expire: Callable[[], None]) -> None:
        """From now on nobody has it; `expire` is called when that lasts too long."""
        self._expiry = threading.Timer(PATIENCE, expire)
        self._expiry.daemon = True
        self._expiry.start()

    def resume(self) -> None:
        """Somebody has it again."""
        if self._expiry is not None:
            self._expiry.cancel()

    def close(self) -> None:
        self.resume()
        self._closing.close()


_kept: dict[Hashable, Bookmark[Any]] = {}
_lock = threading.Lock()


def find(key: Hashable, after: int, opening: Opening[T]) -> Bookmark[T]:
    """The place after so many rows: the one that was kept, if it is the same, else read from the beginning up to it.

    Whoever gets it keeps or closes it; nobody else has it meanwhile.
    """
    with _lock:
        kept = _kept.pop(key, None)
    if kept is not None:
        if kept.after == after:
            kept.resume()
            return kept
        kept.close()
    with ExitStack() as closing:
        stream, rows = closing.enter_context(opening())
        deque(islice(rows, after), maxlen=0)
        return Bookmark(stream, rows, after, closing.pop_all())
    raise AssertionError("opening swallowed an error")


def keep(key: Hashable, mark: Bookmark[Any]) -> None:
    """Leave a place open for `find` by somebody in this process, for a while."""
    with _lock:
        over = [_kept.pop(key)] if key in _kept else []
        _kept[key] = mark
        over += [_kept.pop(first) for first in list(_kept)[:-MOST]]
        mark.wait(lambda: _expire(key, mark))
    for one in over:
        one.close()


def _expire(key: Hashable, mark: Bookmark[Any]) -> None:
    with _lock:
        if _kept.get(key) is not mark:
            return
        del _kept[key]
    mark.close()
