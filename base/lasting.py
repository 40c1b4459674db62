"""What lives as long as the process: objects out of the collector's sight, and one heap for all threads."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

_M_ARENA_MAX: Final = -8
"""Of `mallopt(3)`."""


def keep() -> None:
    """Take modules, models and all else that is there now out of garbage collection; call it once an app is made.

    The collector looked through some 300,000 such objects again and again: a fifth of the time of pages and exports.
    """
    gc.collect()
    gc.freeze()


def share_one_heap() -> bool:
    """Let all threads allocate from one heap; whether the C library has several (glibc). Call it before work begins.

    With a heap for each thread, what one has freed is no use to the others: under load the process grew by a fifth in
    minutes, and more than half of what it held was free. One lock more is nothing beside the interpreter's own.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, 1))
