"""Own topics as lists of words: what was typed, what is wrong with it, and which comments speak of them.

A word means itself, however it is written ("délai" is "Delai"); with `*` behind it, all words that begin so. Several
words must follow one another, and only the last of them may go on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from feedback.searching import Part, words_of

MOST_WORDS = 50
"""Words of one topic."""
LONGEST_WORD = 60
SHORTEST_BEGINNING = 2
"""Letters in front of a `*`."""

_APART = re.compile(r"[,;\n\r]+")


def typed_words(text: str) -> tuple[str, ...]:
    """What stands between commas or on lines of its own, each once."""
    parts = (" ".join(part.replace("\0", "").split()) for part in _APART.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def part_of(word: str) -> Part:
    """What a comment must have somewhere to speak of it."""
    return Part(tuple(words_of(word)), word.endswith("*"))


def parts_of(words: Collection[str]) -> tuple[Part, ...]:
    return tuple(part for part in map(part_of, words) if part.words)


def speaks(comment_words: Sequence[str], parts: Collection[Part]) -> bool:
    """Whether a comment, as `searching.words_of` cuts it, has one of them."""
    return any(part.within(comment_words) for part in parts)
