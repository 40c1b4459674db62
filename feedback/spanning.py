"""Days put together so that few of them cover any period: stretches of 1, 4, 16, 64 and 256 days.

A stretch is a whole number: its level and its place among the stretches of that level, counted from the first day of
the calendar. Three years are 27 of them at most, whatever days they begin and end on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

from feedback.zoning import ONE_DAY, Interval, day_start, local_date

WIDTHS = (1, 4, 16, 64, 256)
"""Days of a stretch of each level."""
STEP = 4
"""How many stretches of a level are one of the next."""
LEVELS = len(WIDTHS)
SHIFT = 10_000_000
"""More than the days of the calendar."""
HIGHEST = (LEVELS - 1) * SHIFT
"""Stretches from here on are those of the highest level; together they are all time."""


@dataclass(frozen=True, slots=True)
class Span:
    """Stretches that are together some days, once those that are too much are taken away again."""

    more: tuple[int, ...] = ()
    less: tuple[int, ...] = ()


Way = tuple[tuple[int, int], ...]
"""Stretches, each with 1 or −1."""


@lru_cache(maxsize=8192)
def span(first: int, end: int, oldest: int, newest: int) -> Span:
    """The fewest stretches that tell the days from `first` up to, and without, `end`.

    Only days from `oldest` up to, and without, `newest` have anything in them. What lies beyond is taken along and away
    for nothing: so ninety days until today are one stretch of 256 days, less the few of its days that are older.
    """
    first, end = max(first, oldest), min(end, newest)
    if first >= end:
        return Span()
    starts, ends = _climb(first, -1, oldest, newest), _climb(end, 1, oldest, newest)
    ways = [
        (*before, *until, *_filled(level, range(one, other), 1, oldest, newest))
        for level in range(LEVELS)
        for one, before in starts[level].items()
        for other, until in ends[level].items()
        if one <= other and (level == LEVELS - 1 or other - one <= STEP)
    ]
    best = min(ways, key=len)
    return Span(tuple(at for at, sign in best if sign > 0), tuple(at for at, sign in best if sign < 0))


def _climb(day: int, sign: int, oldest: int, newest: int) -> list[dict[int, Way]]:
    """How the end of some days (with `sign` −1 their beginning) is moved to where stretches of each level meet: the
    nearest such places before and after it, and what makes good for the move.
    """
    ways: list[dict[int, Way]] = [{day: ()}]
    for level in range(LEVELS - 1):
        above: dict[int, Way] = {}
        for at, so_far in ways[-1].items():
            low, rest = divmod(at, STEP)
            moves = [(low, range(STEP * low, at), sign)]
            if rest:
                moves.append((low + 1, range(at, STEP * (low + 1)), -sign))
            for place, left, weight in moves:
                way = (*so_far, *_filled(level, left, weight, oldest, newest))
                if place not in above or len(way) < len(above[place]):
                    above[place] = way
        ways.append(above)
    return ways


def _filled(level: int, places: range, weight: int, oldest: int, newest: int) -> Iterator[tuple[int, int]]:
    """Of the stretches at some places of a level those that have days with anything in them."""
    width = WIDTHS[level]
    for place in range(max(places.start, oldest // width), min(places.stop, -(-newest // width))):
        yield level * SHIFT + place, weight


@dataclass(frozen=True)
class Whole:
    """The whole local days of an interval, and the stretches of time before and after them that are parts of days."""

    first: int
    end: int
    rims: tuple[Interval, ...]
    days: Interval | None
    """The moments of the whole days; None when there is none."""


@lru_cache(maxsize=4096)
def whole_days(interval: Interval, zone: str) -> Whole:
    """What an interval is made of in a zone."""
    if interval.start >= interval.end:
        return Whole(0, 0, (), None)
    first = local_date(interval.start, zone)
    if day_start(first, zone) < interval.start:
        first += ONE_DAY
    end = local_date(interval.end, zone)
    begins, ends = day_start(first, zone), day_start(end, zone)
    if begins >= ends:
        return Whole(0, 0, (interval,), None)
    rims = (Interval(interval.start, begins), Interval(ends, interval.end))
    kept = tuple(rim for rim in rims if rim.start < rim.end)
    return Whole(first.toordinal(), end.toordinal(), kept, Interval(begins, ends))


class Calendar:
    """The local day of a moment, asked many times: zones change their clocks at whole quarters of an hour."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._known: dict[tuple[date, int], int] = {}

    def day(self, at: datetime) -> int:
        key = (at.date(), at.hour * 4 + at.minute // 15)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = at.astimezone(self._zone).toordinal()
        return found


class Sums:
    """Numbers by day, version and key, put together by stretch at the end: cells of higher levels are sums of those
    below.
    """

    def __init__(self, zone: str, width: int) -> None:
        self.day, self._width = Calendar(zone).day, width
        self._days: defaultdict[tuple[int, int], dict[Any, list[int]]] = defaultdict(dict)

    def add(self, at: datetime, version: int, cells: Iterable[tuple[Hashable, Iterable[int]]], weight: int) -> None:
        """Add `weight` to the numbers of a moment's day: each of `cells` is a key and the places to add it at."""
        self.add_on(self.day(at), version, cells, weight)

    def add_on(self, ordinal: int, version: int, cells: Iterable[tuple[Hashable, Iterable[int]]], weight: int) -> None:
        """The same on a day that is known, as `day` says it."""
        day = self._days[ordinal, version]
        for key, places in cells:
            numbers = day.get(key)
            if numbers is None:
                numbers = day[key] = [0] * self._width
            for place in places:
                numbers[place] += weight

    def within(self, first: int, end: int) -> Iterator[tuple[int, int, Mapping[Any, list[int]]]]:
        """The day, the version and the numbers by key, of the days from `first` up to, and without, `end`."""
        for (day, version), cells in self._days.items():
            if first <= day < end:
                yield day, version, cells

    def by_day(self) -> Iterator[tuple[int, int, Any, list[int]]]:
        """The day, the version, the key and the numbers, where they are not all 0."""
        for (day, version), cells in self._days.items():
            for key, numbers in cells.items():
                if any(numbers):
                    yield day, version, key, numbers

    def by_stretch(self) -> dict[tuple[int, int, Any], list[int]]:
        """The same by stretch, version and key."""
        whole: dict[tuple[int, int, Any], list[int]] = {}
        below = {(day, version, key): numbers for day, version, key, numbers in self.by_day()}
        for level in range(LEVELS):
            # Of what is put together already: there is less of it with each level.
            place = level * SHIFT
            whole |= {(place + at, version, key): numbers for (at, version, key), numbers in below.items()}
            above: dict[tuple[int, int, Any], list[int]] = {}
            for (at, version, key), numbers in below.items():
                of = (at // STEP, version, key)
                known = above.get(of)
                above[of] = list(map(add, known, numbers)) if known else numbers
            below = above
        return whole
