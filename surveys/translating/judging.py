"""What of a translator's file can be taken into a survey, and why the rest cannot. Files come from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from surveys.translating import codes
from surveys.translating.rows import Row, own_texts, rows, with_texts
from surveys.validating import clean, limit_of, text_flaw
from surveys.wording import EDITABLE, Document, is_question

LARGEST: Final = 2_000_000
"""Bytes of a file."""
_NAMED: Final = "{name}"


class UnreadableError(Exception):
    """A file that is not what it should be, as a whole: a code, and what its sentence needs."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Unit:
    """One translated text as a file has it. `wrong` is a code where the row itself cannot be read."""

    locale: str
    key: str
    target: str = ""
    source: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that would change; `stale` when it was translated from a source that says something else by now."""

    locale: str
    key: str
    before: str
    after: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that cannot be taken, and why: a code, and what its sentence needs."""

    locale: str
    key: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file would change and what of it cannot be taken; `same` and `empty` are how many say nothing new."""

    taken: tuple[Taken, ...] = ()
    refused: tuple[Refused, ...] = ()
    same: int = 0
    empty: int = 0

    @property
    def strange(self) -> bool:
        """Whether most questions were translated from words that this survey does not say: another survey's file?"""
        about = [one.stale for one in self.taken if is_question(one.key)]
        return len(about) > 2 and sum(about) * 2 > len(about)


def judge(document: Document, units: Iterable[Unit], source: str) -> Verdict:
    """Look at every text of a file that was translated from the language `source`."""
    offered = list(units)
    known = {locale: _rows(document, source, locale) for locale in document["locales"]}
    taken, refused = dict[tuple[str, str], Taken](), list(_foreign(offered, known))
    same = empty = 0
    for unit in offered:
        if unit.locale not in known and not unit.wrong:
            continue
        row = known.get(unit.locale, {}).get(unit.key)
        if unit.wrong or row is None:
            refused.append(Refused(unit.locale, unit.key, unit.wrong or "unknown"))
            continue
        text = _plain(unit.target)
        if not text:
            empty += 1
        elif text == row.shown:
            same += 1
        elif wrong := _flaw(row, text) or _twice(taken.get((unit.locale, unit.key)), text):
            refused.append(wrong if wrong.locale else Refused(unit.locale, unit.key, wrong.code, wrong.values))
        else:
            stale = bool(unit.source) and _plain(unit.source) != row.source
            taken[unit.locale, unit.key] = Taken(unit.locale, unit.key, row.shown, text, stale)
    return Verdict(tuple(taken.values()), tuple(refused), same, empty)


def applied(document: Document, taken: Iterable[Taken]) -> dict[str, Any]:
    """The document with the new texts in it."""
    found = dict(document)
    changes: dict[str, dict[str, str]] = {}
    for one in taken:
        changes.setdefault(one.locale, {})[one.key] = one.after
    for locale, texts in changes.items():
        found = with_texts(found, locale, {**own_texts(found, locale), **texts})
    return found


def doubts(row: Row, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What is odd about a translation, though somebody may mean it: lost, invented or broken codes."""
    if codes.broken(text, row.source):
        yield "broken", {}
    if names := codes.lost(text, row.source):
        yield "lost", {"names": ", ".join(names)}
    if names := codes.invented(text, row.source, row.usual, "{company}", _NAMED if row.key in EDITABLE["mail"] else ""):
        yield "invented", {"names": ", ".join(names)}


def _rows(document: Document, source: str, locale: str) -> dict[str, Row]:
    return {row.key: row for row in rows(document, source, locale)}


def _foreign(units: Iterable[Unit], known: Mapping[str, Any]) -> Iterator[Refused]:
    """Each language that the survey does not speak, once."""
    foreign = [unit.locale for unit in units if unit.locale not in known and not unit.wrong]
    for locale in dict.fromkeys(foreign):
        yield Refused(locale, "", "language", {"count": foreign.count(locale)})


def _flaw(row: Row, text: str) -> Refused | None:
    if clean(text) != text:
        return Refused("", row.key, "control")
    if flaw := text_flaw(row.key, row.key, text):
        return Refused("", row.key, flaw.code, {"limit": limit_of(row.key), "count": len(text)})
    return next((Refused("", row.key, code, values) for code, values in doubts(row, text)), None)


def _twice(before: Taken | None, text: str) -> Refused | None:
    """The first of two different translations of one text is taken, the second told."""
    return Refused("", before.key, "twice") if before is not None and before.after != text else None


def _plain(text: str) -> str:
    """The text with one kind of line end and without outer space; control characters stay, to be told."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
