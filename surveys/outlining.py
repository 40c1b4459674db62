"""A survey at a glance: what it asks, in order, and how long that takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from surveys.question import Document, Question, questions
from surveys.wording import Texts

SECONDS: Final[Mapping[str, int]] = {
    "score": 7,
    "one": 6,
    "many": 9,
    "yesno": 4,
    "short": 15,
    "long": 20,
    "date": 7,
    "contact": 8,
    "matrix": 3,
}
"""What reading and answering takes; a matrix takes SECONDS_A_ROW besides."""
SECONDS_A_ROW: Final = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One question: its words and their help, and how many choices or lines it has."""

    question: Question
    title: str
    help: str
    parts: int


@dataclass(frozen=True, slots=True)
class Glance:
    """What a card says of a survey."""

    metric: str
    count: int
    seconds: int
    anonymous: bool
    locales: tuple[str, ...]


def glance(document: Document) -> Glance:
    """A survey in numbers."""
    anonymous, locales = bool(document.get("anonymous")), tuple(document["locales"])
    return Glance(document["metric"], len(questions(document)), seconds(document), anonymous, locales)


def outline(document: Document, texts: Texts) -> tuple[Line, ...]:
    """What is asked, in the words given."""
    return tuple(
        Line(
            question,
            texts.get(question.title_key, ""),
            texts.get(f"{question.id}.help", ""),
            len(question.rows or question.options),
        )
        for question in questions(document)
    )


def seconds(document: Document) -> int:
    """What a person needs for it; half of them see a question with conditions."""
    return sum(_seconds(question) // (2 if question.show else 1) for question in questions(document))


def _seconds(question: Question) -> int:
    return SECONDS[question.kind] + SECONDS_A_ROW * len(question.rows)
