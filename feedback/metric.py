"""From answers to a score, with how sure one can be of it.

NPS is in points from −100 to 100, CSAT and CES in percent from 0 to 100; intervals are for 95 %.
Each metric has one method, named by a stable key that pages and mails turn into a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, sqrt
from statistics import NormalDist
from typing import Literal

from feedback.limiting import exact_interval, exact_net_interval
from surveys.scale import SCALES, Band, Method

Kind = Literal["up", "down", "unclear", "no_data"]

CONFIDENCE = 95
Z = 1.959963984540054  # the normal quantile that leaves 2.5 % on either side
ENOUGH = 10  # below this many answers a score is shown as "too few"
BANDS: tuple[Band, ...] = ("detractor", "passive", "promoter")


@dataclass(frozen=True)
class Score:
    """One shown number. `value`, `low`, `high` and `margin` are None when nobody answered (n = 0).

    `value`, `low`, `high` and `margin` share the unit of the metric; `shares` are percent.
    The interval always holds the value. It need not be centred on it: `margin` is its longer side, so that
    "value ± margin" never promises more than the interval.
    """

    metric: str
    method: Method
    value: float | None
    low: float | None
    high: float | None
    margin: float | None
    n: int
    bands: Mapping[Band, int]
    shares: Mapping[Band, float]

    @property
    def too_few(self) -> bool:
        return self.n < ENOUGH

    @property
    def figures(self) -> dict[str, int]:
        """The numbers that the sentence explaining `method` needs."""
        scale = SCALES[self.metric]
        return {
            "n": self.n,
            "detractors": self.bands["detractor"],
            "passives": self.bands["passive"],
            "promoters": self.bands["promoter"],
            "lowest": scale.low,
            "detractor_max": scale.detractor_max,
            "promoter_min": scale.promoter_min,
            "highest": scale.high,
            "confidence": CONFIDENCE,
        }


@dataclass(frozen=True)
class Change:
    """The difference of two scores, in their unit; `margin` is what it must exceed to be called a change.

    `low` and `high` are its interval, which leaves 0 out where `delta` exceeds `margin`. All of them are None, and
    `kind` is "no_data", when either side has no answers.
    """

    delta: float | None
    margin: float | None
    kind: Kind
    low: float | None = None
    high: float | None = None


def nps_points(*, promoters: int, detractors: int, n: int) -> float:
    """% promoters − % detractors, in points (Reichheld, Harvard Business Review 81(12), 2003); n > 0."""
    return 100 * (promoters - detractors) / n


def simultaneous(comparisons: int) -> float:
    """The normal quantile with which so many intervals hold all together with 95 %; of one it is `Z`.

    Bonferroni: each is made for 1 − 0.05 / m (Dunn, Journal of the American Statistical Association 56(293), 1961). It
    asks nothing about how the comparisons depend on each other, and an agent's answers are also those of a team.
    """
    return NormalDist().inv_cdf(1 - (100 - CONFIDENCE) / 200 / max(comparisons, 1)) if comparisons > 1 else Z


def plain_nps_margin(*, promoters: float, detractors: float, n: float, z: float = Z) -> float:
    """The textbook margin in points, for 95 % 196·√((p + d − (p − d)²) / n); n > 0.

    It is 0 when everybody gives the same band, however few they are, which is why `nps_interval` adjusts it.
    """
    p, d = promoters / n, detractors / n
    return 100 * z * sqrt(max(0.0, p + d - (p - d) ** 2) / n)


def nps_interval(*, promoters: int, detractors: int, n: int, z: float = Z) -> tuple[float, float]:
    """The adjusted Wald interval of an NPS in points, clipped to −100…100; n > 0.

    Rocks, "Interval Estimation for the Net Promoter Score", The American Statistician 70(4), 2016,
    arXiv 1601.07235: add three pseudo-answers, 3/4 detractor, 3/2 passive and 3/4 promoter, and take the
    plain interval of the sum (also the default of the author's R package NPS, `pseudo_observations =
    c(0.75, 1.5, 0.75)`). Beside the plain ± margin: 50 promoters and 20 detractors of 100 give 14.1…44.2
    instead of 14.7…45.3; 10 promoters of 10 give 47.5…100 instead of 100…100. With one single answer the
    adjusted interval ends 1.5 points short of the score; it is then stretched to hold it.
    """
    value = nps_points(promoters=promoters, detractors=detractors, n=n)
    centre = 100 * (promoters - detractors) / (n + 3)
    margin = plain_nps_margin(promoters=promoters + 0.75, detractors=detractors + 0.75, n=n + 3, z=z)
    return min(value, max(-100.0, centre - margin)), max(value, min(100.0, centre + margin))


def wilson_interval(*, hits: int, n: int, z: float = Z) -> tuple[float, float]:
    """The score interval of a share in percent; n > 0.

    Wilson, Journal of the American Statistical Association 22(158), 1927; recommended for small n by Brown,
    Cai and DasGupta, Statistical Science 16(2), 2001.
    """
    share, squared = hits / n, z * z
    centre = (share + squared / (2 * n)) / (1 + squared / n)
    half = z * sqrt(share * (1 - share) / n + squared / (4 * n * n)) / (1 + squared / n)
    # At none and at all the ends are 0 and 1 exactly; floating point may miss them by a hair.
    return 100 * min(share, max(0.0, centre - half)), 100 * max(share, min(1.0, centre + half))


def score(metric: str, counts: Mapping[int, int], *, z: float = Z, exact: bool = False) -> Score:
    """The score of a metric from how often each value of its scale was answered; `z` is the normal quantile of its
    interval, for 95 % unless something has to be surer.

    NPS is % promoters − % detractors; every other metric is the share of its promoters, such as CSAT's 4–5 and CES's
    5–7. `exact` limits are for many comparisons, whose tails the usual intervals do not reach; see `simultaneous`.
    Raises KeyError for an unknown metric, ValueError for a value off its scale or a negative count.
    """
    scale = SCALES[metric]
    bands = dict.fromkeys(BANDS, 0)
    for value, count in counts.items():
        if count < 0:
            raise ValueError(f"{count} answers cannot have given {value}")
        bands[scale.bands.get(value) or scale.band(value)] += count
    return from_bands(metric, bands, z=z, exact=exact)


def from_bands(metric: str, bands: Mapping[Band, int], *, z: float = Z, exact: bool = False) -> Score:
    """The same from how many answers lie in each band, which is all that the score needs."""
    n, method = sum(bands.values()), SCALES[metric].method
    if n == 0:
        return Score(metric, method, None, None, None, None, 0, bands, dict.fromkeys(BANDS, 0.0))
    promoters, detractors = bands["promoter"], bands["detractor"]
    nps = method == "nps-adjusted-wald"
    shown = nps_points(promoters=promoters, detractors=detractors, n=n) if nps else 100 * promoters / n
    if nps:
        net = exact_net_interval if exact else nps_interval
        low, high = net(promoters=promoters, detractors=detractors, n=n, z=z)
    else:
        low, high = (exact_interval if exact else wilson_interval)(hits=promoters, n=n, z=z)
    return Score(
        metric=metric,
        method=method,
        value=shown,
        low=low,
        high=high,
        margin=max(shown - low, high - shown),
        n=n,
        bands=bands,
        shares={band: 100 * count / n for band, count in bands.items()},
    )


def change(now: Score, before: Score) -> Change:
    """Whether a score moved: "up" or "down" only if |Δ| exceeds the combined margin, else "unclear".

    The combined margin is √(m₁² + m₂²), where each m is the side of that score's interval that faces the
    other score (Newcombe, Statistics in Medicine 17, 1998, method 10; for any two intervals Zou and Donner,
    Statistics in Medicine 27, 2008). With symmetric intervals it is the plain 1.96·√(Var₁/n₁ + Var₂/n₂).
    Two samples of like size of unchanged customers are called a change at most about one time in twenty (half widths
    instead of facing sides would do so up to one time in nine at n = 10); ten answers beside a thousand near an end of
    the scale up to one time in eleven. Fewer than `ENOUGH` on either side are never called one.
    Raises ValueError for scores of two metrics.
    """
    if now.metric != before.metric:
        raise ValueError(f"{now.metric} cannot be compared with {before.metric}")
    if now.value is None or now.low is None or now.high is None:
        return Change(None, None, "no_data")
    if before.value is None or before.low is None or before.high is None:
        return Change(None, None, "no_data")
    delta = now.value - before.value
    below = hypot(now.value - now.low, before.high - before.value)
    above = hypot(now.high - now.value, before.value - before.low)
    margin, ends = below if delta > 0 else above, (delta - below, delta + above)
    if abs(delta) <= margin or now.too_few or before.too_few:
        return Change(delta, margin, "unclear", *ends)
    return Change(delta, margin, "up" if delta > 0 else "down", *ends)


def changes(pairs: Sequence[tuple[Score, Score]]) -> list[Change]:
    """Whether each of several scores, now and before, moved: as sure together as one alone is.

    Of eight surveys that nothing happens to, one would else be called up or down every third day.
    """
    compared = sum(not (now.too_few or before.too_few) for now, before in pairs)
    z, exact = simultaneous(compared), compared > 1

    def surer(one: Score) -> Score:
        return from_bands(one.metric, one.bands, z=z, exact=exact)

    return [change(surer(now), surer(before)) for now, before in pairs]


def ranking_key(of: Score) -> tuple[bool, float, int]:
    """Sorts segments (agents, teams, channels) fairly; the greater, the better.

    Those with enough answers first, by the lower end of the interval; then those with too few, who are not ranked
    against them: one happy answer does not outrank a hundred, and one unhappy answer puts nobody last of all that are
    known. A segment without answers comes last, and of equals the one with more answers comes first.
    """
    return (not of.too_few, -inf if of.low is None else of.low, of.n)
