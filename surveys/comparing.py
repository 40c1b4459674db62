"""What differs between two drafts of a survey, and how two people's edits of one draft come together.

A draft is looked at as a flat mapping from a place to its value: ("name",), ("default_locale",), ("locales",) and
("texts", locale, key). An empty text and no text are the same: the built-in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveys.wording import EDITABLE, LOCALES, Document, effective

Place = tuple[str, ...]
Flat = dict[Place, Any]

_ORDER = [key for group in EDITABLE.values() for key in group]


@dataclass(frozen=True, slots=True)
class Change:
    """One place with its value before and after; None is nothing (of a text: the built-in words)."""

    place: Place
    before: Any
    after: Any

    @property
    def key(self) -> str:
        """The word key of a text, else the name of the setting."""
        return self.place[-1]

    @property
    def locale(self) -> str | None:
        """The language of a text, None for a setting."""
        return self.place[1] if self.place[0] == "texts" else None


def flat(document: Document, name: str | None = None) -> Flat:
    """Every place of `document` that has a value; with the survey's name when it counts too."""
    found: Flat = {("default_locale",): document["default_locale"], ("locales",): tuple(document["locales"])}
    if name is not None:
        found["name",] = name
    for locale, texts in document.get("texts", {}).items():
        found |= {("texts", locale, key): text for key, text in texts.items() if isinstance(text, str) and text.strip()}
    return found


def document_of(values: Flat, metric: str) -> dict[str, Any]:
    """The survey document that `flat` was made of; texts of every language it knows."""
    texts: dict[str, dict[str, str]] = {}
    for place, value in values.items():
        if place[0] == "texts" and value:
            texts.setdefault(place[1], {})[place[2]] = value
    locales = list(values["locales",])
    return {"metric": metric, "default_locale": values["default_locale",], "locales": locales, "texts": texts}


def changes(before: Flat, after: Flat) -> list[Change]:
    """Every place that differs: settings first, then texts by language, in the order of the form."""
    places = {place for place in before.keys() | after.keys() if before.get(place) != after.get(place)}
    return [Change(place, before.get(place), after.get(place)) for place in sorted(places, key=_rank)]


def merge(base: Flat, mine: Flat, theirs: Flat) -> tuple[Flat, list[Change]]:
    """My edits on top of theirs, both made from `base`; and the places that we both changed, differently.

    In those, mine stays in the result and theirs is the clash's `after`, so that nothing anybody typed is lost.
    """
    merged, clashes = dict(theirs), []
    for change in changes(base, mine):
        their = theirs.get(change.place)
        if their not in (change.before, change.after):
            clashes.append(Change(change.place, change.after, their))
        if change.after is None:
            merged.pop(change.place, None)
        else:
            merged[change.place] = change.after
    if merged["default_locale",] not in merged["locales",]:
        merged["locales",] = (merged["default_locale",], *merged["locales",])
    return merged, clashes


def readable(change: Change, before: Document, after: Document) -> Change:
    """The same change with the words that people saw and see where a text of the survey's own is missing."""
    if change.locale is None:
        return change
    was, now = effective(before, change.locale), effective(after, change.locale)
    return Change(change.place, change.before or was.get(change.key, ""), change.after or now.get(change.key, ""))


def _rank(place: Place) -> tuple[int, int, int, Place]:
    if place[0] != "texts":
        return (0, 0, ("name", "default_locale", "locales").index(place[0]), place)
    locale = LOCALES.index(place[1]) if place[1] in LOCALES else len(LOCALES)
    key = _ORDER.index(place[2]) if place[2] in _ORDER else len(_ORDER)
    return (1, locale, key, place)


def read_flat(raw: object) -> Flat:
    """What `written` made; anything else is an empty draft, so that a broken form only loses the merging."""
    found: Flat = {}
    for item in raw if isinstance(raw, list) else ():
        match item:
            case [list(place), str(value)] if place and all(isinstance(part, str) for part in place):
                found[tuple(place)] = value
            case [["locales"], list(value)]:
                found["locales",] = tuple(map(str, value))
    return found


def written(values: Mapping[Place, Any]) -> list[list[Any]]:
    """`values` as JSON can carry them; read back by `read_flat`."""
    return [[list(place), list(value) if isinstance(value, tuple) else value] for place, value in values.items()]
