"""On which workday the turn of a person comes, so that no day has many more than another."""

from __future__ import annotations

import calendar
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

HOUR: Final = 8
"""Turns are taken from this hour on, by the clock of the workspace."""
CATCH_UP: Final = 5
"""Workdays, at the least, over which those are spread whose day went by without anybody being asked."""
_DAY: Final = timedelta(days=1)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last one: six months after 31 August is the end of February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def is_workday(day: date) -> bool:
    """Monday to Friday."""
    return day.isoweekday() < 6


def begins_at(day: date, zone: str) -> datetime:
    """When the turns of a day are taken."""
    return datetime.combine(day, time(HOUR), ZoneInfo(zone)).astimezone(UTC)


def workdays_from(day: date) -> Iterator[date]:
    """`day`, if it is a workday, and all those after it."""
    while True:
        if is_workday(day):
            yield day
        day += _DAY


def workdays_between(first: date, end: date) -> list[date]:
    """From `first` up to but not including `end`."""
    return list(takewhile(lambda day: day < end, workdays_from(first)))


def lot(whose: uuid.UUID) -> int:
    """A number that looks drawn at random, and is the same one each time for the same person."""
    return int.from_bytes(sha256(whose.bytes).digest()[:8], "big")


@dataclass
class Calendar:
    """How many have their turn on which day, and where there is room for one more.

    A day has room for an even share of the people, and never for more than `most`.
    """

    first: date
    """Nobody's turn comes before this day."""
    months: int
    people: int
    """How many are asked in a period of `months`."""
    most: int | None = None
    loads: Mapping[date, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._taken = dict(self.loads)
        self._period = workdays_between(self.first, months_after(self.first, self.months))
        self._full: dict[date, date] = {}
        self._lowest: tuple[int, list[date]] = (0, [])

    def on(self, first: date) -> Calendar:
        """The same calendar for a later day, from `first` on."""
        return Calendar(first, self.months, self.people, most=self.most, loads=self._taken)

    @property
    def room(self) -> int:
        """How many may have their turn on one day."""
        share = max(1, -(-self.people // len(self._period)))
        return share if self.most is None else min(share, self.most)

    def not_before(self, day: date) -> date:
        """The first workday from `day` on that has room."""
        day = next(workdays_from(max(day, self.first)))
        passed = []
        while day in self._full or self._taken.get(day, 0) >= self.room:
            passed.append(day)
            day = self._full.get(day) or next(workdays_from(day + _DAY))
        self._full |= dict.fromkeys(passed, day)
        return self._take(day)

    def evenly(self, whose: uuid.UUID) -> date:
        """One of the days of the coming period that have the fewest, by lot, and the same one each time."""
        fewest = self._fewest()
        if not fewest:
            return self.not_before(self._period[-1] + _DAY)
        return self._take(fewest[lot(whose) % len(fewest)])

    def caught_up(self, missed: int) -> date:
        """A day for somebody whose own went by: the emptiest of as many workdays as were `missed`."""
        soon = islice(workdays_from(self.first), max(missed, CATCH_UP))
        day = min(soon, key=lambda one: (self._taken.get(one, 0), one))
        return self._take(day) if self._fits(day) else self.not_before(day)

    def _fewest(self) -> list[date]:
        load, days = self._lowest
        days = [day for day in days if self._taken.get(day, 0) == load]
        if not days:
            load = min(self._taken.get(day, 0) for day in self._period)
            days = [day for day in self._period if self._taken.get(day, 0) == load and self._fits(day)]
        self._lowest = (load, days)
        return days

    def _fits(self, day: date) -> bool:
        return self.most is None or self._taken.get(day, 0) < self.most

    def _take(self, day: date) -> date:
        self._taken[day] = self._taken.get(day, 0) + 1
        return day


@dataclass(frozen=True)
class Pace:
    """How fast everybody has their first turn."""

    first: date
    """The first day on which anybody's may come."""
    daily: float
    """People on a workday, on average."""
    months: int
    """After how many months everybody had it."""


def pace(people: int, today: date, months: int, most: int | None = None) -> Pace:
    """The pace at which so many people are asked from the workday after `today` on."""
    first = next(workdays_from(today + _DAY))
    days = len(workdays_between(first, months_after(first, months)))
    daily = people / days if most is None else min(people / days, most)
    whole = months if people <= daily * days else -(-people * months // (days * (most or 1)))
    return Pace(first, daily, whole)
