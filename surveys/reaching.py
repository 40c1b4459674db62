"""Whether the conditions of questions make sense: what they need comes before, can be, and can come true at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from surveys.question import ANY, SCORE, Condition, Question, Show
from surveys.scale import SCALES, Scale

MOST_WAYS: Final = 200
"""Ways to reach a question that are looked at; beyond that it is taken for reachable."""
MOST_JOINS: Final = 50_000
"""The same for a whole document: a file from a stranger must not keep us busy for long."""

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
    search = _Search(plan)
    return found or [Fault("unreachable", question.id) for question in questions if not search.ways(question)]


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


class _Search:
    """The ways in which each question of a plan can come to be shown, each looked for once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.joins_left = MOST_JOINS
        self.found: dict[str, list[Way]] = {}

    def ways(self, question: Question) -> list[Way]:
        """The ways to this question; none means never."""
        if question.id not in self.found:
            self.found[question.id] = self._ways(question.show) if question.show else [{}]
        return self.found[question.id]

    def _ways(self, show: Show) -> list[Way]:
        each = [self._ways_of(condition) for condition in show.conditions]
        if show.match == "any":
            found = [way for ways in each for way in ways]
            return found if len(found) <= MOST_WAYS else [{}]
        found = [{}]
        for ways in each:
            found = self._joined(found, ways)
        return found

    def _joined(self, these: list[Way], those: list[Way]) -> list[Way]:
        """Both together in every way. Where that is too much to look at, anything is taken for possible."""
        self.joins_left -= len(these) * len(those)
        if self.joins_left < 0:
            return [{}]
        found = [joined for left in these for right in those if (joined := _join(left, right)) is not None]
        return found if len(found) <= MOST_WAYS else [{}]

    def _ways_of(self, condition: Condition) -> list[Way]:
        plan = self.plan
        match condition.about:
            case "band" | "score":
                everything = frozenset(map(str, plan.scale.values))
                fits = {value for value in everything if _named(plan.scale, int(value), condition) in condition.values}
                return _one_of(SCORE, everything - fits if condition.negated else everything & fits)
            case "language":
                fits = {tag for tag in plan.locales if not {tag, tag.split("-")[0]}.isdisjoint(condition.values)}
                return _one_of("language", frozenset(set(plan.locales) - fits if condition.negated else fits))
            case "answer":
                return self._ways_to_answer(condition)
            case about:
                return [{}] if condition.negated else [{f"{about}.{condition.name}": frozenset(condition.values)}]

    def _ways_to_answer(self, condition: Condition) -> list[Way]:
        if condition.negated:
            return [{}]  # who was not asked at all satisfies it too
        asked = self.plan.question(condition.name)
        ways = self.ways(asked)
        if (
            asked.kind == "many" or ANY in condition.values
        ):  # several may be chosen at once: nothing excludes the others
            return ways
        return self._joined(ways, [{asked.id: frozenset(condition.values)}])


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
