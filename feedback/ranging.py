"""The period a results page shows, read from its address, and the columns of its trend.

People choose whole local days, first and last included; questions to the database use half-open UTC intervals.
The query is untrusted: anything that makes no sense raises `BadRange` with a stable key that the page translates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from feedback.zoning import ONE_DAY, Interval, add_months, day_start, days_between, local_date

Preset = Literal["7d", "30d", "90d", "month", "custom"]
By = Literal["day", "week", "month"]
Problem = Literal[
    "period_unknown",
    "from_missing",
    "to_missing",
    "from_not_a_date",
    "to_not_a_date",
    "from_after_to",
    "from_in_future",
    "from_too_early",
    "range_too_long",
]

DAYS: Mapping[str, int] = {"7d": 7, "30d": 30, "90d": 90}
DEFAULT: Preset = "30d"
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EARLIEST = date(2000, 1, 1)
LONGEST_DAYS = 3660  # ten years: more columns than anybody reads, and still a bounded query


class BadRange(ValueError):  # noqa: N818 - reads as the page says it
    """A period that makes no sense. `problem` is a stable key, `field` the query field to mark."""

    def __init__(self, problem: Problem, field: Literal["period", "from", "to"]) -> None:
        super().__init__(f"{field}: {problem}")
        self.problem: Problem = problem
        self.field = field


@dataclass(frozen=True)
class Range:
    """Local days from first to last, both included, their UTC interval, and the equally many days before."""

    preset: Preset
    zone: str
    first_day: date
    last_day: date
    interval: Interval
    previous_first_day: date
    previous_last_day: date
    previous: Interval

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True)
class Bucket:
    """One column of a trend: local days first to last, included; not `whole` when the period cuts it."""

    first_day: date
    last_day: date
    interval: Interval
    whole: bool


def _date(text: str, field: Literal["from", "to"]) -> date:
    missing: Problem = "from_missing" if field == "from" else "to_missing"
    wrong: Problem = "from_not_a_date" if field == "from" else "to_not_a_date"
    if not text:
        raise BadRange(missing, field)
    # fromisoformat alone would also take week dates and digits without dashes.
    if not ISO_DATE.fullmatch(text):
        raise BadRange(wrong, field)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRange(wrong, field) from None


def _custom_days(query: Mapping[str, str], today: date) -> tuple[date, date]:
    first = _date(query.get("from", "").strip(), "from")
    last = _date(query.get("to", "").strip(), "to")
    if first > last:
        raise BadRange("from_after_to", "from")
    if first > today:
        raise BadRange("from_in_future", "from")
    if first < EARLIEST:
        raise BadRange("from_too_early", "from")
    # "1 to 31 May" asked on the 20th means the 20 days there are; only so is the period before comparable.
    last = min(last, today)
    if (last - first).days >= LONGEST_DAYS:
        raise BadRange("range_too_long", "from")
    return first, last


def _preset(query: Mapping[str, str]) -> Preset:
    """The preset asked for; two dates without one are a custom period, nothing at all is the default."""
    asked = query.get("period", "").strip()
    if not asked:
        return "custom" if query.get("from") or query.get("to") else DEFAULT
    presets: tuple[Preset, ...] = ("7d", "30d", "90d", "month", "custom")
    for preset in presets:
        if preset == asked:
            return preset
    raise BadRange("period_unknown", "period")


def between(first: date, last: date, zone: str, *, preset: Preset = "custom") -> Range:
    """The range of local days first to last, both included, with the equally many days before it."""
    end, before = last + ONE_DAY, first - (last + ONE_DAY - first)
    return Range(
        preset=preset,
        zone=zone,
        first_day=first,
        last_day=last,
        interval=days_between(first, end, zone),
        previous_first_day=before,
        previous_last_day=first - ONE_DAY,
        previous=days_between(before, first, zone),
    )


def chosen(query: Mapping[str, str], now: datetime, zone: str) -> Range:
    """The range a query string asks for: `period` 7d, 30d, 90d, month or custom, with `from` and `to` (YYYY-MM-DD).

    "7d" is today and the six days before it, "month" the current month until today, all in `zone`. A `to`
    after today means today. Raises BadRange.
    """
    today = local_date(now, zone)
    preset = _preset(query)
    if preset == "custom":
        first, last = _custom_days(query, today)
    elif preset == "month":
        first, last = today.replace(day=1), today
    else:
        first, last = today - timedelta(days=DAYS[preset] - 1), today
    return between(first, last, zone, preset=preset)


def _local_days(interval: Interval, zone: str) -> tuple[date, date]:
    """The first local date an interval touches, and the last."""
    return local_date(interval.start, zone), local_date(interval.end - timedelta(microseconds=1), zone)


def automatic(interval: Interval, zone: str) -> By:
    """The columns that read best: days up to 31 of them, weeks up to 180 days, months beyond."""
    first, last = _local_days(interval, zone)
    days = (last - first).days + 1
    if days <= 31:
        return "day"
    return "week" if days <= 180 else "month"


def _following(day: date, by: By) -> date:
    """The first day of the column after the one that `day` lies in; weeks begin on Monday."""
    if by == "day":
        return day + ONE_DAY
    if by == "week":
        return day + timedelta(days=7 - day.weekday())
    return add_months(day, 1)


def buckets(interval: Interval, by: By, zone: str) -> list[Bucket]:
    """Cut an interval into local days, weeks from Monday, or calendar months, oldest first.

    Together the buckets are exactly the interval. The first and the last are cut to it and then not `whole`.
    A date that the zone jumped over has no bucket. An empty interval has none.
    """
    if interval.start >= interval.end:
        return []
    first, last = _local_days(interval, zone)
    edges = [first]
    while edges[-1] <= last:
        edges.append(_following(edges[-1], by))
    found: list[Bucket] = []
    for start, end in pairwise(edges):
        full = days_between(start, end, zone)
        cut = Interval(max(full.start, interval.start), min(full.end, interval.end))
        if cut.start < cut.end:
            begins = day_start(start, zone) == cut.start and (by == "day" or _begins(start, by))
            found.append(Bucket(start, min(end - ONE_DAY, last), cut, begins and cut.end == full.end))
    return found


def _begins(day: date, by: By) -> bool:
    """Whether a calendar week or month begins on this day."""
    return day.weekday() == 0 if by == "week" else day.day == 1
