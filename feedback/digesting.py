"""When a digest is due, and which days its issue speaks of.

An issue is known by its local date, so each cadence gives at most one `Due` a local date whatever the
clocks do. Whoever sends keeps the last local date sent and passes it back; that, and not the clock,
is what makes a second issue of a day impossible. Moments are aware and in UTC.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from feedback.zoning import ONE_DAY, Interval, add_months, day_exists, day_start, days_between, instant, local_date

Kind = Literal["daily", "weekly", "monthly"]


@dataclass(frozen=True)
class Cadence:
    """How often, and at what local hour.

    `weekday` is 0 (Monday) to 6 and only for "weekly"; `day` is 1 to 31 and only for "monthly", where a
    shorter month uses its last day. Raises ValueError for anything else, ZoneInfoNotFoundError for the zone.
    """

    kind: Kind
    hour: int
    minute: int
    weekday: int | None
    day: int | None
    zone: str

    def __post_init__(self) -> None:
        time(self.hour, self.minute)
        ZoneInfo(self.zone)
        if self.kind not in ("daily", "weekly", "monthly"):
            raise ValueError(f"unknown cadence {self.kind!r}")
        if self.kind == "weekly" and (self.weekday is None or not 0 <= self.weekday <= 6):
            raise ValueError("a weekly digest needs a weekday from 0 (Monday) to 6")
        if self.kind == "monthly" and (self.day is None or not 1 <= self.day <= 31):
            raise ValueError("a monthly digest needs a day from 1 to 31")


@dataclass(frozen=True)
class Due:
    """One issue: its date on the recipient's calendar, and the moment from which it may be sent."""

    local_date: date
    at: datetime


@dataclass(frozen=True)
class Plan:
    """What to send now: one issue, dated by `due`, standing for every local date in `local_dates`."""

    due: Due
    local_dates: tuple[date, ...]

    @property
    def is_catch_up(self) -> bool:
        return len(self.local_dates) > 1


@dataclass(frozen=True)
class Period:
    """What an issue reports, what it compares with, and the local days of both (first and last included)."""

    current: Interval
    previous: Interval
    first_day: date
    last_day: date
    previous_first_day: date
    previous_last_day: date


def _issue_dates(cadence: Cadence, start: date) -> Iterator[date]:
    """The local dates of the cadence from `start` on, without end."""
    if cadence.kind == "monthly" and cadence.day is not None:
        month = start.replace(day=1)
        while True:
            day = month.replace(day=min(cadence.day, monthrange(month.year, month.month)[1]))
            if day >= start:
                yield day
            month = add_months(month, 1)
    day, step = start, ONE_DAY
    if cadence.kind == "weekly" and cadence.weekday is not None:
        day, step = start + timedelta(days=(cadence.weekday - start.weekday()) % 7), timedelta(days=7)
    while True:
        # A date the zone jumped over has no day of its own to report; its answers are in the next one.
        if cadence.kind != "daily" or day_exists(day, cadence.zone):
            yield day
        day += step


def _dues(cadence: Cadence, after: datetime, last_local_date: date | None) -> Iterator[Due]:
    """Every issue later than `after` and dated later than `last_local_date`, in order, without end."""
    # Two days back: an hour inside a gap can fall on the date after its own.
    start = local_date(after, cadence.zone) - 2 * ONE_DAY
    if last_local_date is not None:
        start = max(start, last_local_date + ONE_DAY)
    for day in _issue_dates(cadence, start):
        at = instant(day, time(cadence.hour, cadence.minute), cadence.zone)
        if at > after:
            yield Due(day, at)


def next_due(cadence: Cadence, after: datetime, *, last_local_date: date | None = None) -> Due:
    """The first issue strictly after `after`, and dated after the last one sent.

    An hour that does not exist that day means the first moment after the gap; an hour that comes twice
    means its first coming.
    """
    return next(_dues(cadence, after.astimezone(UTC), last_local_date))


def coming(cadence: Cadence, after: datetime, *, until: datetime, last_local_date: date | None = None) -> Iterator[Due]:
    """The next issue, and those that follow it up to `until`."""
    dues = _dues(cadence, after.astimezone(UTC), last_local_date)
    yield next(dues)
    for due in dues:
        if due.at > until:
            return
        yield due


def missed(cadence: Cadence, since: datetime, now: datetime, *, last_local_date: date | None = None) -> list[Due]:
    """Every issue with since < at ≤ now, oldest first; empty when the clock stepped back."""
    found: list[Due] = []
    for due in _dues(cadence, since.astimezone(UTC), last_local_date):
        if due.at > now:
            break
        found.append(due)
    return found


def plan(cadence: Cadence, since: datetime, now: datetime, *, last_local_date: date | None = None) -> Plan | None:
    """The one issue to send now, or None when nothing is due.

    After downtime the missed issues become one, dated by the latest of them, naming the dates it stands for.
    """
    dues = missed(cadence, since, now, last_local_date=last_local_date)
    return Plan(dues[-1], tuple(due.local_date for due in dues)) if dues else None


def period(cadence: Cadence, due: Due, *, issues: int = 1) -> Period:
    """The finished local days before the issue's date, and the equal stretch before those.

    Daily: the day before; weekly: the 7 days before; monthly: the calendar month before the month of the
    issue. A catch-up that stands for several issues (`issues`) covers as many days, weeks or months.
    """
    if issues < 1:
        raise ValueError("a period covers at least one issue")
    if cadence.kind == "monthly":
        end = due.local_date.replace(day=1)
        first, before = add_months(end, -issues), add_months(end, -2 * issues)
    else:
        end = due.local_date
        length = timedelta(days=issues * (7 if cadence.kind == "weekly" else 1))
        first, before = end - length, end - 2 * length
    return Period(
        current=days_between(first, end, cadence.zone),
        previous=days_between(before, first, cadence.zone),
        first_day=first,
        last_day=end - ONE_DAY,
        previous_first_day=before,
        previous_last_day=first - ONE_DAY,
    )


def period_of(start: datetime, end: datetime, cadence: Cadence) -> Period:
    """The period of an issue that was kept as the two ends of its local days, with the equal stretch before it."""
    first, after = local_date(start, cadence.zone), local_date(end, cadence.zone)
    if cadence.kind == "monthly" and first.day == after.day == 1:
        before = add_months(first, (first.year - after.year) * 12 + first.month - after.month)
    else:
        before = first - (after - first)
    return Period(
        current=Interval(start, end),
        previous=Interval(day_start(before, cadence.zone), start),
        first_day=first,
        last_day=after - ONE_DAY,
        previous_first_day=before,
        previous_last_day=first - ONE_DAY,
    )


def first_period(cadence: Cadence, ordered_at: datetime) -> Period:
    """What the first issue of a digest ordered at this moment will report."""
    return period(cadence, next_due(cadence, ordered_at))
