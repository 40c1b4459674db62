"""Themes: thirteen yes-or-no questions to the same features."""

from __future__ import annotations

import hashlib

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from training.fitting import matrix, normal, telling, whole_numbers
from training.measuring import micro, truth
from training.rows import THEMES, Row

STRENGTH = 1.0
FOLDS = 3
MOST = 160_000
"""Rows of the table of themes."""


def _fitted(counts: sparse.csr_matrix, yes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    features = normal(counts)
    table, bias = np.zeros((counts.shape[1], len(THEMES))), np.zeros(len(THEMES))
    for k in range(len(THEMES)):
        weight = np.abs(telling(counts, yes[:, k])).astype(np.float32)
        model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0, tol=1e-2)
        model.fit((features @ sparse.diags(weight)).tocsr(), yes[:, k])
        table[:, k], bias[k] = model.coef_[0] * weight, model.intercept_[0]
    return table, bias


def build(rows: list[Row]) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """The numbers and arrays of the model file."""
    counts = matrix([row.text for row in rows])
    used = np.flatnonzero(np.asarray((counts > 0).sum(axis=0)).ravel() >= 2)
    inner, yes = counts[:, used], truth(rows)
    fold = np.array([hashlib.sha256(row.text.encode()).digest()[1] % FOLDS for row in rows])
    logits = np.zeros(yes.shape)
    for out in range(FOLDS):
        table, bias = _fitted(inner[fold != out], yes[fold != out])
        logits[fold == out] = normal(inner[fold == out]) @ table + bias
    limits = limits_of(logits, yes)
    print(f"    themes, unseen: micro-F1 {micro(yes, logits >= limits):.3f}")
    table, bias = _fitted(inner, yes)
    strongest = np.sort(np.argsort(-np.abs(table).max(axis=1), kind="stable")[:MOST])
    numbers, unit = whole_numbers(table[strongest])
    arrays = {"theme_rows": used[strongest].astype(np.int32), "theme_weights": numbers}
    return {"scale": unit, "bias": (bias - limits).tolist()}, arrays


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
