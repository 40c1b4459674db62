"""Answers by weekday and hour of a zone: a week's grid, and the moments that one of its cells is made of.

An hour that a clock shows twice in one night is one cell with both, one that it skips has no moments. Weekdays are
0 (Monday) to 6, hours 0 to 23.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from feedback.metric import ENOUGH, Score, Z, change, score, simultaneous
from feedback.zoning import ONE_DAY, Interval, dates, day_start, instant

Side = Literal["above", "below", "same", "few", "none"]
HOURS, WEEKDAYS = range(24), range(7)
FULL = 30.0
"""Points from the score of the others at which the colour of a cell is strongest."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the week. `side` says where it stands to all others; above or below only where the intervals of all
    comparisons together tell them apart. `tint` is how strongly it is drawn, 0 to 4, and `better` to which side.
    """

    weekday: int
    hour: int
    score: Score
    side: Side
    tint: int = 0
    better: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a week, by weekday and then hour; `n` answers are in it."""

    days: tuple[tuple[Cell, ...], ...]
    n: int


def grid(metric: str, counts: Iterable[tuple[datetime, int, int]], zone: str) -> Grid:
    """The grid of (moment, score, how often); all moments of a row are within one local hour of `zone`."""
    place, found = ZoneInfo(zone), dict[tuple[int, int], Counter[int]]()
    for at, value, n in counts:
        local = at.astimezone(place)
        found.setdefault((local.weekday(), local.hour), Counter())[value] += n
    whole = sum(found.values(), Counter[int]())
    enough = sum(cell.total() >= ENOUGH for cell in found.values())
    days = tuple(
        tuple(_cell(metric, (day, hour), found.get((day, hour), Counter()), whole, enough) for hour in HOURS)
        for day in WEEKDAYS
    )
    return Grid(days, whole.total())


def _cell(metric: str, at: tuple[int, int], own: Counter[int], whole: Counter[int], comparisons: int) -> Cell:
    """One cell beside all others, as surely as so many comparisons ask for."""
    mine, others = score(metric, own), score(metric, whole - own)
    if mine.value is None:
        return Cell(*at, mine, "none")
    if mine.too_few or others.value is None:
        return Cell(*at, mine, "few")
    z = simultaneous(comparisons)
    kind = change(score(metric, own, z=z, exact=z > Z), score(metric, whole - own, z=z, exact=z > Z)).kind
    side: Side = "above" if kind == "up" else "below" if kind == "down" else "same"
    ahead = mine.value - others.value
    return Cell(*at, mine, side, min(4, 1 + int(abs(ahead) / FULL * 4)), ahead > 0)


def hours_of(first: date, last: date, weekday: int, hour: int, zone: str) -> tuple[Interval, ...]:
    """The moments of the days `first` to `last`, both included, that are of one cell."""
    found, day = [], first + ONE_DAY * ((weekday - first.weekday()) % 7)
    while day <= last:
        end = day_start(day + ONE_DAY, zone) if hour == 23 else instant(day, time(hour + 1), zone)
        start = instant(day, time(hour), zone)
        if start < end:
            found.append(Interval(start, end))
        day += 7 * ONE_DAY
    return tuple(found)


@lru_cache(maxsize=256)
def whole_hours(zone: str, first: date, last: date) -> bool:
    """Whether clocks of a zone are whole hours from UTC on all days, so that hours of UTC are its hours."""
    place = ZoneInfo(zone)
    midnights = (datetime.combine(day, time(0), place) for day in dates(first, last + ONE_DAY))
    return all((at.utcoffset() or ONE_DAY * 0).total_seconds() % 3600 == 0 for at in midnights)
