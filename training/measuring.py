"""The figures by which models are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.rows import THEMES, Row


def f1(truth: np.ndarray, said: np.ndarray, classes: Sequence[int]) -> float:
    """Mean F1 of the classes."""
    found = []
    for kind in classes:
        right = int(((truth == kind) & (said == kind)).sum())
        wrong = int(((truth == kind) != (said == kind)).sum())
        found.append(2 * right / (2 * right + wrong) if right or wrong else 1.0)
    return float(np.mean(found))


def f2(truth: np.ndarray, polarity: np.ndarray) -> float:
    """Negative against positive by the sign of the polarity, on rows that are not neutral (0 negative, 2 positive)."""
    polar = truth != 1
    return f1(truth[polar], np.where(polarity[polar] > 0, 2, 0), (0, 2))


def f3(truth: np.ndarray, said: np.ndarray) -> float:
    return f1(truth, said, (0, 1, 2))


def micro(truth: np.ndarray, said: np.ndarray) -> float:
    """F1 over all pairs of comment and theme."""
    right = int((truth & said).sum())
    return 2 * right / max(1, int(truth.sum()) + int(said.sum()))


def truth(rows: list[Row]) -> np.ndarray:
    """Which comment speaks of which theme."""
    found = np.zeros((len(rows), len(THEMES)), dtype=bool)
    for at, row in enumerate(rows):
        found[at, [THEMES.index(theme[:-1]) for theme in row.themes.split()]] = True
    return found


def softmax(logits: np.ndarray) -> np.ndarray:
    """Shares of each row that make one together."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return found


def calibration_error(right: np.ndarray, probability: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over bins of equal width."""
    at = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [abs(right[at == b].mean() - probability[at == b].mean()) * (at == b).mean() for b in np.unique(at)]
    return float(np.sum(gaps))


def interval(score: object, *columns: np.ndarray, rounds: int = 300) -> tuple[float, float]:
    """95 % of bootstrap samples of the rows."""
    rng = np.random.default_rng(0)
    n = len(columns[0])
    found = []
    for _ in range(rounds):
        chosen = rng.integers(0, n, n)
        found.append(score(*(column[chosen] for column in columns)))  # type: ignore[operator]
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)
