"""What languages are called: as whoever reads the page calls them, in forms as in results."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from flask_babel import get_locale

from feedback.wording import LOCALES


def language_name(code: str | None) -> str | None:
    """A language as the reader calls it ("sl" → "Slovenian"); a code that nobody knows stays as it is."""
    if not code or code == "und":
        return None
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(get_locale()) or code
    except (UnknownLocaleError, ValueError):
        return code


def voices() -> list[tuple[str, str]]:
    """The languages that mails to staff are written in."""
    return [(tag, language_name(tag) or tag) for tag in LOCALES]
