"""Limits of a share that hold far out in the tails, where Wilson's interval, right on the average at 95 %, errs.

Clopper and Pearson, Biometrika 26, 1934: from the lowest share that would give so many hits, or more, with the chance
that one tail leaves, to the highest that would give so few. In closed form by the approximation of Paulson, Camp and
Pratt, as Blyth gives it (Journal of the American Statistical Association 81(395), 1986); with three hits or fewer the
tail has so few terms that it is summed.
"""

from __future__ import annotations

from math import comb, sqrt
from statistics import NormalDist

SUMMED = 3
"""Hits up to which the tail is summed."""


def exact_interval(*, hits: int, n: int, z: float) -> tuple[float, float]:
    """The interval of a share in percent, whose tails are those of the normal quantile `z`; n > 0."""
    share = hits / n
    low = 0.0 if hits == 0 else 1 - _upper(n - hits, n, z)
    high = 1.0 if hits == n else _upper(hits, n, z)
    return 100 * min(share, max(0.0, low)), 100 * max(share, min(1.0, high))


def exact_net_interval(*, promoters: int, detractors: int, n: int, z: float) -> tuple[float, float]:
    """The same of % promoters − % detractors, in points; n > 0.

    The two intervals are put together by square-and-add with the correlation of two shares of one sample (Newcombe,
    Statistics in Medicine 17, 1998, for paired shares; Zou and Donner, Statistics in Medicine 27, 2008).
    """
    p, d = 100 * promoters / n, 100 * detractors / n
    low_p, high_p = exact_interval(hits=promoters, n=n, z=z)
    low_d, high_d = exact_interval(hits=detractors, n=n, z=z)
    others = (100 - p) * (100 - d)
    tied = 2 * sqrt(p * d / others) if others else 0.0  # twice the correlation, without its minus

    def added(one: float, other: float) -> float:
        return sqrt(one * one + other * other + tied * one * other)

    low, high = p - d - added(p - low_p, high_d - d), p - d + added(high_p - p, d - low_d)
    return max(-100.0, low), min(100.0, high)


def _upper(hits: int, n: int, z: float) -> float:
    """The highest share that gives `hits` of n or fewer with the chance of a tail; hits < n."""
    tail, misses = 1 - NormalDist().cdf(z), n - hits
    if hits <= SUMMED:
        return _bisected(hits, n, tail)
    if misses - 1 <= SUMMED:
        # The chance of so few hits is that of many misses, whose own tail has few terms.
        return 1 - _bisected(misses - 1, n, 1 - tail)
    x = hits + 1
    root = sqrt(9 * x * misses * (9 * n + 5 - z * z) + n + 1)
    ratio = (81 * x * misses - 9 * n - 8 - 3 * z * root) / (81 * x * x - 9 * x * (2 + z * z) + 1)
    return 1 / (1 + (x / misses) ** 2 * ratio**3)


def _bisected(most: int, n: int, chance: float) -> float:
    """The share with which at most so many of n hit with this chance."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        found = sum(comb(n, hits) * middle**hits * (1 - middle) ** (n - hits) for hits in range(most + 1))
        low, high = (middle, high) if found > chance else (low, middle)
    return low
