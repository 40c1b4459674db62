"""The built-in engine: one table for fifteen languages, needing NumPy and one file, docs/sentiment.md says how good.

A comment is cut into parts; the features of each part are rows of a table of small whole numbers; their sums, through
a calibrated softmax, are the probabilities of negative, neutral and positive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from feedback.sentiment.blending import blended
from feedback.sentiment.engine import Label, Part, Score
from feedback.sentiment.features import fold, rows_of
from feedback.sentiment.parting import parts_of
from feedback.sentiment.saying import says_something
from feedback.sentiment.table import Packed, Table, load, rooted
from feedback.sentiment.themes import THEMES

LANGUAGES: Final = frozenset(
    {"en", "sl", "pl", "el", "ru", "de", "fr", "es", "it", "pt", "nl", "hr", "sr", "bs", "cs", "sk", "und"}
)
"""What it was trained on. "und": words it may still know, such as "ok" or an emoji."""

_LABELS: Final[tuple[Label, ...]] = ("negative", "neutral", "positive")
_BATCH: Final = 256


class NgramEngine:
    name = "ngram"

    def __init__(self, table: Table | None = None) -> None:
        self.table = table or load()
        self.version = self.table.version

    def reads(self, language: str) -> bool:
        return language in LANGUAGES

    def score(self, comments: Sequence[str]) -> list[Score | None]:
        """The sentiment of each comment, None where it carries none: digits, signs, "n/a"."""
        found: list[Score | None] = []
        for at in range(0, len(comments), _BATCH):
            found += self._score(comments[at : at + _BATCH])
        return found

    def _score(self, comments: Sequence[str]) -> list[Score | None]:
        told = [at for at, comment in enumerate(comments) if says_something(comment)]
        found: list[Score | None] = [None] * len(comments)
        if told:
            sums = Sums(self.table, [comments[at] for at in told])
            for at, score in zip(told, scores(sums, self.table), strict=True):
                found[at] = score
        return found


def scores(sums: Sums, table: Table) -> list[Score | None]:
    """Labels, themes and parts, from probabilities."""
    part = sums.parts[:, 2] - sums.parts[:, 0]
    whole = sums.wholes[:, 2] - sums.wholes[:, 0]
    both = mixed(sums, table.mixed)
    labels = sums.wholes.argmax(axis=1)
    right = np.interp(sums.wholes.max(axis=1), *table.confidence)
    spoken: dict[int, list[int]] = {}
    for comment, theme in zip(*(at.tolist() for at in (sums.whole_themes >= 0).nonzero()), strict=True):
        spoken.setdefault(comment, []).append(theme)
    found: list[Score | None] = []
    for at, spans in enumerate(sums.spans):
        if sums.empty[at]:
            found.append(None)
            continue
        label: Label = "mixed" if both[at] else _LABELS[labels[at]]
        confidence = table.mixed["right"] if both[at] else float(right[at])
        themes = tuple(_theme(sums, part, at, theme, float(whole[at])) for theme in spoken.get(at, ()))
        parts = _parts(sums, part, at) if len(spans) > 1 else ()
        found.append(Score(label, round(float(whole[at]), 4), round(confidence, 4), themes, parts))
    return found


def mixed(sums: Sums, bounds: Mapping[str, float]) -> np.ndarray:
    """Which comments have a clearly good and a clearly bad part, and no clear whole."""
    if len(sums.parts) == len(sums.wholes):
        return np.zeros(len(sums.wholes), dtype=bool)
    part, whole = sums.parts[:, 2] - sums.parts[:, 0], sums.wholes[:, 2] - sums.wholes[:, 0]
    worst, best = np.minimum.reduceat(part, sums.first), np.maximum.reduceat(part, sums.first)
    found: np.ndarray = (best >= bounds["side"]) & (worst <= -bounds["side"]) & (np.abs(whole) <= bounds["whole"])
    return found


def _theme(sums: Sums, part: np.ndarray, at: int, theme: int, whole: float) -> tuple[str, float]:
    """A theme with the polarity of the part that speaks of it most."""
    begin, count = sums.first[at], len(sums.spans[at])
    most = begin + int(sums.part_themes[begin : begin + count, theme].argmax())
    return THEMES[theme], round((float(part[most]) + whole) / 2, 4)


def _parts(sums: Sums, part: np.ndarray, at: int) -> tuple[Part, ...]:
    begin = int(sums.first[at])
    return tuple(
        Part(a, b, _LABELS[int(sums.parts[begin + n].argmax())], round(float(part[begin + n]), 4))
        for n, (a, b) in enumerate(sums.spans[at])
    )


class Sums:
    """What the table says of each part of some comments, and of each comment as a whole."""

    def __init__(self, table: Table, comments: Sequence[str]) -> None:
        self.spans = [parts_of(comment) for comment in comments]
        pieces = [comment[a:b] for comment, spans in zip(comments, self.spans, strict=True) for a, b in spans]
        several = len(pieces) > len(comments)
        of_comment = np.fromiter(map(len, self.spans), dtype=np.int64, count=len(comments))
        self.first = of_comment.cumsum() - of_comment
        rows, part = rows_of(fold(pieces))
        features = np.bincount(part, minlength=len(pieces))
        at = table.theme_at.take(rows)
        sentiment, themes = _summed(table.sentiment, rows, features), _summed(table.themes, at, features)
        whole: np.ndarray = np.add.reduceat(features, self.first) if several else features
        self.empty = whole == 0
        root = rooted(features)
        scaled, self.part_themes = table.sentiment.scaled(sentiment, root), table.themes.scaled(themes, root)
        root = rooted(whole) if several else root
        judged = table.sentiment.scaled(np.add.reduceat(sentiment, self.first), root) if several else scaled
        self.likeness = judged[:, -1]
        self.parts = self.wholes = _softmax(blended(judged, self.likeness, table.gate))
        spoken = self.part_themes
        if several:
            self.parts = _softmax(blended(scaled, np.repeat(self.likeness, of_comment), table.gate))
            spoken = table.themes.scaled(np.add.reduceat(themes, self.first), root)
        self.whole_themes = table.beside(spoken, whole)


def _summed(packed: Packed, rows: np.ndarray, features: np.ndarray) -> np.ndarray:
    """The sum of the table's columns over the rows of each part, whose numbers of features these are."""
    if features.all():
        return packed.sums(rows, features.cumsum() - features, features)
    found = np.zeros((len(features), packed.columns), dtype=np.int64)
    filled = features.nonzero()[0]
    if len(filled):
        counts = features[filled]
        found[filled] = packed.sums(rows, np.cumsum(counts) - counts, counts)
    return found


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return shares
