"""Whether the conditions of questions make sense: what they need comes before, can be, and can come true at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from surveys.question import ANY, SCORE, Condition, Question
from surveys.scale import SCALES, Scale

MOST_WAYS: Final = 2_000
"""Ways to reach a question that are looked at; beyond that it is taken for reachable."""

Way = dict[str, frozenset[str]]
"""Facts that must hold together: what they are about → the values that are left."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the conditions of a question cannot stand.

    kind: later (needs a question that comes after it) · loop (needs itself) · missing (needs a question that is not
    there) · value (needs a choice, score, band or language that cannot be) · textual (needs a certain text, which only
    questions with choices can give) · unreachable (can never be shown)
    """

    kind: str
    question: str
    other: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The questions of a survey and what their conditions may be about."""

    questions: Sequence[Question]
    metric: str
    locales: Sequence[str]

    @property
    def scale(self) -> Scale:
        return SCALES[self.metric]

    def question(self, ident: str) -> Question:
        return next(question for question in self.questions if question.id == ident)


def faults(questions: Sequence[Question], metric: str, locales: Sequence[str]) -> list[Fault]:
    """What is wrong with the conditions of a document, in the order of its questions."""
    plan = Plan(questions, metric, locales)
    found = [fault for index in range(len(questions)) for fault in _own_faults(plan, index)]
    return found or [Fault("unreachable", question.id) for question in questions if not _ways(plan, question)]


def _own_faults(plan: Plan, index: int) -> Iterator[Fault]:
    question = plan.questions[index]
    for condition in question.show.conditions if question.show else ():
        target = SCORE if condition.about in {"band", "score"} else condition.name
        misplaced = _misplaced(plan, index, condition, target)
        if misplaced:
            yield Fault(misplaced, question.id, target if misplaced != "loop" else "")
            continue
        possible = _possible(plan, condition)
        if possible == frozenset({ANY}) and set(condition.values) != {ANY}:
            yield Fault("textual", question.id, target)
        elif possible is not None:
            yield from (Fault("value", question.id, target, one) for one in condition.values if one not in possible)


def _misplaced(plan: Plan, index: int, condition: Condition, target: str) -> str:
    if condition.about not in {"band", "score", "answer"}:
        return ""
    places = {other.id: number for number, other in enumerate(plan.questions)}
    place = places.get(target)
    if place is None:
        return "missing"
    return "loop" if place == index else "later" if place > index else ""


def _possible(plan: Plan, condition: Condition) -> frozenset[str] | None:
    """The values a condition may name; None where any text may be one."""
    match condition.about:
        case "band":
            return frozenset(plan.scale.band(value) for value in plan.scale.values)
        case "score":
            return frozenset(map(str, plan.scale.values))
        case "language":
            return frozenset(plan.locales) | {tag.split("-")[0] for tag in plan.locales}
        case "answer":
            return frozenset({*plan.question(condition.name).options, ANY})
        case _:
            return None


def _ways(plan: Plan, question: Question) -> list[Way]:
    """The ways in which a question can come to be shown; none means never."""
    if question.show is None:
        return [{}]
    each = [_ways_of(plan, condition) for condition in question.show.conditions]
    if question.show.match == "any":
        return [way for ways in each for way in ways][:MOST_WAYS]
    found: list[Way] = [{}]
    for ways in each:
        found = [joined for left in found for right in ways if (joined := _join(left, right)) is not None][:MOST_WAYS]
    return found


def _ways_of(plan: Plan, condition: Condition) -> list[Way]:
    match condition.about:
        case "band" | "score":
            everything = frozenset(map(str, plan.scale.values))
            fits = {value for value in everything if _named(plan.scale, int(value), condition) in condition.values}
            return _one_of(SCORE, everything - fits if condition.negated else everything & fits)
        case "language":
            fits = {tag for tag in plan.locales if not {tag, tag.split("-")[0]}.isdisjoint(condition.values)}
            return _one_of("language", frozenset(set(plan.locales) - fits if condition.negated else fits))
        case "answer":
            return _ways_to_answer(plan, condition)
        case about:
            return [{}] if condition.negated else [{f"{about}.{condition.name}": frozenset(condition.values)}]


def _ways_to_answer(plan: Plan, condition: Condition) -> list[Way]:
    if condition.negated:
        return [{}]  # who was not asked at all satisfies it too
    asked = plan.question(condition.name)
    ways = _ways(plan, asked)
    if asked.kind == "many" or ANY in condition.values:  # several may be chosen at once: nothing excludes the others
        return ways
    own: Way = {asked.id: frozenset(condition.values)}
    return [joined for way in ways if (joined := _join(way, own)) is not None]


def _named(scale: Scale, value: int, condition: Condition) -> str:
    return scale.band(value) if condition.about == "band" else str(value)


def _one_of(about: str, left: frozenset[str]) -> list[Way]:
    return [{about: left}] if left else []


def _join(left: Way, right: Way) -> Way | None:
    """Both together; None when they contradict each other."""
    joined = dict(left)
    for about, values in right.items():
        joined[about] = joined[about] & values if about in joined else values
        if not joined[about]:
            return None
    return joined
