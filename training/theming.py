"""Themes: thirteen yes-or-no questions to the same features.

First a table from the comments alone; then weights of words by their meaning (`meaning.py`), learnt beside what tables
that had not seen a comment say of it. Both are one table in the end. Behind it is a step that knows of the other themes
and of the comment's length (`feedback.sentiment.beside`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from training.fitting import matrix, normal, telling, whole_numbers
from training.meaning import Given, Words, fitted
from training.measuring import micro, truth
from training.rows import THEMES, Row, byte

STRENGTH = 10.0
FOLDS = 3
MOST = 160_000
"""Rows of the table of themes."""
STRETCHED = 3.5
"""About the root of the number of features that a word has, by which a comment's divisor is larger than its words'."""


class Comments:
    """Comments to learn from, and which of them are left out together."""

    def __init__(self, rows: list[Row]) -> None:
        self.counts = matrix([row.text for row in rows])
        self.features = normal(self.counts)
        number = np.asarray(self.counts.sum(axis=1)).ravel()
        self.divisor = (STRETCHED / np.sqrt(np.maximum(number, 1))).astype(np.float32)
        self.used = np.flatnonzero(np.asarray((self.counts > 0).sum(axis=0)).ravel() >= 2)
        self.words = Words()
        self.words.keep_own(self.counts, self.words.counts([row.text for row in rows]))
        self.bags = self.counts[:, self.words.rows].tocsr()
        self.yes = truth(rows)
        self.fold = np.array([hashlib.sha256(row.text.encode()).digest()[1] % FOLDS for row in rows])
        self._tables: dict[frozenset[int], tuple[np.ndarray, np.ndarray]] = {}

    def first(self, left_out: Collection[int]) -> tuple[np.ndarray, np.ndarray]:
        """The table of pieces, words and pairs alone, from all folds but these."""
        key = frozenset(left_out)
        if key not in self._tables:
            chosen = ~np.isin(self.fold, list(key))
            self._tables[key] = _table(self.counts[:, self.used][chosen], self.yes[chosen])
        return self._tables[key]

    def whole(self, left_out: Collection[int]) -> tuple[np.ndarray, np.ndarray]:
        """Everything that is learnt from all folds but these, as one table of 2^20 rows, and its bias."""
        said = np.zeros(self.yes.shape, dtype=np.float32)
        for out in range(FOLDS):
            if out not in left_out:
                table, bias = self.first({*left_out, out})
                inside = self.fold == out
                said[inside] = self.features[inside][:, self.used] @ table + bias
        chosen = ~np.isin(self.fold, list(left_out))
        given = Given(self.bags[chosen], self.divisor[chosen], said[chosen], self.yes[chosen])
        found, turned, shift = fitted(self.words, given)
        table, bias = self.first(left_out)
        found *= STRETCHED
        found[self.used] += table @ turned
        return found, bias @ turned + shift


def _table(counts: sparse.csr_matrix, yes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    features = normal(counts)
    table, bias = np.zeros((counts.shape[1], len(THEMES))), np.zeros(len(THEMES))
    for k in range(len(THEMES)):
        weight = np.abs(telling(counts, yes[:, k])).astype(np.float32)
        model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0, tol=1e-2)
        model.fit((features @ sparse.diags(weight)).tocsr(), yes[:, k])
        table[:, k], bias[k] = model.coef_[0] * weight, model.intercept_[0]
    return table, bias


def _short(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The strongest rows, as whole numbers of a unit."""
    strongest = np.sort(np.argsort(-np.abs(table).max(axis=1), kind="stable")[:MOST])
    numbers, unit = whole_numbers(table[strongest])
    return strongest, numbers, unit


def build(rows: list[Row]) -> tuple[dict[str, object], dict[str, object], dict[str, np.ndarray]]:
    """The numbers and arrays of the model file, those of the table and of the step behind it apart."""
    given = Comments(rows)
    logits = np.zeros(given.yes.shape)
    for out in range(FOLDS):
        table, bias = given.whole({out})
        strongest, numbers, unit = _short(table)
        inside = given.fold == out
        logits[inside] = given.features[inside][:, strongest] @ (numbers * unit) + bias
    lengths = np.asarray(given.counts.sum(axis=1)).ravel()
    behind = _beside(logits, lengths, given.yes, np.array([byte(row, 5) % 2 for row in rows]))
    table, bias = given.whole(())
    strongest, numbers, unit = _short(table)
    arrays = {"theme_rows": strongest.astype(np.int32), "theme_weights": numbers}
    return {"scale": unit, "bias": bias.tolist()}, behind, arrays


def _beside(logits: np.ndarray, lengths: np.ndarray, yes: np.ndarray, half: np.ndarray) -> dict[str, object]:
    """The step behind logits that have not seen the comments; from where on a theme counts is told by halves, each of
    which was not fitted to.
    """
    shares, room = 1 / (1 + np.exp(-logits)), np.log1p(lengths)[:, None]
    given = np.hstack([logits, shares, room])
    unseen = np.zeros(yes.shape)
    for out in (0, 1):
        weights, bias = _answers(given[half != out], yes[half != out])
        unseen[half == out] = given[half == out] @ weights + bias
    limits = limits_of(unseen, yes)
    print(f"    themes, unseen: micro-F1 {micro(yes, logits >= limits_of(logits, yes)):.3f} alone", end=", ")
    print(f"{micro(yes, unseen >= limits):.3f} beside the others")
    weights, bias = _answers(given, yes)
    many = logits.shape[1]
    parts = {"logits": weights[:many], "shares": weights[many:-1], "length": weights[-1], "bias": bias - limits}
    return {name: np.round(part, 4).tolist() for name, part in parts.items()}


def _answers(given: np.ndarray, yes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of numbers by theme, and their bias."""
    models = [LogisticRegression(C=STRENGTH, max_iter=1000).fit(given, yes[:, k]) for k in range(yes.shape[1])]
    return np.stack([model.coef_[0] for model in models], axis=1), np.array([model.intercept_[0] for model in models])


def limits_of(logits: np.ndarray, yes: np.ndarray) -> np.ndarray:
    """From where on a theme counts as spoken of, so that micro-F1 is highest."""
    limits = np.full(len(THEMES), -1.0)
    for _ in range(2):
        for k in range(len(THEMES)):
            limits[k] = max(np.arange(-3.0, 0.6, 0.1), key=lambda at: micro(yes, logits >= _with(limits, k, at)))
    return limits


def _with(limits: np.ndarray, place: int, value: float) -> np.ndarray:
    found = limits.copy()
    found[place] = value
    return found
