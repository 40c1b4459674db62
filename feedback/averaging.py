"""Means with how sure one can be of them, from sums that a database can make.

Intervals are for 95 % and by Student's t ("Student", Biometrika 6(1), 1908): of a mean; of the mean of paired
differences; and, where two groups of people were asked, of the difference of two means with Welch's degrees of
freedom (Welch, Biometrika 34, 1947). Ratings have few values, so for small n the interval is a rule of thumb; below
ten it is shown as too few anyway.

**Where all agree** a spread tells nothing: ten ratings of 5 would give 5.00 … 5.00. But of those who would rate
otherwise none was seen, so their share is at most u = z² / (n + z²), the upper end of Wilson's interval for 0 of n
(JASA 22(158), 1927; why none of n is not none at all: Hanley and Lippman-Hand, "If nothing goes wrong, is everything
all right?", JAMA 249(13), 1983). At worst these rate at an end of the scale, so the interval reaches u of the way from
the mean to either end: of ten ratings of 5, from 1 to 5, to 3.89. Neither does it end closer where no more than
one person is a step away. With 15 % of 3 and else 5, Student's interval of ten missed the mean in 20 % of samples, as
a rule where all ten were 5. A difference of two groups one of which agrees so is made of their intervals by
square-and-add (Zou and Donner, Statistics in Medicine 27, 2008).

**Where nearly all agree** it ends too close: once two people are a step away their spread is trusted, though others
far away may be unseen. Of fifty, 93 % with 5, 5 % with 4 and 2 % with 1, intervals hold the mean in 84 % of samples.
Rules without this jump that keep 95 % for any values of a scale need each value, not sums (Learned-Miller and Thomas,
arXiv 1905.06208, which is conjectured; Phan, Thomas and Learned-Miller, ICML 2021), or are several times as wide
(Maurer and Pontil, COLT 2009); a blend of the two rules would be of our own making.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import atan, cos, hypot, pi, sin, sqrt

from feedback.metric import ENOUGH, Z
from surveys.scale import SCALES


@dataclass(frozen=True, slots=True)
class Sums:
    """How many values, their sum and the sum of their squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Sums:
        known = list(values)
        return cls(len(known), sum(known), sum(value * value for value in known))

    @classmethod
    def counted(cls, counts: Mapping[int, int]) -> Sums:
        """Of how often each value was given."""
        return cls(
            sum(counts.values()),
            sum(value * count for value, count in counts.items()),
            sum(value * value * count for value, count in counts.items()),
        )

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def spread(self) -> float:
        """The sum of the squared deviations from the mean."""
        # Floating point may miss nought by a hair.
        return max(0.0, self.squares - self.total * self.total / self.n)

    @property
    def error(self) -> float:
        """The squared standard error of the mean; n > 1."""
        return self.spread / (self.n - 1) / self.n

    @property
    def agree(self) -> bool:
        """Whether no more than one of them is a step of the scale away from all others."""
        return self.spread < 1


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its interval; `low`, `high` and `margin` are None where one value alone gives none."""

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def margin(self) -> float | None:
        """The longer side of the interval."""
        if self.low is None or self.high is None:
            return None
        return max(self.value - self.low, self.high - self.value)

    @property
    def too_few(self) -> bool:
        return self.n < ENOUGH


def mean(of: Sums, low: float, high: float) -> Mean | None:
    """The mean of values from `low` to `high`, its interval inside them; None of nothing."""
    if of.n == 0:
        return None
    if of.n == 1:
        return Mean(of.mean, None, None, 1)
    down, up = _sides(of, low, high)
    return Mean(of.mean, of.mean - down, of.mean + up, of.n)


def mean_answer(metric: str, counts: Mapping[int, int]) -> Mean | None:
    """The mean of how often each value of a metric's scale was given, on that scale."""
    return mean(Sums.counted(counts), SCALES[metric].low, SCALES[metric].high)


def _sides(of: Sums, low: float, high: float) -> tuple[float, float]:
    """How far the interval of a mean goes down and up; n > 1."""
    half, others = t_quantile(of.n - 1) * sqrt(of.error), Z * Z / (of.n + Z * Z)
    room = (of.mean - low, high - of.mean)
    down, up = (min(one, max(half, others * one) if of.agree else half) for one in room)
    return down, up


def difference(one: Sums, other: Sums, low: float, high: float) -> Mean | None:
    """The mean of one group less that of another, of values from `low` to `high`; its `n` is that of the smaller."""
    if one.n == 0 or other.n == 0:
        return None
    delta, n = one.mean - other.mean, min(one.n, other.n)
    if n == 1:
        return Mean(delta, None, None, n)
    a, b = one.error, other.error
    if one.agree or other.agree:
        (down, up), (other_down, other_up) = _sides(one, low, high), _sides(other, low, high)
        return Mean(delta, delta - hypot(down, other_up), delta + hypot(up, other_down), n)
    freedom = (a + b) ** 2 / (a * a / (one.n - 1) + b * b / (other.n - 1))
    half = t_quantile(max(1, int(freedom))) * sqrt(a + b)
    return Mean(delta, delta - half, delta + half, n)


@lru_cache(maxsize=512)
def t_quantile(freedom: int) -> float:
    """What leaves 2.5 % of Student's distribution on either side.

    From 100 degrees on the expansion of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5, is exact to
    seven digits; below, their closed form of the distribution (26.7.3 and 26.7.4) is halved in.
    """
    if freedom < 1:
        raise ValueError("a spread needs two values")
    if freedom >= 100:
        z, v = Z, float(freedom)
        first = (z**3 + z) / 4
        second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
        third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
        return z + first / v + second / v**2 + third / v**3
    low, high = 1.0, 13.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 0.95 else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """The share of Student's distribution between −t and t."""
    theta = atan(t / sqrt(freedom))
    term, found = (cos(theta), 0.0) if freedom % 2 else (1.0, 0.0)
    for k in range(2 if freedom % 2 else 1, freedom, 2):
        found += term
        term *= cos(theta) ** 2 * k / (k + 1)
    return 2 / pi * (theta + sin(theta) * found) if freedom % 2 else sin(theta) * found
