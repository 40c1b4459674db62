"""The table that tells languages apart, over the features of `features.py` and the accented letters."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from feedback.sentiment.features import BITS, fold, rows_of
from feedback.sentiment.table import opened

FORMAT: Final = 1
FILE: Final = Path(__file__).parent / "model" / "tongues.npz"
_loading = threading.Lock()


def features(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Table rows and owners, of texts without their accents."""
    return rows_of(fold(texts))


def accents(text: str) -> set[str]:
    """The letters of a text beyond a to z, in lower case: a few of them say more than many others."""
    return {char for char in unicodedata.normalize("NFC", text.lower()) if char.isalpha() and char > "z"}


class Tongues:
    """The loaded table."""

    def __init__(self, path: Path = FILE) -> None:
        meta, arrays = opened(path, FORMAT, ("rows", "weights"))
        self.names: tuple[str, ...] = tuple(meta["names"])
        self.tags = tuple(name.split("-")[0] for name in self.names)
        self._letters = {letter: np.asarray(said) for letter, said in meta["letters"].items()}
        self._cool = float(meta["cool"])
        self._unit = float(meta["unit"])
        self._weights = np.concatenate((np.zeros((1, len(self.names)), dtype=np.int8), arrays["weights"]))
        self._at = np.zeros(1 << BITS, dtype=np.int32)
        self._at[arrays["rows"]] = np.arange(1, len(arrays["rows"]) + 1, dtype=np.int32)

    def rank(self, text: str) -> tuple[np.ndarray, float]:
        """How much likelier each language is than the average one, as logarithms; and the share of known features."""
        rows, _ = features([text])
        if not len(rows):
            return np.zeros(len(self.names)), 0.0
        at = self._at[rows]
        found = self._weights[at].sum(axis=0, dtype=np.int64) * (self._unit * self._cool)
        for letter in accents(text):
            if letter in self._letters:
                found = found + self._letters[letter]
        return found, float((at > 0).mean())


@lru_cache(maxsize=1)
def _made() -> Tongues:
    return Tongues()


def tongues() -> Tongues:
    """The table of this process, read once for all threads; EngineError when it cannot be."""
    with _loading:
        return _made()
