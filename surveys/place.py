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

MOST = 2
"""Tables that wait open at once; one more, and the first of them is read from its beginning again."""

Opening = Callable[[], AbstractContextManager[tuple[TextIO, Iterator[T]]]]
"""Opens a table: its text, and what is read of it one by one."""


@dataclass
class Place(Generic[T]):
    """How far a table is read."""

    stream: TextIO
    rows: Iterator[T]
    after: int
    """Rows that are read."""
    _closing: ExitStack

    def batch(self, size: int) -> list[T]:
        """The next rows; none at the end."""
        found = list(islice(self.rows, size))
        self.after += len(found)
        return found

    def close(self) -> None:
        self._closing.close()


_kept: dict[Hashable, Place[Any]] = {}
_lock = threading.Lock()


def find(key: Hashable, after: int, opening: Opening[T]) -> Place[T]:
    """The place after so many rows: the one that was kept, if it is the same, else read from the beginning up to it.

    Whoever gets it keeps or closes it; nobody else has it meanwhile.
    """
    with _lock:
        kept = _kept.pop(key, None)
    if kept is not None:
        if kept.after == after:
            return kept
        kept.close()
    with ExitStack() as closing:
        stream, rows = closing.enter_context(opening())
        deque(islice(rows, after), maxlen=0)
        return Place(stream, rows, after, closing.pop_all())
    raise AssertionError("opening swallowed an error")


def keep(key: Hashable, place: Place[Any]) -> None:
    """Leave a place open for `find` by somebody in this process."""
    with _lock:
        _kept[key] = place
        over = [_kept.pop(first) for first in list(_kept)[:-MOST]]
    for one in over:
        one.close()
