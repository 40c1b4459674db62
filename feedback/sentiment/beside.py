"""How a theme stands beside the other themes of a comment.

The table asks of each theme alone whether a comment speaks of it, and sums are brought to one length. But what is
clearly spoken of leaves less room for others, and a longer comment has room for more of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


class Beside:
    """A linear step behind the logits of the themes, fitted by `training.theming`.

    Probabilities are told as tanh(x / 2), which is 2p − 1, so that all that is known is one row of numbers and one
    multiplication: a single comment must not wait for a dozen small ones.
    """

    def __init__(self, given: Mapping[str, Sequence[object]]) -> None:
        logits, shares = np.asarray(given["logits"], dtype=float), np.asarray(given["shares"], dtype=float)
        length, bias = np.asarray(given["length"], dtype=float), np.asarray(given["bias"], dtype=float)
        self._weights = np.vstack([logits, shares / 2, length, bias + shares.sum(axis=0) / 2])

    def __call__(self, logits: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """How clearly each theme is spoken of, from zero on it is; `logits` by comment and theme, `lengths` as
        numbers of features.
        """
        many = logits.shape[1]
        known = np.ones((len(logits), len(self._weights)))
        known[:, :many] = logits
        np.tanh(logits * 0.5, out=known[:, many:-2])
        np.log1p(lengths, out=known[:, -2])
        found: np.ndarray = known @ self._weights
        return found
