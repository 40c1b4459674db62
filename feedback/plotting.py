"""Geometry of what is drawn on one horizontal line, in per cent of its width: 0 where it begins, 100 where it ends.

The drawings hold no words, so that a page written from right to left can mirror them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the line."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Dumbbell:
    """Two places with what lies between them, and the interval around the first."""

    found: float
    hoped: float | None
    between: Span | None
    interval: Span | None


def place_in(moments: Sequence[tuple[datetime, datetime]], at: datetime) -> float | None:
    """Where a moment falls on a line of equally wide stretches of time, from start to end; None outside all."""
    for index, (start, end) in enumerate(moments):
        if start <= at < end:
            return round(100 * (index + (at - start) / (end - start)) / len(moments), 2)
    return None


@dataclass(frozen=True, slots=True)
class Ruler:
    """The scale that all are drawn on."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Where a value stands; what lies beyond an end stops there."""
        inside = min(max(value, self.low), self.high)
        return round(100 * (inside - self.low) / (self.high - self.low), 2)

    def span(self, one: float, other: float) -> Span:
        """From one value to another, whichever is lower."""
        start, end = sorted((self.place(one), self.place(other)))
        return Span(start, round(end - start, 2))

    @property
    def ticks(self) -> Sequence[tuple[int, float]]:
        """Each whole number with its place."""
        return [(value, self.place(value)) for value in range(round(self.low), round(self.high) + 1)]

    def dumbbell(
        self, found: float, hoped: float | None, low: float | None = None, high: float | None = None
    ) -> Dumbbell:
        """What was found, what was hoped for, and the interval of what was found."""
        return Dumbbell(
            found=self.place(found),
            hoped=None if hoped is None else self.place(hoped),
            between=None if hoped is None else self.span(found, hoped),
            interval=None if low is None or high is None else self.span(low, high),
        )
