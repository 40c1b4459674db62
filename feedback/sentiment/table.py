"""The model file of the n-gram engine: whole numbers by table row, summed a few million a second.

`training/sentiment.py` writes it. What is missing, cut off or made for another version of this code is told in one
sentence and never half used.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from feedback.sentiment.beside import Beside
from feedback.sentiment.blending import COLUMNS
from feedback.sentiment.engine import EngineError
from feedback.sentiment.features import BITS
from feedback.sentiment.themes import THEMES

FORMAT: Final = 3
"""Bump when the features, the file or its meaning change: older files are refused."""
FILE: Final = Path(__file__).parent / "model" / "ngram.npz"
_FIELDS: Final = 3
"""Numbers of a row that share one machine word: three of 21 bits, so that one addition adds all three."""
_SHIFTS: Final = np.arange(_FIELDS, dtype=np.uint64) * np.uint64(21)
_MASK: Final = np.uint64((1 << 21) - 1)
_ZERO: Final = 128
_STRETCH: Final = 1 << 15


class Packed:
    """Columns of small whole numbers, made to be gathered by row and summed by part."""

    def __init__(self, weights: np.ndarray, scale: float | Sequence[float], bias: Sequence[float]) -> None:
        self.columns = weights.shape[1]
        self.scale, self.bias = np.asarray(scale), np.asarray(bias)
        words = -(-self.columns // _FIELDS)
        self._words = np.zeros((len(weights), words), dtype=np.uint64)
        for begin in range(0, len(weights), _STRETCH):  # in stretches, so that loading needs little memory
            part = slice(begin, begin + _STRETCH)
            for column in range(self.columns):
                shifted = (weights[part, column].astype(np.int16) + _ZERO).astype(np.uint64)
                self._words[part, column // _FIELDS] |= shifted << _SHIFTS[column % _FIELDS]

    def sums(self, rows: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The sum of each column over each part; parts begin at `starts` and are not empty."""
        summed = np.add.reduceat(self._words.take(rows, axis=0), starts, axis=0)
        fields = ((summed[:, :, None] >> _SHIFTS) & _MASK).reshape(len(starts), -1)[:, : self.columns]
        found: np.ndarray = fields.view(np.int64) - (_ZERO * counts)[:, None]
        return found

    def scaled(self, sums: np.ndarray, root: np.ndarray) -> np.ndarray:
        """Logits, from sums and the `rooted` number of features that were summed."""
        logits: np.ndarray = sums * self.scale
        logits /= root
        logits += self.bias
        return logits


def rooted(features: np.ndarray) -> np.ndarray:
    """By what to divide sums over so many features: a column."""
    found: np.ndarray = np.sqrt(np.maximum(features, 1))[:, None]
    return found


class Table:
    """A loaded model file."""

    def __init__(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        self.meta = meta
        self.version = str(meta["version"])
        self.sentiment = Packed(arrays["sentiment"], **meta["sentiment"])
        themes, rows = arrays["theme_weights"], arrays["theme_rows"]
        # Row 0 of the smaller table is that of all features that say nothing about themes.
        themes = np.concatenate((np.zeros((1, themes.shape[1]), dtype=np.int8), themes))
        self.themes = Packed(themes, **meta["themes"])
        self.beside = Beside(meta["beside"])
        self.confidence = np.asarray(meta["confidence"]["at"]), np.asarray(meta["confidence"]["right"])
        self.gate: Mapping[str, float] = meta["gate"]
        self.mixed: Mapping[str, float] = meta["mixed"]
        self.theme_at = np.zeros(1 << BITS, dtype=np.int32)
        self.theme_at[rows] = np.arange(1, len(rows) + 1, dtype=np.int32)


def load(path: Path = FILE) -> Table:
    """Read a model file, or say in an EngineError why that cannot be."""
    meta, arrays = opened(path, FORMAT, ("sentiment", "theme_rows", "theme_weights"))
    rows, weights = arrays["theme_rows"], arrays["theme_weights"]
    sizes = arrays["sentiment"].shape == (1 << BITS, COLUMNS) and weights.shape == (len(rows), len(THEMES))
    if not sizes or {arrays["sentiment"].dtype, weights.dtype} != {np.dtype(np.int8)} or "version" not in meta:
        raise EngineError(f"The model file {path} has tables of another size than this version reads.")
    return Table(meta, arrays)


def opened(path: Path, expected: int, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a file of this format holds, or an EngineError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            meta: dict[str, Any] = json.loads(bytes(file["meta"]))
            if meta.get("format") != expected:
                told = f"is of format {meta.get('format')}, and this version reads format {expected}"
                raise EngineError(f"The model file {path} {told}.")
            return meta, {name: file[name] for name in names}
    except FileNotFoundError:
        raise EngineError(f"The model file {path} is missing.") from None
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as fault:
        raise EngineError(f"The model file {path} cannot be read: {fault or type(fault).__name__}.") from fault
