"""Which questions a person is shown, given what they answered so far, who they are and which language they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from surveys.merging import NOBODY, Person
from surveys.question import ANY, SCORE, Condition, Question, Show
from surveys.scale import SCALES

Value = int | str | tuple[str, ...] | date | Mapping[str, int]
Answers = Mapping[str, Value]
"""Question id → what was answered. A choice or yes/no is its id; several choices are a tuple of ids; a matrix is row →
number; the score a number; a text itself. Who was not asked, or did not answer, is missing."""

Pages = tuple[tuple[Question, ...], ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """What is known of a person before they answer."""

    metric: str
    locale: str
    person: Person = NOBODY


def shown(questions: Sequence[Question], answers: Answers, reader: Reader) -> tuple[Question, ...]:
    """The questions that are shown, in order. An answer to a question that is not shown does not count."""
    valid: dict[str, Value] = {}
    visible = []
    for question in questions:
        if question.show is None or holds(question.show, valid, reader):
            visible.append(question)
            if question.id in answers:
                valid[question.id] = answers[question.id]
    return tuple(visible)


def holds(show: Show, answers: Answers, reader: Reader) -> bool:
    """Whether a question with these conditions is shown."""
    each = (met(condition, answers, reader) for condition in show.conditions)
    return all(each) if show.match == "all" else any(each)


def met(condition: Condition, answers: Answers, reader: Reader) -> bool:
    """Whether a single condition holds."""
    return _found(condition, answers, reader) != condition.negated


def _found(condition: Condition, answers: Answers, reader: Reader) -> bool:
    match condition.about:
        case "language":
            return any(reader.locale == tag or reader.locale.split("-")[0] == tag for tag in condition.values)
        case "contact" | "interaction":
            value = reader.person.value(f"{condition.about}.{condition.name}")
            return value is not None and value.casefold() in {wanted.casefold() for wanted in condition.values}
        case "band" | "score":
            score = answers.get(SCORE)
            if not isinstance(score, int):
                return False
            return (SCALES[reader.metric].band(score) if condition.about == "band" else str(score)) in condition.values
        case _:
            return _answered(answers.get(condition.name), condition.values)


def _answered(value: Value | None, wanted: tuple[str, ...]) -> bool:
    if value is None or value in ("", ()):
        return False
    chosen = value if isinstance(value, tuple) else (str(value),)
    return ANY in wanted or not set(wanted).isdisjoint(chosen)


def needs(question: Question) -> set[str]:
    """The ids of the questions whose answers decide whether `question` is shown."""
    return {
        SCORE if condition.about in {"band", "score"} else condition.name
        for condition in (question.show.conditions if question.show else ())
        if condition.about in {"band", "score", "answer"}
    }


def pages(questions: Sequence[Question]) -> Pages:
    """The questions cut into pages that need no script: a question never stands on the page of what decides on it."""
    found: list[list[Question]] = [[]]
    for question in questions:
        if not needs(question).isdisjoint(other.id for other in found[-1]):
            found.append([])
        found[-1].append(question)
    return tuple(tuple(page) for page in found)


def page_after(cut: Pages, current: int, answers: Answers, reader: Reader) -> int | None:
    """The number of the next page on which anything is shown; None when `current` is the last one."""
    visible = {question.id for question in shown([one for page in cut for one in page], answers, reader)}
    later = range(current + 1, len(cut))
    return next((number for number in later if any(one.id in visible for one in cut[number])), None)


def page_before(cut: Pages, current: int, answers: Answers, reader: Reader) -> int:
    """The number of the page before `current` on which anything is shown; the first page has none before it."""
    visible = {question.id for question in shown([one for page in cut for one in page], answers, reader)}
    earlier = range(current - 1, -1, -1)
    return next((number for number in earlier if any(one.id in visible for one in cut[number])), 0)
