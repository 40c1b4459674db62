"""The one place that reads the clock. Times are UTC and zone-aware; a person's zone only at the edges."""

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def now() -> datetime:
    """The present moment, UTC, zone-aware."""
    return datetime.now(UTC)


@cache
def zones() -> tuple[str, ...]:
    """Names of all time zones a person may choose, sorted; places rather than abbreviations."""
    odd = ("Etc/", "SystemV/", "posix/", "right/")
    places = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(odd))
    return (*places, "UTC")


def local_date(at: datetime, zone: str) -> date:
    """The calendar day it is in `zone` at the moment `at`."""
    return at.astimezone(ZoneInfo(zone)).date()
