"""Linear models over hashed features: the matrix, the weighing of features, the fit, and whole numbers at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import fmin_l_bfgs_b

from feedback.sentiment.features import BITS, fold, rows_of
from feedback.sentiment.parting import parts_of

_BATCH = 2_000
_MOST = 2_000
_REMEMBERED = 10
_GAIN = 1e9
"""Units of a float's precision: a loss of 10,000 that fell by less than 0.002 in a round is as low as it gets."""


def matrix(texts: Sequence[str]) -> sparse.csr_matrix:
    """Features of texts as the engine counts them: by part, summed over the comment."""
    columns, lengths = [], []
    for at in range(0, len(texts), _BATCH):
        batch = texts[at : at + _BATCH]
        spans = [parts_of(text) for text in batch]
        owner = np.repeat(np.arange(len(batch)), [len(found) for found in spans])
        pieces = [text[a:b] for text, found in zip(batch, spans, strict=True) for a, b in found]
        rows, part = rows_of(fold(pieces))
        columns.append(rows.astype(np.int32))
        lengths.append(np.bincount(owner[part], minlength=len(batch)))
    ends = np.concatenate(([0], np.cumsum(np.concatenate(lengths))))
    data = np.ones(ends[-1], dtype=np.float32)
    found = sparse.csr_matrix((data, np.concatenate(columns), ends), shape=(len(texts), 1 << BITS))
    found.sum_duplicates()
    return found


def normal(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each text by the root of its number of features."""
    number = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1)
    return (sparse.diags((number**-0.5).astype(np.float32)) @ counts).tocsr()


def telling(counts: sparse.csr_matrix, of_class: np.ndarray) -> np.ndarray:
    """How much a feature's counts differ between rows of a class and all others (Wang and Manning, ACL 2012)."""
    inside = 1 + np.asarray(counts[of_class].sum(axis=0)).ravel()
    outside = 1 + np.asarray(counts[~of_class].sum(axis=0)).ravel()
    return np.log((inside / inside.sum()) / (outside / outside.sum()))


def fit(
    features: sparse.csr_matrix, targets: np.ndarray, weights: np.ndarray, *, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Softmax regression with soft targets: weights by feature and class, and the bias.

    It goes on until nothing is gained any more. Stopped after 60 rounds, as it once was, it read survey comments worse
    by 0.04 of f2, and what was chosen for it was chosen for a fit that was not through.
    """
    n, columns = features.shape
    k = targets.shape[1]
    transposed = features.T.tocsr()
    share = weights[:, None] * targets

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        table, bias = flat[: columns * k].reshape(columns, k), flat[columns * k :]
        logits = features @ table + bias
        logits -= logits.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = np.exp(logits - log_sum) * weights[:, None] - share
        value = -float((share * (logits - log_sum)).sum()) + 0.5 / strength * float((table * table).sum())
        slope = transposed @ error + table / strength
        return value, np.concatenate((slope.ravel(), error.sum(axis=0)))

    start = np.zeros(columns * k + k)
    flat, _, told = fmin_l_bfgs_b(loss, start, m=_REMEMBERED, maxiter=_MOST, factr=_GAIN, pgtol=1e-3)
    print(f"    {n} rows, {columns} features, {told['nit']} rounds", "" if told["nit"] < _MOST else "(not through)")
    return flat[: columns * k].reshape(columns, k), flat[columns * k :]


def balanced(groups: Sequence[np.ndarray], labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights by which each label weighs the same within each group, and the group as much as before."""
    found = weights.astype(np.float64).copy()
    for group in groups:
        total = found[group].sum()
        for label in np.unique(labels[group]):
            chosen = group & (labels == label)
            found[chosen] *= total / (len(np.unique(labels[group])) * found[chosen].sum())
    return found


def whole_numbers(table: np.ndarray, share: float = 0.9998) -> tuple[np.ndarray, float]:
    """The table as −127…127 and what one unit is worth; the few largest weights are cut."""
    used = np.abs(table[np.abs(table).max(axis=1) > 0])
    unit = float(np.quantile(used, share)) / 127
    return np.clip(np.rint(table / unit), -127, 127).astype(np.int8), unit
