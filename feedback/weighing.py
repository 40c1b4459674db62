"""Which of many phrases are shown: those that many comments have, and longer ones in place of their own parts.

The measure is the C-value (Frantzi, Ananiadou, Mima: Automatic recognition of multi-word terms, International Journal
on Digital Libraries 3(2), 2000). With n the comments that have a phrase of w words, and the longer phrases that it is
part of:

    C = (1 + log₂ w) · (n − the mean n of those longer phrases)

Their log₂ w, which is 0 for one word, is for terms of at least two; 1 + log₂ w lets single words take part
(Barrón-Cedeño, Sierra, Drouin, Ananiadou: An improved automatic term recognition method for Spanish, 2009).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import log2

FEWEST = 5
"""Comments that must have a phrase before anybody is shown it: fewer would point at persons."""
MOST = 40
"""Phrases that are shown of one language."""
EXPLAINED = 0.5
"""A phrase is left out when one longer phrase alone is in more than this share of its comments."""


def chosen(counts: Mapping[str, int], *, fewest: int = FEWEST, most: int = MOST) -> list[str]:
    """The phrases to show, weightiest first, of how many comments have each; a phrase is its lemmas in the order of
    the alphabet.
    """
    enough = {key: n for key, n in counts.items() if n >= fewest}
    longer = _longer(enough)
    weights = {key: c_value(key, n, [enough[one] for one in longer.get(key, ())]) for key, n in enough.items()}
    kept = [
        key
        for key, n in enough.items()
        if weights[key] > 0 and all(enough[one] <= EXPLAINED * n for one in longer.get(key, ()))
    ]
    return sorted(kept, key=lambda key: (-weights[key], -enough[key], key))[:most]


def c_value(key: str, n: int, longer: Sequence[int]) -> float:
    """`longer`: how many comments have each of the longer phrases that this one is part of."""
    elsewhere = sum(longer) / len(longer) if longer else 0.0
    return (1 + log2(len(key.split()))) * (n - elsewhere)


def _longer(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """The longer phrases that each is part of."""
    found: dict[str, list[str]] = {}
    for key in counts:
        for part in _parts(key):
            if part in counts:
                found.setdefault(part, []).append(key)
    return found


def _parts(key: str) -> Iterator[str]:
    words = key.split()
    for size in range(1, len(words)):
        yield from map(" ".join, combinations(words, size))
