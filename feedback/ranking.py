"""Agents, teams, channels and languages beside one another, in a fair order, and where each stands on the scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, floor

from feedback.metric import Score, ranking_key, score


@dataclass(frozen=True)
class Spot:
    """A score with its interval as drawn on a line: per cent of its width, 0 left, 100 right."""

    at: float
    low: float
    high: float

    @property
    def width(self) -> float:
        return round(self.high - self.low, 2)


@dataclass(frozen=True)
class Ranked:
    """One of many. `name` is None for the answers that have none."""

    name: str | None
    score: Score


@dataclass(frozen=True)
class Line:
    """The part of the scale on which all are drawn; one for all of them, so that they can be compared."""

    low: float
    high: float

    @classmethod
    def around(cls, metric: str, scores: Iterable[Score]) -> Line:
        """The tens nearest around the intervals of those that are not too few, inside the scale of the metric."""
        known = [one for one in scores if not one.too_few]
        least = -100.0 if metric == "nps" else 0.0
        if not known:
            return cls(least, 100.0)
        low = 10.0 * floor(min(one.low for one in known if one.low is not None) / 10)
        high = 10.0 * ceil(max(one.high for one in known if one.high is not None) / 10)
        return cls(max(low, least), min(max(high, low + 10), 100.0))

    def spot(self, of: Score) -> Spot:
        """Where a score stands; what lies beyond an end stops there. A score without answers fills the line."""
        if of.value is None or of.low is None or of.high is None:
            return Spot(50.0, 0.0, 100.0)
        return Spot(*(self._place(value) for value in (of.value, of.low, of.high)))

    def _place(self, value: float) -> float:
        return round(100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low), 2)


def ranked(metric: str, counts: Mapping[str | None, Mapping[int, int]]) -> list[Ranked]:
    """The best first, judged by the lower end of each interval; those without a name come last.

    Of equals the one with more answers comes first, then by name, so that the order never wobbles.
    """
    rows = [Ranked(name, result) for name, of in counts.items() if (result := score(metric, of)).n]
    rows.sort(key=lambda row: row.name or "")
    rows.sort(key=lambda row: ranking_key(row.score), reverse=True)
    return [row for row in rows if row.name is not None] + [row for row in rows if row.name is None]


def leading(
    counts: Mapping[str | None, Mapping[int, int]], *, most: int, keep: str | None = None
) -> dict[str | None, Mapping[int, int]]:
    """Those of many with the most answers, at most so many; `keep`, and those without a name, are always among them.

    Whoever has few answers could not rank high anyway, so a hundred of a hundred thousand are the right ones to rank.
    """
    if len(counts) <= most:
        return dict(counts)
    names = [name for name in counts if name is not None]
    names.sort(key=lambda name: (name != keep, -sum(counts[name].values()), name))
    return {name: counts[name] for name in [*names[:most], *([None] if None in counts else [])]}


def merged(
    counts: Mapping[str | None, Mapping[int, int]], named: Mapping[str | None, str | None]
) -> dict[str | None, dict[int, int]]:
    """The same counts under other names; those that come under one name are added up."""
    found: dict[str | None, dict[int, int]] = {}
    for name, of in counts.items():
        into = found.setdefault(named[name], {})
        for value, count in of.items():
            into[value] = into.get(value, 0) + count
    return found
