"""The one place that reads the clock. Times are UTC and zone-aware; a person's zone only at the edges."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_standing: ContextVar[datetime | None] = ContextVar("afterword_clock", default=None)


def now() -> datetime:
    """The present moment, UTC, zone-aware."""
    return _standing.get() or datetime.now(UTC)


def stands() -> bool:
    """Whether the moment was chosen (`standing_at`), so that nothing may tell what came before what in it."""
    return _standing.get() is not None


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let the clock stand at `moment` for this thread, so that a history can be told through the product's verbs."""
    mark = _standing.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _standing.reset(mark)


@cache
def zones() -> tuple[str, ...]:
    """Names of all time zones a person may choose, sorted; places rather than abbreviations."""
    odd = ("Etc/", "SystemV/", "posix/", "right/")
    places = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(odd))
    return (*places, "UTC")


def local_date(at: datetime, zone: str) -> date:
    """The calendar day it is in `zone` at the moment `at`."""
    return at.astimezone(ZoneInfo(zone)).date()


def noon(at: datetime, zone: str) -> datetime:
    """Noon, in `zone`, of the day that it is there at `at`: a moment that says the day and no more."""
    return datetime.combine(local_date(at, zone), time(12), ZoneInfo(zone)).astimezone(UTC)
