"""Merge fields: `{{ contact.name | dear customer }}` in a text becomes what is known of the person, else the words
behind the bar. Nothing is ever run: whatever is no known field stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

VALUE_LIMIT: Final = 200
"""Characters of a value that go into a text."""

FIELD: Final = re.compile(r"\{\{\s*+([^{}|]{1,80}?)\s*+(?:\|([^{}]{0,200}))?\}\}|\{([a-z_]+)\}")
"""A merge field with its fallback, or a placeholder of our own words. No blank is tried twice: thousands would take
minutes.
"""

# A contact's name is a stranger's text inside our mail: one with a link or of a paragraph's length greets nobody.
_NO_NAME = re.compile(r"[\x00-\x1f\x7f<>{}]|://|www\.|@|\w\.\w{2,}/", re.IGNORECASE)
_NAME_LIMIT = 60
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Person:
    """What texts and conditions may know of whom they are for. Values are plain: text, number, yes or no."""

    contact: Mapping[str, Any] = field(default_factory=dict)
    """name, email, locale, and every property."""
    interaction: Mapping[str, Any] = field(default_factory=dict)
    """agent, team, channel, and every property."""

    def value(self, name: str) -> str | None:
        """The value of `contact.name`, `interaction.agent` or any property, as text; None when it is not known."""
        room, _, name = name.partition(".")
        found = (self.contact if room == "contact" else self.interaction).get(name)
        if found is None:
            return None
        text = str(found).lower() if isinstance(found, bool) else str(found)
        text = " ".join(_BREAKS.sub(" ", text).split())[:VALUE_LIMIT]
        return (plain_name(text) if name == "name" else text) or None


NOBODY: Final = Person()


def plain_name(name: str | None) -> str:
    """The name if it reads like a person's name, else an empty string."""
    name = (name or "").strip()
    return "" if len(name) > _NAME_LIMIT or _NO_NAME.search(name) else name


def merge(text: str, values: Mapping[str, object], person: Person | None = None) -> str:
    """Replace `{name}` by its value and, when a person is given, merge fields by theirs; all in one pass, so that
    braces inside a value stay as they are. Unknown placeholders stay visible; nothing is evaluated.
    """

    def put(found: re.Match[str]) -> str:
        name, fallback, placeholder = found.groups()
        if placeholder is not None:
            return str(values.get(placeholder, found[0]))
        if person is None or not is_field(name):
            return found[0]
        return person.value(name) or (fallback or "").strip()

    return FIELD.sub(put, text) if "{" in text else text


def fields(text: str) -> Iterator[tuple[str, str | None]]:
    """Every merge field of a text, with its fallback."""
    for name, fallback, placeholder in FIELD.findall(text):
        if not placeholder:
            yield name, fallback.strip() or None


_NAME: Final = re.compile(r"(?:contact|interaction)\.\w[\w .-]*")


def is_field(name: str) -> bool:
    """Whether a name between double braces is a field: `contact.` or `interaction.` and the name of something known."""
    return _NAME.fullmatch(name) is not None


def has_fields(text: str) -> bool:
    """Whether a text speaks of the person."""
    return "{{" in text and any(is_field(name) for name, _ in fields(text))
