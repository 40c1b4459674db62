"""Which words of a comment carried its sentiment: the weights of each word's features, summed.

Asked for one comment at a time, when somebody wants to know; nothing of it is stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from feedback.sentiment.blending import shares_of, weight_of
from feedback.sentiment.features import fold, rows_of
from feedback.sentiment.ngram import Sums
from feedback.sentiment.table import Table

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]+")
_MOST: Final = 400
"""Words of a comment that are looked at."""
_SILENT: Final = 0.12
"""Share of the strongest word's weight below which a word is not marked."""


@dataclass(frozen=True)
class Word:
    """A stretch of the comment and how much it spoke for good (up to 1) or bad (down to −1)."""

    begin: int
    end: int
    weight: float


def words_of(comment: str, table: Table) -> list[Word]:
    """The words that carried the sentiment, in their order; the strongest has a weight of ±1."""
    found = [(one.start(), one.end()) for one in _WORD.finditer(comment)][:_MOST]
    folded = fold([comment[a:b] for a, b in found])
    kept = [at for at, text in enumerate(folded) if text]
    if not kept:
        return []
    texts = [folded[at] for at in kept]
    home, abroad = shares_of(weight_of(Sums(table, [comment]).likeness, table.gate), table.gate)
    trust = np.array([home[0], abroad[0]])
    weights = _pull(texts, table, trust)
    if len(texts) > 1:
        together = _pull([f"{a} {b}" for a, b in pairwise(texts)], table, trust)
        pairs = together - weights[:-1] - weights[1:]
        weights = weights.copy()
        weights[:-1] += pairs / 2
        weights[1:] += pairs / 2
    strongest = float(np.abs(weights).max()) or 1.0
    shares = weights / strongest
    return [
        Word(*found[at], round(float(share), 2))
        for at, share in zip(kept, shares, strict=True)
        if abs(share) >= _SILENT
    ]


def _pull(texts: list[str], table: Table, trust: np.ndarray) -> np.ndarray:
    """How far the features of each text pull from negative to positive."""
    rows, owner = rows_of(texts)
    counts = np.bincount(owner, minlength=len(texts))
    starts = np.cumsum(counts) - counts
    sums = table.sentiment.sums(rows, starts, counts)
    scaled = sums * table.sentiment.scale
    pull: np.ndarray = (scaled[:, 1] - scaled[:, 0]) * trust[0] + (scaled[:, 3] - scaled[:, 2]) * trust[1]
    return pull
