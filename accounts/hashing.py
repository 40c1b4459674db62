"""Passwords as they are kept: argon2id with 46 MiB, two passes, one lane; about 50 ms each.

At most two are computed at once in a process, so that a burst of tries cannot take the machine's memory.
"""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
_places = threading.BoundedSemaphore(2)


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of nobody")


def keep(password: str) -> str:
    """The hash to store for `password`, at most 100 characters."""
    with _places:
        return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether `password` is the one kept. Without one (no such person) it takes just as long and is False."""
    against = kept or _nobodys()
    with _places:
        try:
            return _hasher.verify(against, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Whether `kept` was made with other parameters than today's, so that it should be made again."""
    return _hasher.check_needs_rehash(kept)
