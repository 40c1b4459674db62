"""Local days and hours as moments of UTC, right on the days when clocks change.

The one place where a wall clock becomes an instant. Zones are IANA names ("Europe/Ljubljana").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Interval:
    """A half-open stretch of time, start ≤ t < end, both aware and in UTC."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def instant(day: date, at: time, zone: str) -> datetime:
    """The UTC moment at which a local clock of `zone` first shows `at` on `day`.

    An hour that comes twice means its first coming. An hour that is skipped means the first
    moment after the gap, which may belong to the next date (Nuuk jumps from 23:00 to 00:00).
    """
    tz = ZoneInfo(zone)
    wanted = datetime.combine(day, at)
    before = wanted.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if before.astimezone(tz).replace(tzinfo=None) == wanted:
        return before
    # In a gap, fold=1 reads the clock with the later offset and so lands before the jump, fold=0 after it.
    early = wanted.replace(tzinfo=tz, fold=1).astimezone(UTC)
    low, high = 0, int((before - early).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (early + timedelta(seconds=middle)).astimezone(tz).replace(tzinfo=None) >= wanted:
            high = middle
        else:
            low = middle
    return early + timedelta(seconds=high)


def day_start(day: date, zone: str) -> datetime:
    """The UTC moment at which the local date begins (not always 00:00 on the wall)."""
    return instant(day, time(0), zone)


def day_exists(day: date, zone: str) -> bool:
    """False for a date that a zone jumped over whole (Samoa had no 30 December 2011)."""
    return day_start(day, zone) < day_start(day + ONE_DAY, zone)


def local_date(moment: datetime, zone: str) -> date:
    """The date on a wall calendar of `zone` at an aware moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def days_between(first: date, end: date, zone: str) -> Interval:
    """The local days from `first` up to, and without, `end`."""
    return Interval(day_start(first, zone), day_start(end, zone))


def dates(first: date, last: date) -> Iterator[date]:
    """Every date from first to last, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def add_months(day: date, months: int) -> date:
    """The first of the month that lies `months` after the month of `day` (before it when negative)."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
