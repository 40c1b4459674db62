"""What comments are searched by: words without capitals and marks, taken from comments and from wishes in one way.

Both databases are given words that are cut and folded here, so that both find the same, in every script.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

from surveys.folding import folded

LONGEST_WISH: Final = 200
"""Characters of a wish that count."""
MOST_PARTS: Final = 12
"""Words and phrases of a wish that count."""
LONGEST_WORD: Final = 60
MOST_WORDS: Final = 5_000
"""Of a comment; its database allows 16,383 places."""

_WIDE: Final = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts that put no space between words: each sign is a word, and several in a row are a phrase."""
_WORD: Final = re.compile(rf"[{_WIDE}]|[^\W_{_WIDE}]+")
_STANDS_ALONE: Final = re.compile(f"[{_WIDE}]")
_RUN: Final = re.compile(rf"[{_WIDE}]|(?:(?![{_WIDE}])(?:[^\W_]|[\u0300-\u036f\u00ad]))+")
_QUOTES: Final = re.compile('["“”„«»‟]')
_PLACES: Final = 22
"""Bits that tell responses of one millisecond apart."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST: Final = (1 << 63) - 1
"""Databases keep places as whole numbers of 64 bits: what lies behind it, no answer does."""


@dataclass(frozen=True, slots=True)
class Part:
    """Words that must follow one another; of a `prefix` the last word may go on."""

    words: tuple[str, ...]
    prefix: bool = False

    def within(self, words: Sequence[str]) -> bool:
        """Whether they are somewhere in `words`."""
        return any(self._at(words, place) for place in range(len(words) - len(self.words) + 1))

    def _at(self, words: Sequence[str], place: int) -> bool:
        *first, last = self.words
        end = place + len(first)
        return list(words[place:end]) == first and (words[end].startswith(last) if self.prefix else words[end] == last)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for: every part must be there. Without parts (only signs were typed) nothing is found."""

    parts: tuple[Part, ...]

    def found_in(self, comment: str) -> bool:
        words = words_of(comment)
        return bool(self.parts) and all(part.within(words) for part in self.parts)


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded(text))[:MOST_WORDS]]


def stands_alone(word: str) -> bool:
    """Whether a word is one sign of a script without spaces, which never goes on."""
    return _STANDS_ALONE.fullmatch(word) is not None


def wish_of(typed: str | None) -> Wish | None:
    """What was typed into the box, whatever it was; None when nothing was. The word being typed may go on."""
    text = (typed or "")[:LONGEST_WISH]
    if not text.strip():
        return None
    pieces = _QUOTES.split(text)
    parts: list[Part] = []
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        parts += _quoted(piece, going_on=last) if number % 2 else _loose(piece, going_on=last)
    return Wish(tuple(parts[:MOST_PARTS]))


def _quoted(piece: str, *, going_on: bool) -> Iterator[Part]:
    words = words_of(piece)
    if words:
        yield Part(tuple(words), going_on)


def _loose(piece: str, *, going_on: bool) -> Iterator[Part]:
    chunks = piece.split()
    for number, chunk in enumerate(chunks):
        words = words_of(chunk)
        if words:  # "don't" is two words that follow one another
            typing = going_on and number == len(chunks) - 1 and not piece[-1:].isspace()
            yield Part(tuple(words), typing)


def marked(comment: str, wish: Wish | None, *, before: int = 60) -> list[tuple[str, bool]]:
    """A comment in pieces, and which of them were looked for; it begins shortly in front of the first of these."""
    if wish is None or not wish.parts:
        return [(comment, False)]
    words = [(match.start(), match.end(), one) for match in _RUN.finditer(comment) for one in words_of(match[0])]
    found = sorted(set(_hits([one for _, _, one in words], wish)))
    pieces: list[tuple[str, bool]] = []
    at = _beginning(comment, words[found[0]][0], before) if found else 0
    if at:
        pieces.append(("… ", False))
    for start, end in dict.fromkeys(words[place][:2] for place in found):
        pieces += [(comment[at:start], False), (comment[start:end], True)]
        at = end
    return [piece for piece in (*pieces, (comment[at:], False)) if piece[0]]


def _hits(words: Sequence[str], wish: Wish) -> Iterator[int]:
    for part in wish.parts:
        for place in range(len(words) - len(part.words) + 1):
            if part.within(words[place : place + len(part.words)]):
                yield from range(place, place + len(part.words))


def _beginning(comment: str, first: int, before: int) -> int:
    """Where to begin so that the first find is seen: at a word."""
    if first <= 2 * before:
        return 0
    space = comment.find(" ", first - before, first)
    return space + 1 if space >= 0 else first


def fact(kind: str, value: object) -> str:
    """A word that no text has, for what an answer is filtered by; two values may share one, so rows are asked too."""
    return f"_{kind}{blake2b(str(value).encode('utf-8', 'replace'), digest_size=5).hexdigest()}"


def place_of(at: datetime, ident: uuid.UUID) -> int:
    """Where a response stands among all, as one number: by the millisecond, then by what its id says."""
    millis = int(at.timestamp() * 1000)
    tail = (ident.int >> 64 & 0xFFF) << 10 | ident.int >> 52 & 0x3FF
    return millis << _PLACES | tail


def place_at(at: datetime, *, after: bool = False) -> int:
    """The first place of the millisecond of `at`, or the first one `after` it; of distant years the farthest one."""
    place = int(at.timestamp() * 1000) + after << _PLACES
    return max(-_FARTHEST, min(place, _FARTHEST))


def moment_of(place: int) -> datetime:
    """The millisecond of a place."""
    return _EPOCH + timedelta(milliseconds=place >> _PLACES)


def fts_query(wish: Wish | None, facts: Iterable[str], either: Iterable[Part] = ()) -> str:
    """The wish, the facts and one of `either` in the words of FTS5; every word is quoted, so nothing typed is an
    operator.
    """

    def said(part: Part) -> str:
        return f'"{" ".join(part.words)}"{" *" if part.prefix else ""}'

    some = " OR ".join(map(said, either))
    asked = [*map(said, wish.parts if wish else ()), *([f"({some})"] if some else [])]
    return " AND ".join([*asked, *facts_said(facts, '"{}"', "({})", " OR ")])


def ts_query(wish: Wish | None, facts: Iterable[str], either: Iterable[Part] = ()) -> str:
    """The same in the words of PostgreSQL."""

    def said(part: Part) -> str:
        words = [f"'{word}'" for word in part.words]
        words[-1] += ":*" if part.prefix else ""
        return f"({' <-> '.join(words)})"

    some = " | ".join(map(said, either))
    asked = [*map(said, wish.parts if wish else ()), *([f"({some})"] if some else [])]
    return " & ".join([*asked, *facts_said(facts, "'{}'", "({})", " | ")])


def facts_said(facts: Iterable[str], quoted: str, group: str, either: str) -> Iterator[str]:
    """Each fact in a database's words; several with spaces between are such that one of them is enough."""
    for one in facts:
        names = [quoted.format(name) for name in one.split()]
        yield names[0] if len(names) == 1 else group.format(either.join(names))


def vector(words: Sequence[str], facts: Iterable[str]) -> str:
    """A document in the words of PostgreSQL: every word with its places, facts without one."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(place)
    said = [f"'{word}':{','.join(map(str, at[:255]))}" for word, at in places.items()]
    return " ".join([*said, *(f"'{one}'" for one in facts)])
