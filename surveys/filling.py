"""What a person filled in: from the fields of a form to typed answers, and back.

Fields are named `score`, `comment`, `q-<id>`, `q-<id>-other`, `q-<id>-<row>` and `q-<id>-address`. Any text may come
in. What no database takes (NUL, halves of surrogate pairs) is removed or replaced, and nothing else is lost; a value
that cannot be is read as not given, but shown again as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol, runtime_checkable

from surveys.branching import Reader, Value, shown
from surveys.question import COMMENT, CONTACT, OTHER, SCORE, Question
from surveys.scale import SCALES, Scale

EARLIEST: Final = "1900-01-01"
LATEST: Final = "2200-12-31"
"""Days that an answer may name."""

Typed = Mapping[str, tuple[str, ...]]
"""The fields of a survey's questions as they came, cleaned: name → values."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@runtime_checkable
class _Lists(Protocol):
    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """One typed value of an answer, as it is stored. `part` is the choice of several, the row of a matrix, or
    `question.CONTACT` of a consent to be contacted, so that it can be found whatever its question is called.
    """

    question: str
    part: str = ""
    choice: str | None = None
    number: int | None = None
    text: str | None = None
    day: date | None = None


def clean(text: str) -> str:
    """`text` as it can be kept: line ends as LF, no outer space, no control characters, whole characters only."""
    if not text.isprintable():
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = _UNWRITABLE.sub("", text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.strip()


def name_of(question: Question) -> str:
    """The name of its field."""
    return question.id if question.id in {SCORE, COMMENT} else f"q-{question.id}"


def names(question: Question) -> Iterator[str]:
    """The names of all its fields."""
    name = name_of(question)
    if question.kind == "matrix":
        yield from (f"{name}-{row}" for row in question.rows)
        return
    yield name
    if question.other:
        yield f"{name}-other"
    if question.kind == "contact":
        yield f"{name}-address"


def read(questions: Sequence[Question], form: Mapping[str, str]) -> Typed:
    """What was typed into the fields of these questions; empty ones are left out."""
    typed: dict[str, tuple[str, ...]] = {}
    for question in questions:
        for name in names(question):
            raw = form.getlist(name) if isinstance(form, _Lists) else [form[name]] if name in form else []
            values = tuple(text for text in map(clean, raw[:200]) if text)
            if values:
                typed[name] = values if question.kind == "many" else values[:1]
    return typed


def answers(questions: Sequence[Question], typed: Typed, metric: str) -> dict[str, Value]:
    """The answers that make sense, by question; whether each question is shown is decided by `branching.shown`."""
    found = {}
    for question in questions:
        value = _value(question, typed, SCALES[metric])
        if value is not None:
            found[question.id] = value
    return found


def first(typed: Typed, name: str) -> str:
    """The value of a field with one value; empty when there is none."""
    return typed.get(name, ("",))[0]


def _value(question: Question, typed: Typed, scale: Scale) -> Value | None:
    name = name_of(question)
    raw = first(typed, name)
    match question.kind:
        case "score":
            return whole(raw, scale.low, scale.high)
        case "one" | "yesno":
            return raw if raw in question.options else None
        case "many":
            chosen = set(typed.get(name, ()))
            return tuple(option for option in question.options if option in chosen) or None
        case "matrix":
            rated = {
                row: value
                for row in question.rows
                if (value := whole(first(typed, f"{name}-{row}"), question.low, question.high)) is not None
            }
            return rated or None
        case "date":
            return _day(raw)
        case _:
            return raw if raw and (question.kind != "contact" or raw == "yes") else None


def whole(raw: str, low: int, high: int) -> int | None:
    """A whole number between `low` and `high`, both included."""
    if not raw.isascii() or not raw.isdigit() or len(raw) > 2:
        return None
    return int(raw) if low <= int(raw) <= high else None


def _day(raw: str) -> date | None:
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        return None
    return day if EARLIEST <= day.isoformat() <= LATEST else None


def pieces(questions: Sequence[Question], typed: Typed, reader: Reader) -> tuple[Piece, ...]:
    """What is stored of the further questions: exactly the answers to those that were shown."""
    given = answers(questions, typed, reader.metric)
    visible = shown(questions, given, reader)
    return tuple(
        piece
        for question in visible
        if question.id in given and question.id not in {SCORE, COMMENT}
        for piece in _pieces(question, given[question.id], typed)
    )


def _pieces(question: Question, value: Value, typed: Typed) -> Iterator[Piece]:
    name = name_of(question)
    other = first(typed, f"{name}-other") or None
    match value:
        case date():
            yield Piece(question.id, day=value)
        case tuple():
            for choice in value:
                yield Piece(question.id, choice, choice=choice, text=other if choice == OTHER else None)
        case str() if question.kind in {"one", "yesno"}:
            yield Piece(question.id, choice=value, text=other if value == OTHER else None)
        case str() if question.kind == "contact":
            yield Piece(question.id, CONTACT, choice=value, text=first(typed, f"{name}-address") or None)
        case str():
            yield Piece(question.id, text=value)
        case int():
            yield Piece(question.id, number=value)
        case rated:
            for row, rating in rated.items():
                yield Piece(question.id, row, number=rating)


def typed_of(kept: Sequence[Piece]) -> dict[str, tuple[str, ...]]:
    """The fields that say what was stored, so that a person can change an answer; the inverse of `pieces`."""
    typed: dict[str, tuple[str, ...]] = {}
    for piece in kept:
        name = f"q-{piece.question}"
        if piece.number is not None:
            typed[f"{name}-{piece.part}" if piece.part else name] = (str(piece.number),)
        elif piece.day is not None:
            typed[name] = (piece.day.isoformat(),)
        elif piece.choice is not None:
            typed[name] = (*typed.get(name, ()), piece.choice)
            if piece.text:
                typed[f"{name}-{'other' if piece.choice == OTHER else 'address'}"] = (piece.text,)
        elif piece.text is not None:
            typed[name] = (piece.text,)
    return typed
