"""When a person may be mailed: on which weekdays and hours, of whose clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError, get_global

EVERY_DAY: Final = "1234567"
"""ISO weekdays, Monday is 1."""
HOMES: Final = 3
"""A language that is official in more countries says little about where its reader lives."""


@dataclass(frozen=True, slots=True)
class Window:
    """Weekdays, and hours from `start` up to but not including `end`, on the clock of a zone."""

    zone: str = "UTC"
    weekdays: str = EVERY_DAY
    start: int = 0
    end: int = 24

    @property
    def always(self) -> bool:
        """Whether it never closes."""
        return set(self.weekdays) >= set(EVERY_DAY) and self.start == 0 and self.end == 24

    def next_open(self, moment: datetime) -> datetime:
        """The first moment from `moment` on at which it is open; `moment` itself where it is."""
        if self.always:
            return moment
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        opens = next(max(moment, begins) for begins, ends in _spans(self, day) if ends > moment)
        return opens.astimezone(moment.tzinfo)

    def after(self, moment: datetime, length: timedelta) -> datetime:
        """When it will have been open for `length` since `moment`; closed hours do not count. It must open some day."""
        at, left = moment.astimezone(UTC), length
        while True:
            for begins, ends in _spans(self, at.astimezone(ZoneInfo(self.zone)).date()):
                counts = max(begins, at)
                if ends > counts:
                    if left <= ends - counts:
                        return (counts + left).astimezone(moment.tzinfo)
                    at, left = ends, left - (ends - counts)


@lru_cache(maxsize=2048)
def _spans(window: Window, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """When it is open, from the day before `day` on, in UTC. An hour that a change of clocks leaves out begins when
    the clocks have been put forward. Kept, since a table asks a million times about few days.
    """
    zone = ZoneInfo(window.zone)
    found = []
    for number in range(-1, 9):
        on = day + timedelta(days=number)
        if str(on.isoweekday()) in window.weekdays:
            last = on + timedelta(days=window.end // 24)
            begins = datetime.combine(on, time(window.start), zone)
            ends = datetime.combine(last, time(window.end % 24), zone)
            found.append((begins.astimezone(UTC), ends.astimezone(UTC)))
    return tuple(found)


def days_later(moment: datetime, days: int, zone: str) -> datetime:
    """The same time of day so many days later, on the clock of `zone`; an hour that is left out there is the next."""
    return (moment.astimezone(ZoneInfo(zone)) + timedelta(days=days)).astimezone(moment.tzinfo)


def zone_for(own: str | None, locale: str | None, usual: str) -> str:
    """The zone of a person: their own, else that of their language's country if it has but one, else `usual`."""
    if own:
        return own
    return (_zone_of_language(locale) if locale else None) or usual


@lru_cache(maxsize=256)
def _zone_of_language(locale: str) -> str | None:
    try:
        parsed = Locale.parse(locale, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    likely = get_global("likely_subtags").get(str(parsed.language), "")
    territory = parsed.territory or str(likely).split("_")[-1]
    if not parsed.territory and len(_homes(str(parsed.language))) > HOMES:
        return None
    zones = get_global("territory_zones").get(territory, [])
    return str(zones[0]) if len(zones) == 1 else None


def _homes(language: str) -> list[str]:
    told = get_global("territory_languages").items()
    return [land for land, spoken in told if spoken.get(language, {}).get("official_status") == "official"]
