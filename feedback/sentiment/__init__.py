"""What a comment says: its language, its sentiment and its themes, where an engine reads that language."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from feedback.sentiment.choosing import DEFAULT, ENGINES, engine_named, installed
from feedback.sentiment.engine import Engine, EngineError, Label, Part, Score
from feedback.sentiment.gleaning import Phrase, phrases_of
from feedback.sentiment.language import UNKNOWN, Language, detect

LONGEST = 10_000  # characters of a comment that are read; an answer page takes no more

log = logging.getLogger("afterword.sentiment")


class Heard(NamedTuple):
    """A comment, the language of the page that it was typed into, and that of the person where it is known."""

    comment: str
    page: str | None = None
    person: str | None = None


@dataclass(frozen=True)
class Reading:
    """What was read in a comment.

    `language` is a primary subtag or "und". Without `label` and `polarity` the comment is unscored, which is a state
    and not a zero: `engine` None says that no engine reads the language, or that the engine cannot be used here; an
    engine's name, that it found nothing to judge by. `themes` pairs a theme with its polarity.
    """

    language: str
    language_confidence: float
    label: Label | None = None
    polarity: float | None = None
    confidence: float | None = None
    themes: list[tuple[str, float]] = field(default_factory=list)
    engine: str | None = None
    engine_version: str | None = None
    parts: tuple[Part, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    """What it speaks of in its own words, in languages whose words are known; no engine is needed for that."""


def read(comment: str, *, locale_hint: str | None = None, engine: str = DEFAULT) -> Reading:
    """Language, sentiment and themes of `comment`; `locale_hint` is the tag of the language it was expected in.

    Never raises for any text. Safe from any thread; the first call loads the models.
    """
    return read_all([Heard(comment, locale_hint)], engine=engine)[0]


def read_all(comments: Sequence[Heard], *, engine: str = DEFAULT, phrases: bool = True) -> list[Reading]:
    """The same for many comments, each with its expected languages: much faster than one by one. `phrases` False
    leaves these out, which take longer than all else.
    """
    # Half a surrogate pair is no character; it can come from a truncated emoji and no model takes it.
    texts = [comment[:LONGEST].encode("utf-8", "replace").decode("utf-8") for comment, _, _ in comments]
    judged = _judged(texts, comments, engine)
    if not phrases:
        return judged
    return [replace(one, phrases=_phrases(text, one.language)) for text, one in zip(texts, judged, strict=True)]


def _judged(texts: Sequence[str], comments: Sequence[Heard], engine: str) -> list[Reading]:
    """All but the phrases."""
    languages = [
        detect(text, hint=page, second=person) for text, (_, page, person) in zip(texts, comments, strict=True)
    ]
    try:
        chosen = engine_named(engine)
    except EngineError as fault:
        # The comment stays readable and is read again after repair; `afterword check` and the log say what is wrong.
        log.error("comments stay unscored: %s", fault)  # noqa: TRY400 — a sentence for the operator, not a trace
        return [Reading(language.tag, language.confidence) for language in languages]
    read = [at for at, language in enumerate(languages) if chosen.reads(language.tag)]
    scores = dict(zip(read, chosen.score([texts[at] for at in read]), strict=True))
    return [
        _reading(language, chosen, scores[at]) if at in scores else Reading(language.tag, language.confidence)
        for at, language in enumerate(languages)
    ]


def _phrases(text: str, language: str) -> tuple[Phrase, ...]:
    try:
        return tuple(phrases_of(text, language))
    except (OSError, ValueError) as fault:  # a damaged table; the comment itself stays readable
        log.error("comments are read without phrases: %s", fault)  # noqa: TRY400 — a sentence for the operator
        return ()


def _reading(language: Language, engine: Engine, score: Score | None) -> Reading:
    if score is None:
        return Reading(language.tag, language.confidence, engine=engine.name, engine_version=engine.version)
    return Reading(
        language.tag,
        language.confidence,
        label=score.label,
        polarity=score.polarity,
        confidence=score.confidence,
        themes=list(score.themes),
        engine=engine.name,
        engine_version=engine.version,
        parts=score.parts,
    )


__all__ = [
    "DEFAULT",
    "ENGINES",
    "LONGEST",
    "UNKNOWN",
    "Engine",
    "EngineError",
    "Heard",
    "Label",
    "Part",
    "Phrase",
    "Reading",
    "Score",
    "detect",
    "engine_named",
    "installed",
    "read",
    "read_all",
]
