"""One person's answers in the words that they saw: from stored pieces to what a page or another system reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from surveys.filling import Piece
from surveys.merging import Person, merge
from surveys.question import COMMENT, OTHER, SCORE, Document, Kind, Question, questions

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice, as it was called; `words` is what "other" means."""

    id: str
    label: str
    words: str | None = None
    meant: str = ""
    """The same in the survey's main language, where that reads otherwise."""


@dataclass(frozen=True, slots=True)
class Rated:
    """A row of a matrix and its rating."""

    row: str
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Told:
    """One answer. What its kind does not have is empty."""

    question: str
    kind: Kind
    title: str
    note: str = ""
    """What tells a matrix of one dimension from those of others."""
    chosen: tuple[Chosen, ...] = ()
    rated: tuple[Rated, ...] = ()
    high: int = 0
    ends: tuple[str, str] = ("", "")
    text: str | None = None
    day: date | None = None
    address: str | None = None
    """Of a consent to be contacted."""

    @property
    def value(self) -> Any:
        """The same as plain data, as the API gives it."""
        match self.kind:
            case "one" | "yesno":
                return _choice(self.chosen[0]) if self.chosen else None
            case "many":
                return [_choice(choice) for choice in self.chosen]
            case "matrix":
                return {rated.row: rated.value for rated in self.rated}
            case "date":
                return self.day.isoformat() if self.day else None
            case "contact":
                return {"consent": bool(self.chosen), "address": self.address}
            case _:
                return self.text

    @property
    def summary(self) -> str:
        """The answer in one line."""
        if self.kind == "matrix":
            return " · ".join(f"{rated.label} {rated.value}" for rated in self.rated)
        if self.chosen and self.kind != "contact":
            return ", ".join(f"{one.label}: {one.words}" if one.words else one.label for one in self.chosen)
        return self.text or (self.address or "" if not self.day else self.day.isoformat())


def told(document: Document, words: Texts, pieces: Sequence[Piece], company: str, person: Person) -> tuple[Told, ...]:
    """The answers to further questions, in the order of the document, each in `words`."""
    given: dict[str, list[Piece]] = {}
    for piece in pieces:
        given.setdefault(piece.question, []).append(piece)

    def say(key: str) -> str:
        return merge(words.get(key, ""), {"company": company}, person)

    said = {key: say(key) for question in questions(document) for key in _keys(question) if question.id in given}
    return tuple(
        _told(question, given[question.id], said, person)
        for question in questions(document)
        if question.id in given and question.id not in {SCORE, COMMENT}
    )


def explained(said: Sequence[Told], meant: Sequence[Told]) -> tuple[Told, ...]:
    """`said`, each choice with what it is called in `meant`: the same answers in the words of another language."""
    labels = {(one.question, chosen.id): chosen.label for one in meant for chosen in one.chosen}

    def beside(question: str, chosen: Chosen) -> Chosen:
        label = labels.get((question, chosen.id), "")
        return replace(chosen, meant=label if label != chosen.label else "")

    return tuple(replace(one, chosen=tuple(beside(one.question, each) for each in one.chosen)) for one in said)


def _keys(question: Question) -> Iterator[str]:
    yield from question.text_keys
    yield from ("other_label", "yes", "no", f"{question.id}.help")


def _told(question: Question, pieces: Sequence[Piece], said: Texts, person: Person) -> Told:
    ident = question.id
    by_choice = {piece.choice: piece for piece in pieces if piece.choice is not None}
    ratings = {piece.part: piece.number for piece in pieces if piece.number is not None}
    chosen = tuple(
        Chosen(one, _label(question, one, said), by_choice[one].text if one == OTHER else None)
        for one in dict.fromkeys((*question.options, *by_choice))
        if one in by_choice
    )
    contact = question.kind == "contact"
    return Told(
        question=ident,
        kind=question.kind,
        title=said.get(question.title_key) or ident,
        note=said.get(f"{ident}.help", "") if question.dimension else "",
        chosen=chosen,
        rated=tuple(
            Rated(row, said.get(f"{ident}.row.{row}") or row, ratings[row]) for row in question.rows if row in ratings
        ),
        high=question.high,
        ends=(said.get(f"{ident}.low_label", ""), said.get(f"{ident}.high_label", "")),
        text=next((piece.text for piece in pieces if piece.choice is None), None),
        day=next((piece.day for piece in pieces if piece.day is not None), None),
        address=(pieces[0].text or person.value("contact.email")) if contact else None,
    )


def _label(question: Question, choice: str, said: Texts) -> str:
    if choice == OTHER:
        return said["other_label"]
    return said.get(choice if question.kind == "yesno" else f"{question.id}.choice.{choice}") or choice


def _choice(chosen: Chosen) -> dict[str, str]:
    return {"id": chosen.id, "label": chosen.label} | ({"other": chosen.words} if chosen.words else {})
