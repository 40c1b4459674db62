"""What one page looked at. However rare the answers are that a list asks for, a page looks at no more than so many
rows: then it says how far back it came, and the next one goes on from there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

At = TypeVar("At")


@dataclass(frozen=True)
class Look(Generic[At]):
    """What was found, in the order of the list, each with its place."""

    found: list[tuple[At, uuid.UUID]] = field(default_factory=list)
    stopped: At | None = None
    """Where it stopped, this place included; None when it found enough or came to the end."""


def through(
    some: Callable[[At | None, int], Look[At]],
    passing: Callable[[list[uuid.UUID]], set[uuid.UUID]],
    *,
    limit: int,
    most: int,
    at_once: int,
) -> Look[At]:
    """At least `limit` of those that pass, if `most` rows have so many. `some` tells rows behind a place, at least as
    many as it is asked for, and where it stopped; they are asked for in portions that grow up to `at_once`.
    """
    found: list[tuple[At, uuid.UUID]] = []
    place, size = None, min(limit, most, at_once)
    while True:
        rows = some(place, size)
        fits = passing([ident for _, ident in rows.found])
        found += [one for one in rows.found if one[1] in fits]
        most -= len(rows.found)
        if len(found) >= limit or rows.stopped is None:
            return Look(found)
        if most <= 0:
            return Look(found, rows.stopped)
        place, size = rows.stopped, min(4 * size, most, at_once)
