"""What drives a score: by how much it would be another without the answers of one agent, team, …, or on one theme.

**Effect** of a group g is the score without it minus the score of all. With w the share of its answers, S the score
of all, S_g its own and S_r that of the rest, S = w·S_g + (1 − w)·S_r holds exactly, for NPS as for shares of
satisfied, for both are means of a number that each answer has. So the effect is S_r − S = w·(S_r − S_g), which
needs no second count: a positive one means that the group pulls the score down.

**Interval.** The group and the rest are two independent samples and w is taken as known, so the interval is w times
that of a difference of two scores, by the method that `metric.change` uses, square-and-add: Newcombe, Statistics in
Medicine 17, 1998, method 10; for any two intervals Zou and Donner, Statistics in Medicine 27, 2008. With d = S_r −
S_g and intervals (l, u) of each, it ends at d − √((S_r − l_r)² + (u_g − S_g)²) and d + √((u_r − S_r)² + (S_g −
l_g)²), each times w.

**Many comparisons.** Of twenty agents who are all alike one would differ by chance at 95 %. So the intervals are
made to hold all together: with m groups each is that of 1 − 0.05/m (Bonferroni; see `metric.simultaneous`), by a
method that is right so far out in the tails (`limiting`). A group is only called a driver where such an interval
excludes zero. Groups of fewer than `ENOUGH` answers, or that leave fewer, are not compared, and neither do they
count among the m. Simulated with 27 groups that are all alike, of 20 answers each and more, a driver was named in
0.3 to 3.7 % of the pages; Wilson's and the adjusted Wald interval with the same quantile named one in up to 12 %.

Worked example: 200 answers, 100 promoters and 40 detractors, NPS +30. A team gave 50 of them, 10 promoters and 25
detractors, NPS −30; the rest 150, 90 and 15, NPS +50. Its effect is 0.25·(50 − (−30)) = +20: without it the score
is +50.

An effect is arithmetic, not a cause: who works nights answers for the nights, too.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import hypot
from typing import Generic, TypeVar

from feedback.metric import BANDS, ENOUGH, Score, Z, from_bands, simultaneous
from surveys.scale import Band

Key = TypeVar("Key", bound=Hashable)
Bands = Mapping[Band, int]


@dataclass(frozen=True, slots=True)
class Driver(Generic[Key]):
    """One group. `effect`, `low` and `high` are in points of the score; `share` is its per cent of all answers."""

    key: Key
    effect: float
    low: float
    high: float
    share: float
    own: Score
    """Its score, with the usual interval."""

    @property
    def clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0

    @property
    def n(self) -> int:
        return self.own.n


@dataclass(frozen=True, slots=True)
class Drivers(Generic[Key]):
    """All that were compared: clear ones first, then by how much they matter."""

    all: tuple[Driver[Key], ...]

    @property
    def strongest(self) -> tuple[Driver[Key], ...]:
        """At most three that are clear."""
        return tuple(one for one in self.all if one.clear)[:3]

    @property
    def reach(self) -> float:
        """How far the longest interval goes from nought; what a drawing must hold."""
        return max((max(abs(one.low), abs(one.high)) for one in self.all), default=1.0) or 1.0


def drivers(metric: str, whole: Bands, groups: Mapping[Key, Bands]) -> Drivers[Key]:
    """The effect of each group on the score of all; groups may overlap, each must be part of the whole."""
    n = sum(whole.values())
    sizes = {key: sum(of.values()) for key, of in groups.items()}
    compared = [key for key, size in sizes.items() if size >= ENOUGH and n - size >= ENOUGH]
    z = simultaneous(len(compared))
    found = [_driver(metric, key, whole, groups[key], z) for key in compared]
    found.sort(key=lambda one: (not one.clear, -abs(one.effect), str(one.key)))
    return Drivers(tuple(found))


def _driver(metric: str, key: Key, whole: Bands, own: Bands, z: float) -> Driver[Key]:
    # An answer that came between two looks at the database may be in the group and not yet in the whole.
    rest = {band: max(0, whole[band] - own[band]) for band in BANDS}
    inside, outside = from_bands(metric, own, z=z, exact=z > Z), from_bands(metric, rest, z=z, exact=z > Z)
    weight = inside.n / (inside.n + outside.n)
    (value, low, high), (value_r, low_r, high_r) = _ends(inside), _ends(outside)
    gap = value_r - value
    down, up = hypot(value_r - low_r, high - value), hypot(high_r - value_r, value - low)
    return Driver(
        key=key,
        effect=weight * gap,
        low=weight * (gap - down),
        high=weight * (gap + up),
        share=100 * weight,
        own=from_bands(metric, own),
    )


def _ends(of: Score) -> tuple[float, float, float]:
    if of.value is None or of.low is None or of.high is None:
        raise ValueError("a score without answers has no interval")
    return of.value, of.low, of.high
