"""What an engine is: something that reads comments and says how it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Label = Literal["negative", "neutral", "positive", "mixed"]


@dataclass(frozen=True)
class Part:
    """A sentence of a comment, or what stands on one side of its "but"."""

    begin: int
    end: int
    label: Label
    polarity: float


@dataclass(frozen=True)
class Score:
    """A label, its polarity −1…1 and how often such a label proved right, 0…1 (None where nobody measured it).

    `themes` pairs a theme with the polarity of what is said of it; `parts` has more than one only in longer comments.
    """

    label: Label
    polarity: float
    confidence: float | None
    themes: tuple[tuple[str, float], ...] = ()
    parts: tuple[Part, ...] = ()


class Engine(Protocol):
    """Reads comments. `version` changes whenever the same comment may score differently."""

    name: str
    version: str

    def reads(self, language: str) -> bool:
        """Whether it knows the language, a primary subtag or "und"."""
        ...

    def score(self, comments: Sequence[str]) -> list[Score | None]:
        """The sentiment of each, None where the engine finds nothing in it to judge by."""
        ...


class EngineError(Exception):
    """An engine that cannot be used here. The sentence says why, for those who run the service."""
