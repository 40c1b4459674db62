"""Staff pages in the reader's language: Flask-Babel, chosen by the person, then by the browser.

What customers see never comes from here; it comes from the survey's own words (`surveys.wording`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_datetime_format
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, format_decimal, get_locale, gettext

from base import clock, numerals

LOCALES = ("en",)
"""Languages that staff pages are translated into."""

DATES = {"en": "en_GB"}
"""How a language writes days and hours where it has several ways: as the mails do, so that page and mail agree."""

babel = Babel()


def staff_locale() -> str:
    """Language of the page: the signed-in person's, else the browser's wish, else English."""
    if not has_request_context():
        return "en"
    user = g.get("user")
    if user is not None and user.locale in LOCALES:
        return str(user.locale)
    return request.accept_languages.best_match(LOCALES) or "en"


def staff_zone() -> str:
    """Time zone of the page: the person's, else the workspace's, else UTC."""
    if not has_request_context():
        return "UTC"
    user, workspace = g.get("user"), g.get("workspace")
    return str((user and user.zone) or (workspace and workspace.zone) or "UTC")


def date_locale() -> str:
    """In whose manner days and hours are written."""
    language = str(get_locale() or "en")
    return DATES.get(language, language)


def show_datetime(at: datetime | None, *, zone: bool = False) -> str:
    """A moment in the reader's zone and language, to the minute; — when there is none. The year is told of another year
    only. `zone`: says which zone, and the year, for words that leave the house.
    """
    if at is None:
        return "—"
    where, locale = ZoneInfo(staff_zone()), date_locale()
    local, now = at.astimezone(where), clock.now().astimezone(where)
    same = local.year == now.year and not zone
    day = format_skeleton("MMMd", local, locale=locale) if same else format_date(local, "medium", locale=locale)
    together = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    told = together.replace("{0}", str(format_time(local, "short", locale=locale))).replace("{1}", str(day))
    return f"{told} ({staff_zone()})" if zone else told


def show_date(day: date | datetime | None, form: str = "medium") -> str:
    """A day; a moment is first moved into the reader's zone."""
    if day is None:
        return "—"
    if isinstance(day, datetime):
        day = day.astimezone(ZoneInfo(staff_zone())).date()
    return str(format_date(day, form, locale=date_locale()))


def show_ago(at: datetime | None) -> str:
    """How long ago, in words a person would say; older than a week as a date."""
    if at is None:
        return "—"
    seconds = int((clock.now() - at.astimezone(UTC)).total_seconds())
    if seconds < 60:
        return str(gettext("just now"))
    if seconds < 3600:
        return str(gettext("%(n)s min ago", n=seconds // 60))
    if seconds < 86400:
        return str(gettext("%(n)s h ago", n=seconds // 3600))
    if seconds < 7 * 86400:
        return str(gettext("%(n)s d ago", n=seconds // 86400))
    return show_date(at)


def show_soon(at: datetime) -> str:
    """How far ahead, in words a person would say; farther than a day as a moment."""
    seconds = int((at.astimezone(UTC) - clock.now()).total_seconds())
    if seconds < 60:
        return str(gettext("in a moment"))
    if seconds < 3600:
        return str(gettext("in %(n)s min", n=seconds // 60))
    if seconds < 86400:
        return str(gettext("in %(n)s h", n=seconds // 3600))
    return show_datetime(at)


def init(app: Flask) -> None:
    """Set up Babel, the filters `datetime`, `date`, `ago`, `soon`, `number` and `numberformat` of the staff templates,
    and the numbers that they may call.
    """
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(app.config["ROOT"] / "translations"))
    babel.init_app(app, locale_selector=staff_locale, timezone_selector=staff_zone)
    shown = {"datetime": show_datetime, "date": show_date, "ago": show_ago, "soon": show_soon, "number": format_decimal}
    app.jinja_env.filters.update(shown, numberformat=numerals.numberformat)
    app.jinja_env.globals.update(numerals.SHOWN)
