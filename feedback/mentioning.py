"""Who is spoken to in a note: `@` and a name, a first name that only one has, or an address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MARK = re.compile(r"(?<![\w@.])@(?=\w)")


@dataclass(frozen=True)
class Mentions:
    """Ids of those spoken to, in order and each once; and what follows an `@` that nobody here is called."""

    found: tuple[str, ...]
    unknown: tuple[str, ...]


def mentions(text: str, people: Sequence[tuple[str, str, str]]) -> Mentions:
    """`people`: id, name, address. The longest name wins, so that "@Ana Kos" is not Ana Lipa."""
    called = _called(people)
    found: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for mark in _MARK.finditer(text):
        rest = text[mark.end() :].casefold()
        name = next((name for name in called if rest.startswith(name) and not _goes_on(rest, len(name))), None)
        if name is not None:
            found.setdefault(called[name])
        else:
            unknown.setdefault(re.match(r"[\w.@-]*\w", text[mark.end() :])[0])  # type: ignore[index] # the mark looked ahead
    return Mentions(tuple(found), tuple(unknown))


def _called(people: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """What each person may be called → their id, the longest first. What two are called is nobody's."""
    owners: dict[str, set[str]] = {}
    for ident, name, email in people:
        words = name.casefold().split()
        for one in {" ".join(words), words[0] if words else "", email.casefold()} - {""}:
            owners.setdefault(one, set()).add(ident)
    sure = {name: next(iter(idents)) for name, idents in owners.items() if len(idents) == 1}
    return dict(sorted(sure.items(), key=lambda one: -len(one[0])))


def _goes_on(rest: str, length: int) -> bool:
    """Whether the word that ends at `length` is only the beginning of a longer one."""
    return re.match(r"\w|[.@-]\w", rest[length : length + 2]) is not None
