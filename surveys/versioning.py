"""Whether answers to two versions of a survey can be compared, and what stands against it.

Words are compared as people saw them, in every language that both versions speak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from surveys.question import SCORE, Question, questions
from surveys.wording import Document, Texts, effective

What = Literal["question", "labels", "choices", "further"]
"""The wording of the question that carries the metric; the words of its scale; what else could be answered; how other
questions are worded.
"""

_LABELS = ("low_label", "mid_label", "high_label")


def shifts(before: Document, after: Document) -> tuple[What, ...]:
    """What makes answers to the two versions hard to compare; nothing where they ask the same in the same words."""
    shared = [locale for locale in after["locales"] if locale in before["locales"]]
    pairs = [(effective(before, locale), effective(after, locale)) for locale in shared or [after["default_locale"]]]
    was, now = ({question.id: question for question in questions(document)} for document in (before, after))
    found: dict[What, bool] = {
        "question": _differ(pairs, ("question",)),
        "labels": _differ(pairs, _LABELS),
        "choices": any(_asked(was.get(ident)) != _asked(now.get(ident)) for ident in {*was, *now})
        or any(_differ(pairs, _choice_keys(question)) for ident, question in now.items() if ident in was),
        "further": any(
            _differ(pairs, (question.title_key,)) for ident, question in now.items() if ident in was and ident != SCORE
        ),
    }
    return tuple(what for what, differs in found.items() if differs)


@dataclass(frozen=True, slots=True)
class Turn:
    """A version whose answers are hard to compare with those before it, and why."""

    number: int
    at: datetime
    shifts: tuple[What, ...]


def turns(editions: Sequence[tuple[int, datetime, Document]]) -> list[Turn]:
    """Every such version; `editions` (number, moment, document) are the oldest first."""
    found = []
    for (_, _, before), (number, at, after) in pairwise(editions):
        if changed := shifts(before, after):
            found.append(Turn(number, at, changed))
    return found


def _differ(pairs: Sequence[tuple[Texts, Texts]], keys: Sequence[str]) -> bool:
    return any(was.get(key, "") != now.get(key, "") for was, now in pairs for key in keys)


def _asked(question: Question | None) -> object:
    """What could be answered."""
    if question is None or question.id == SCORE:
        return None
    return question.kind, frozenset(question.options), frozenset(question.rows), question.low, question.high


def _choice_keys(question: Question) -> list[str]:
    return [key for key in question.text_keys if key != question.title_key and key not in _LABELS]
