"""What a comment says: its language, and its sentiment where an engine reads that language."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

from feedback.sentiment.language import UNKNOWN, detect

Label = Literal["negative", "neutral", "positive", "mixed"]

LONGEST = 10_000  # characters of a comment that are read; an answer page takes no more


@dataclass(frozen=True)
class Score:
    """A label, its polarity −1…1 and how often such a label proved right, 0…1 (None where nobody measured it)."""

    label: Label
    polarity: float
    confidence: float | None


class Engine(Protocol):
    """Reads comments of one or more languages. `version` changes whenever the same comment may score differently."""

    name: str
    version: str

    def score(self, comment: str) -> Score | None:
        """The sentiment, or None when the engine finds nothing in the comment to judge by."""
        ...


@dataclass(frozen=True)
class Reading:
    """What was read in a comment.

    `language` is a primary subtag or "und". Without `label` and `polarity` the comment is unscored, which is a state
    and not a zero: `engine` None says that no engine reads the language, an engine's name that it found nothing to
    judge by. `themes` pairs a theme with its polarity.
    """

    language: str
    language_confidence: float
    label: Label | None = None
    polarity: float | None = None
    confidence: float | None = None
    themes: list[tuple[str, float]] = field(default_factory=list)
    engine: str | None = None
    engine_version: str | None = None


def _textblob() -> Engine:
    from feedback.sentiment.textblob import TextBlobEngine

    return TextBlobEngine()


# Who reads which language. Engines are made at the first comment that needs them: their libraries are slow to import.
_MAKERS: Mapping[str, Callable[[], Engine]] = MappingProxyType({"en": _textblob})
_engines: dict[Callable[[], Engine], Engine] = {}
_making = threading.Lock()


def engine_for(language: str) -> Engine | None:
    """The engine that reads `language` (a primary subtag), or None."""
    maker = _MAKERS.get(language)
    if maker is None:
        return None
    if maker not in _engines:
        with _making:
            if maker not in _engines:
                _engines[maker] = maker()
    return _engines[maker]


def read(comment: str, *, locale_hint: str | None = None) -> Reading:
    """Language and sentiment of `comment`; `locale_hint` is the tag of the language it was expected in.

    Never raises for any text. Safe from any thread; the first call loads the models.
    """
    # Half a surrogate pair is no character; it can come from a truncated emoji and no model takes it.
    text = comment[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    language = detect(text, hint=locale_hint)
    engine = engine_for(language.tag)
    if engine is None:
        return Reading(language.tag, language.confidence)
    score = engine.score(text)
    return Reading(
        language.tag,
        language.confidence,
        label=score.label if score else None,
        polarity=score.polarity if score else None,
        confidence=score.confidence if score else None,
        engine=engine.name,
        engine_version=engine.version,
    )


__all__ = ["LONGEST", "UNKNOWN", "Engine", "Label", "Reading", "Score", "detect", "engine_for", "read"]
