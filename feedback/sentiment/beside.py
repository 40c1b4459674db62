"""How a theme stands beside the other themes of a comment.

The table asks of each theme alone whether a comment speaks of it, and sums are brought to one length. But what is
clearly spoken of leaves less room for others, and a longer comment has room for more of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


class Beside:
    """A linear step behind the logits of the themes, fitted by `training.theming`."""

    def __init__(self, given: Mapping[str, Sequence[object]]) -> None:
        self._logits, self._shares = np.asarray(given["logits"]), np.asarray(given["shares"])
        self._length, self._bias = np.asarray(given["length"]), np.asarray(given["bias"])

    def __call__(self, logits: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """How clearly each theme is spoken of, from zero on it is; `logits` by comment and theme, `lengths` as
        numbers of features.
        """
        shares = 1 / (1 + np.exp(-logits))
        found: np.ndarray = logits @ self._logits + shares @ self._shares + self._bias
        found += np.log1p(lengths)[:, None] * self._length
        return found
