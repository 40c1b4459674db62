"""What differs between two drafts of a survey, and how two people's edits of one draft come together.

A draft is looked at as a flat mapping from a place to its value: ("name",), ("metric",), ("locales",) and every other
setting; ("look", key); ("questions",) for their order; ("question", id, field); ("texts", locale, key). An empty text
and no text are the same: the ready-made words. What a question leaves out and its usual value are the same too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from surveys.question import COMMENT, PLAIN, SCORE, questions, written
from surveys.wording import EDITABLE, LOCALES, Document, effective

Place = tuple[str, ...]
Flat = dict[Place, Any]

_ORDER = [key for group in EDITABLE.values() for key in group]
_SETTINGS = ("name", "metric", "default_locale", "locales", "anonymous", "look", "template")
_APART = frozenset({"texts", "questions", "look", "frozen"})
"""Parts of a document with places of their own; every other part is one place."""
_OWNERS: Final = {
    **dict.fromkeys(("question", "low_label", "mid_label", "high_label"), SCORE),
    "comment_label": COMMENT,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One place with its value before and after; None is nothing (of a text: the ready-made words).

    A question that came or went is the place ("question", id), with its id before or after.
    """

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
    found: Flat = {} if name is None else {("name",): name}
    found |= {(key,): _still(value) for key, value in document.items() if key not in _APART and value}
    found |= {("look", key): value for key, value in (document.get("look") or {}).items() if value}
    found["questions",] = tuple(question.id for question in questions(document))
    for question in questions(document):
        raw = written(question)
        found |= {("question", question.id, field): _still(value) for field, value in raw.items() if field != "id"}
    for locale, texts in document.get("texts", {}).items():
        found |= {("texts", locale, key): text for key, text in texts.items() if isinstance(text, str) and text.strip()}
    return found


def document_of(values: Flat) -> dict[str, Any]:
    """The survey document that `flat` was made of."""
    document: dict[str, Any] = {}
    fields: dict[str, dict[str, Any]] = {ident: {"id": ident} for ident in values["questions",]}
    texts: dict[str, dict[str, str]] = {}
    for place, value in values.items():
        match place:
            case ("texts", locale, key):
                texts.setdefault(locale, {})[key] = value
            case ("look", key):
                document.setdefault("look", {})[key] = value
            case ("question", ident, field) if ident in fields:
                fields[ident][field] = _loose(value)
            case (key,) if key not in {"name", "questions"}:
                document[key] = _loose(value)
    raw = list(fields.values())
    asked = {} if raw == [written(question) for question in PLAIN] else {"questions": raw}
    return {**document, "texts": texts, **asked}


def changes(before: Flat, after: Flat) -> list[Change]:
    """Every place that differs: settings first, then questions, then texts by language, in the order of the page."""
    places = {place for place in before.keys() | after.keys() if before.get(place) != after.get(place)}
    return [Change(place, before.get(place), after.get(place)) for place in sorted(places, key=_rank)]


def news(before: Flat, after: Flat) -> list[Change]:
    """The same for people: a question that came or went is one change, and an order is told only where it differs."""
    was, now = before["questions",], after["questions",]
    moved = {ident for ident in (*was, *now) if (ident in was) != (ident in now)}
    found = [Change(("question", ident), ident, None) for ident in was if ident not in now]
    found += [Change(("question", ident), None, ident) for ident in now if ident not in was]
    for change in changes(before, after):
        if owner(change.place) in moved:
            continue
        if change.place == ("questions",) and _order(was, now) == _order(now, was):
            continue
        found.append(change)
    return sorted(found, key=lambda change: _rank(change.place))


def merge(base: Flat, mine: Flat, theirs: Flat) -> tuple[Flat, list[Change]]:
    """My edits on top of theirs, both made from `base`; and the places that we both changed, differently.

    In those, mine stays in the result and theirs is the clash's `after`, so that nothing anybody typed is lost.
    """
    merged, clashes = dict(theirs), []
    for ident, side in _removed(base, mine, theirs):
        other = theirs if side is mine else mine
        if _of(base, ident) != _of(other, ident):  # one removed what the other changed meanwhile
            clashes.append(
                Change(("question", ident), None if side is mine else ident, ident if side is mine else None)
            )
        for place in _of(merged, ident):
            merged.pop(place)
        if side is theirs and clashes and clashes[-1].place == ("question", ident):
            merged |= _of(mine, ident)
    settled = {ident for ident, _ in _removed(base, mine, theirs)}
    for change in changes(base, mine):
        if owner(change.place) not in settled:
            clashes += _put(merged, change, base.get(change.place), theirs.get(change.place))
    kept = {clash.place[1] for clash in clashes if clash.place[0] == "question" and clash.after is None}
    _restore(merged, kept, mine["questions",])
    if merged["default_locale",] not in merged["locales",]:
        merged["locales",] = (merged["default_locale",], *merged["locales",])
    return merged, sorted(clashes, key=lambda clash: _rank(clash.place))


def readable(change: Change, before: Document, after: Document) -> Change:
    """The same change with the words that people saw and see where a text of the survey's own is missing."""
    if change.locale is None:
        return change
    was, now = effective(before, change.locale), effective(after, change.locale)
    return Change(change.place, change.before or was.get(change.key, ""), change.after or now.get(change.key, ""))


def owner(place: Place) -> str:
    """The id of the question that a place belongs to; empty for all else."""
    if place[0] == "question":
        return place[1]
    key = place[-1] if place[0] == "texts" else ""
    return key.partition(".")[0] if "." in key else _OWNERS.get(key, "")


def joined(base: Place, mine: Place, theirs: Place) -> tuple[Place, bool]:
    """Two people's edits of one list: what either added or removed; and whether both put it into another order."""
    i_moved, they_moved = _order(base, mine) != _order(mine, base), _order(base, theirs) != _order(theirs, base)
    first, second = (mine, theirs) if i_moved else (theirs, mine)
    found = [one for one in first if one in second or one not in base]
    for index, one in enumerate(second):
        if one not in found and one not in base:
            before = [other for other in second[:index] if other in found]
            found.insert(found.index(before[-1]) + 1 if before else 0, one)
    clash = i_moved and they_moved and _order(mine, theirs) != _order(theirs, mine)
    return tuple(found), clash


def _put(merged: Flat, change: Change, base: Any, theirs: Any) -> list[Change]:
    """Bring one change of mine in; what clashes."""
    if isinstance(change.after, tuple) and isinstance(theirs, tuple) and isinstance(base, tuple):
        merged[change.place], clash = joined(base, change.after, theirs)
        return [Change(change.place, change.after, theirs)] if clash else []
    if change.after is None:
        merged.pop(change.place, None)
    else:
        merged[change.place] = change.after
    return [] if theirs in (change.before, change.after) else [Change(change.place, change.after, theirs)]


def _removed(base: Flat, mine: Flat, theirs: Flat) -> Iterator[tuple[str, Flat]]:
    """The questions that exactly one of us removed, and who."""
    for ident in base["questions",]:
        here, there = ident in mine["questions",], ident in theirs["questions",]
        if here != there:
            yield ident, theirs if here else mine


def _restore(merged: Flat, kept: set[str], order: Place) -> None:
    """Put back what the other removed while I changed it, where I have it."""
    found = list(merged["questions",])
    for index, ident in enumerate(order):
        if ident in kept and ident not in found:
            before = [other for other in order[:index] if other in found]
            found.insert(found.index(before[-1]) + 1 if before else 0, ident)
    merged["questions",] = tuple(found)


def _of(values: Flat, ident: str) -> Flat:
    return {place: value for place, value in values.items() if owner(place) == ident}


def _order(one: Place, other: Place) -> Place:
    """The elements of `one` that `other` has too, in order."""
    return tuple(ident for ident in one if ident in other)


def _still(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _loose(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _rank(place: Place) -> tuple[int, int, int, Place]:
    if place[0] == "texts":
        locale = LOCALES.index(place[1]) if place[1] in LOCALES else len(LOCALES)
        key = _ORDER.index(place[2]) if place[2] in _ORDER else len(_ORDER)
        return (2, locale, key, place)
    if place[0] in {"question", "questions"}:
        return (1, 0, 0, place)
    return (0, 0, _SETTINGS.index(place[0]) if place[0] in _SETTINGS else len(_SETTINGS), place)
