"""What the digest pages say about rhythm and time, in the staff's language."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_day_names
from flask_babel import get_locale, gettext

from base.i18n import date_locale
from feedback.digest import Digest
from feedback.digesting import Cadence, next_due, period_of
from feedback.export_schedule import ExportSchedule
from feedback.forms.naming import language_name
from feedback.issue import Issue
from feedback.zoning import ONE_DAY, local_date


def rhythm_words(digest: Digest | ExportSchedule) -> str:
    """For example "Every Monday at 08:00"."""
    at = f"{digest.hour:02}:{digest.minute:02}"
    if digest.cadence == "weekly":
        weekday = get_day_names(locale=get_locale())[digest.weekday or 0]
        return str(gettext("Every %(weekday)s at %(at)s", weekday=weekday, at=at))
    if digest.cadence == "monthly":
        return str(gettext("On day %(day)s of every month at %(at)s", day=digest.day, at=at))
    return str(gettext("Every day at %(at)s", at=at))


def scope_words(digest: Digest) -> str:
    """Which part of the answers it looks at."""
    told = [
        gettext("agent %(name)s", name=digest.agent) if digest.agent else "",
        gettext("team %(name)s", name=digest.team) if digest.team else "",
        gettext("channel %(name)s", name=digest.channel) if digest.channel else "",
        gettext("language %(name)s", name=language_name(digest.language)) if digest.language else "",
    ]
    return ", ".join(filter(None, told)) or str(gettext("All answers"))


def when(at: datetime, zone: str) -> str:
    """A day and an hour on the wall of the reader of the digest: "Sat, 21 Nov, 08:00"."""
    local, locale = at.astimezone(ZoneInfo(zone)), date_locale()
    return f"{format_skeleton('MMMEd', local, locale=locale)}, {format_time(local, 'HH:mm', locale=locale)}"


def offset(at: datetime, zone: str) -> str:
    """How far the zone's clocks are from UTC at that moment: "UTC+2", which summer time changes."""
    minutes = int((at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()).total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


def next_words(digest: Digest) -> str:
    """When its next issue comes, in its reader's zone; — while paused."""
    return when(digest.next_due_at, digest.zone) if digest.next_due_at else "—"


def next_dates(rhythm: Cadence | None, now: datetime, *, number: int = 3) -> list[str]:
    """When the next issues of a rhythm come; nothing for one that is not whole yet."""
    found: list[str] = []
    after, last = now, None
    while rhythm is not None and len(found) < number:
        due = next_due(rhythm, after, last_local_date=last)
        found.append(when(due.at, rhythm.zone))
        after, last = due.at, due.local_date
    return found


def days(issue: Issue, digest: Digest) -> str:
    """The days whose scores an issue reports."""
    period = period_of(issue.period_from, issue.period_to, digest.rhythm)
    return _days(period.first_day, period.last_day)


def span(start: datetime, end: datetime, zone: str) -> str:
    """The whole days of a zone from one moment to another; the day before, where they are the same."""
    last = local_date(end, zone) - ONE_DAY
    return _days(min(local_date(start, zone), last), last)


def _days(first: date, last: date) -> str:
    return _day(last) if first == last else f"{_day(first)} – {_day(last)}"


def _day(day: date) -> str:
    return str(format_date(day, "medium", locale=date_locale()))
