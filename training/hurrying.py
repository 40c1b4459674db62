"""Comments as people write them in a hurry: no capitals, accents or stop, a slip of a finger, a wrong keyboard."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from training.lettering import KEYBOARDS, latin
from training.rows import Row, byte

UNTOUCHED, LATIN = 0.25, 0.06
"""Shares of the comments that stay as they are; and, of those in Greek and Russian, that are put in Latin letters."""
_OF_THEIR_OWN = {"\u0306"}
"""The breve of й is part of a letter, not an accent that is left out in a hurry."""


def bare(text: str) -> str:
    """Without accents."""
    told = unicodedata.normalize("NFD", text.replace("ł", "l").replace("Ł", "L").replace("đ", "d"))
    left = "".join(char for char in told if unicodedata.category(char) != "Mn" or char in _OF_THEIR_OWN)
    return unicodedata.normalize("NFC", left)


def _stopless(text: str) -> str:
    return text.rstrip(".!…")


def _slip(text: str, chance: np.random.Generator) -> str:
    """A letter left out, doubled or swapped with the next, inside one of the longer words."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return text
    at = long[int(chance.integers(len(long)))]
    word, place = words[at], int(chance.integers(1, len(words[at]) - 2))
    before, here, then, after = word[:place], word[place], word[place + 1], word[place + 2 :]
    words[at] = before + (then + here, then, here + here + then)[int(chance.integers(3))] + after
    return " ".join(words)


def hurried(row: Row) -> Row:
    """The row with its text in a hurry; what happens to it depends on the text alone."""
    chance = np.random.default_rng([byte(row, place) for place in range(8, 16)])
    if chance.random() < UNTOUCHED:
        return row
    text = row.text
    if row.lang in KEYBOARDS and chance.random() < LATIN:
        ways = KEYBOARDS[row.lang]
        return replace(row, text=latin(text, ways[int(chance.integers(len(ways)))]))
    ways_of_haste: tuple[tuple[float, Callable[[str], str]], ...] = (
        (0.5, str.lower),
        (0.4, bare),
        (0.5, _stopless),
        (0.5, lambda told: _slip(told, chance)),
    )
    for share, way in ways_of_haste:
        if chance.random() < share:
            text = way(text)
    return replace(row, text=text) if text.strip() else row
