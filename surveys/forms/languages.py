"""Languages as staff look for them: called as their speakers call them, and in the reader's own language."""

from __future__ import annotations

from babel.core import Locale, UnknownLocaleError
from flask_babel import get_locale

from surveys.paging import language_name


def choices(tags: tuple[str, ...]) -> list[tuple[str, str]]:
    """Tag and name, for a select or a checklist."""
    return [(tag, language_name(tag)) for tag in tags]


def translated(tag: str) -> str:
    """The language's name in the reader's language; nothing when that is unknown or says the same again."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name(get_locale())
    except (UnknownLocaleError, ValueError):
        return ""
    return name if name and name != language_name(tag) else ""
