"""Lists of words, of own topics and of alerts: what was typed, what is wrong with it, and which comments have them.

A word means itself, however it is written ("délai" is "Delai"); with `*` behind it, all words that begin so. Several
words must follow one another, and only the last of them may go on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from feedback.searching import Part, stands_alone, words_of

MOST_WORDS = 50
"""Words of one list."""
LONGEST_WORD = 60
SHORTEST_BEGINNING = 2
"""Letters in front of a `*`."""
MOST_KNOWN = 100_000
"""Words of comments that are remembered while these are gone through."""

_APART = re.compile(r"[,;\n\r]+")


def typed_words(text: str) -> tuple[str, ...]:
    """What stands between commas or on lines of its own, each once."""
    parts = (" ".join(part.replace("\0", "").split()) for part in _APART.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def part_of(word: str) -> Part:
    """What a comment must have somewhere to speak of it. A `*` that `problem_with` objects to means nothing."""
    words = tuple(words_of(word))
    begins = word.endswith("*") and "*" not in word[:-1] and not word[-2:-1].isspace()
    return Part(words, begins and bool(words) and _may_go_on(words[-1]))


def problem_with(word: str) -> str | None:
    """Why nothing can be looked for by it."""
    words = words_of(word)
    if not words:
        return f"“{word}” has no letters or digits to look for."
    if "*" in word[:-1]:
        return f"“{word}”: * may only stand at the end, as in deliver*."
    if word.endswith("*") and not stands_alone(words[-1]) and not part_of(word).prefix:
        return f"“{word}”: write at least {SHORTEST_BEGINNING} letters right in front of *."
    return None


def parts_of(words: Collection[str]) -> tuple[Part, ...]:
    return tuple(part for part in map(part_of, words) if part.words)


def _may_go_on(word: str) -> bool:
    return len(word) >= SHORTEST_BEGINNING and not stands_alone(word)


class Patterns:
    """Lists of words, so looked for that a comment is gone through once for all of them."""

    def __init__(self, lists: Sequence[Collection[Part]]) -> None:
        whole: dict[str, int] = {}
        begun: dict[str, int] = {}
        self._rows: dict[str, list[tuple[str, int]]] = {}
        for number, parts in enumerate(lists):
            for part in parts:
                first, *others = part.words
                if others:
                    row = f" {' '.join(part.words)}{'' if part.prefix else ' '}"
                    self._rows.setdefault(first, []).append((row, 1 << number))
                else:
                    into = begun if part.prefix else whole
                    into[first] = into.get(first, 0) | 1 << number
        self._known = _Known(whole, begun)

    def spoken(self, comment_words: Sequence[str]) -> int:
        """Which lists a comment, as `searching.words_of` cuts it, has a word of: one bit each, the first the lowest."""
        found, words = 0, set(comment_words)
        for hit in map(self._known.__getitem__, words):
            found |= hit
        if begun := self._rows.keys() & words:
            said = f" {' '.join(comment_words)} "
            for row, bit in (one for first in begun for one in self._rows[first]):
                if not found & bit and row in said:
                    found |= bit
        return found


class _Known(dict[str, int]):
    """Which lists each word speaks of. Comments say the same words again and again: each is looked up once."""

    def __init__(self, whole: Mapping[str, int], begun: Mapping[str, int]) -> None:
        self._whole, self._begun = whole, begun
        self._lengths = sorted({len(one) for one in begun})

    def __missing__(self, word: str) -> int:
        if len(self) > MOST_KNOWN:
            self.clear()
        found = self._whole.get(word, 0)
        for length in self._lengths:
            found |= self._begun.get(word[:length], 0)
        self[word] = found
        return found
