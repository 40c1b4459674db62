"""Agents, teams, channels and languages beside one another, in a fair order, and where each stands on the scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feedback.metric import Score, ranking_key, score


@dataclass(frozen=True)
class Spot:
    """A score with its interval as drawn on a line from the lowest score (0) to the highest (100)."""

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
    spot: Spot


def spot(of: Score) -> Spot:
    """Where a score stands: NPS runs from −100 to 100, CSAT and CES from 0 to 100; without answers in the middle."""
    if of.value is None or of.low is None or of.high is None:
        return Spot(50.0, 0.0, 100.0)
    places = (of.value, of.low, of.high)
    if of.metric == "nps":
        places = tuple((place + 100) / 2 for place in places)  # type: ignore[assignment]
    return Spot(*(round(place, 2) for place in places))


def ranked(metric: str, counts: Mapping[str | None, Mapping[int, int]]) -> list[Ranked]:
    """The best first, judged by the lower end of each interval; those without a name come last.

    Of equals the one with more answers comes first, then by name, so that the order never wobbles.
    """
    rows = [Ranked(name, result, spot(result)) for name, of in counts.items() if (result := score(metric, of)).n]
    rows.sort(key=lambda row: row.name or "")
    rows.sort(key=lambda row: ranking_key(row.score), reverse=True)
    return [row for row in rows if row.name is not None] + [row for row in rows if row.name is None]


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
