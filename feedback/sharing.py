"""Shares of comments, how sure they are, and whether one moved."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import Literal

from feedback.limiting import exact_interval
from feedback.metric import ENOUGH, Z, wilson_interval

MOST_PLACES = 4

Moved = Literal["up", "down", "unclear", "no_data"]


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`, in percent with the interval of 95 %; None of nothing."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        return 100 * self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson_interval(hits=self.hits, n=self.n) if self.n else None

    @property
    def margin(self) -> float | None:
        """The longer side of the interval."""
        if self.value is None or self.interval is None:
            return None
        return max(self.value - self.interval[0], self.interval[1] - self.value)

    @property
    def too_few(self) -> bool:
        return self.n < ENOUGH


@dataclass(frozen=True, slots=True)
class Shift:
    """By how many percent points a share moved, with the interval of that."""

    delta: float
    low: float
    high: float
    kind: Moved

    @property
    def places(self) -> int:
        """Decimals to tell it with: one, or as many as keep the nearer end of a clear change from reading as zero."""
        nearer = min(abs(self.low), abs(self.high))
        if self.kind not in ("up", "down"):
            return 1
        return next((places for places in range(1, MOST_PLACES) if round(nearer, places)), MOST_PLACES)


NO_SHIFT = Shift(0.0, 0.0, 0.0, "no_data")


def shift(now: Share, before: Share, *, z: float = Z, exact: bool = False) -> Shift:
    """The difference of two shares by Newcombe's method 10 (Statistics in Medicine 17, 1998); `z` is the normal
    quantile, larger where many are looked at, whose tails need `exact` limits (`limiting`). Nothing is said of it where
    either side has too few.
    """
    if now.too_few or before.too_few:
        return NO_SHIFT
    share, earlier = 100 * now.hits / now.n, 100 * before.hits / before.n
    interval = exact_interval if exact else wilson_interval
    low, high = interval(hits=now.hits, n=now.n, z=z)
    low_before, high_before = interval(hits=before.hits, n=before.n, z=z)
    delta = share - earlier
    least = delta - hypot(share - low, high_before - earlier)
    most = delta + hypot(high - share, earlier - low_before)
    return Shift(delta, least, most, "up" if least > 0 else "down" if most < 0 else "unclear")
