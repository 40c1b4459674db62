"""What changed from one version of a survey to the next, and whether answers to both can be compared.

Words are compared as people saw them, in every language that both versions speak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from surveys.comparing import Change, changes, flat, readable
from surveys.question import OTHER, SCORE, Question, questions
from surveys.wording import Document, Texts, effective

What = Literal["question", "labels", "choices", "further"]
"""The wording of the question that carries the metric; the words of its scale; what else could be answered; how other
questions are worded.
"""

SETTINGS = (("default_locale",), ("locales",))
_LABELS = ("low_label", "mid_label", "high_label")
_FIELDS = ("kind", "required", "choices", "other", "shuffle", "rows", "low", "high", "dimension", "side", "show")


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a question with its value before and after, in words where they are words of the survey."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """What happened to one question: it was added, removed, moved, or changed in some fields."""

    question: str
    title: str
    kind: Literal["added", "removed", "moved", "changed"]
    fields: tuple[Field, ...] = ()


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


def differences(before: Document, after: Document) -> list[Difference]:
    """What happened to the questions, in the order of the newer version, removed ones first."""
    was, now = ({question.id: question for question in questions(document)} for document in (before, after))
    words = effective(before, before["default_locale"]), effective(after, after["default_locale"])
    found = [
        Difference(ident, _title(question, words[0]), "removed") for ident, question in was.items() if ident not in now
    ]
    moved = _moved([ident for ident in was if ident in now], [ident for ident in now if ident in was])
    for ident, question in now.items():
        title = _title(question, words[1])
        if ident not in was:
            found.append(Difference(ident, title, "added"))
            continue
        if fields := tuple(_fields(was[ident], question, words)):
            found.append(Difference(ident, title, "changed", fields))
        if ident in moved:
            found.append(Difference(ident, title, "moved"))
    return found


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that a person is told of a change from one version to another."""

    questions: list[Difference]
    texts: list[Change]
    """Settings and words, readable; not those of questions and choices that came or went."""
    names: Mapping[str, str]
    shifts: tuple[What, ...]

    @property
    def empty(self) -> bool:
        return not self.questions and not self.texts


def told(before: Document, after: Document) -> Story:
    """What changed, for people."""
    found = differences(before, after)
    # The words of what came or went are told with it, not once more by language.
    both = _keys(before) & _keys(after)
    texts = [
        readable(change, before, after)
        for change in changes(flat(before), flat(after))
        if change.place in SETTINGS or (change.place[0] == "texts" and ("." not in change.key or change.key in both))
    ]
    return Story(found, texts, names(before, after), shifts(before, after))


def names(*documents: Document) -> dict[str, str]:
    """What staff call the texts of questions: the question, and which of its texts; the last document knows best."""
    found: dict[str, str] = {}
    for document in documents:
        words = effective(document, document["default_locale"])
        for question in questions(document):
            title = _title(question, words)
            keys = [*question.text_keys, f"{question.id}.help"]
            found |= {key: f"{title} · {words.get(key) or key}" for key in keys if "." in key}
            found |= {key: title for key in (question.title_key,) if "." in key}
    return found


def _keys(document: Document) -> set[str]:
    return {key for question in questions(document) for key in (*question.text_keys, f"{question.id}.help")}


def _differ(pairs: Sequence[tuple[Texts, Texts]], keys: Sequence[str]) -> bool:
    return any(was.get(key, "") != now.get(key, "") for was, now in pairs for key in keys)


def _asked(question: Question | None) -> object:
    """What could be answered."""
    if question is None or question.id == SCORE:
        return None
    return question.kind, frozenset(question.options), frozenset(question.rows), question.low, question.high


def _choice_keys(question: Question) -> list[str]:
    return [key for key in question.text_keys if key != question.title_key and key not in _LABELS]


def _title(question: Question, words: Texts) -> str:
    return words.get(question.title_key) or question.id


def _fields(was: Question, now: Question, words: tuple[Texts, Texts]) -> Iterator[Field]:
    for name in _FIELDS:
        before, after = getattr(was, name), getattr(now, name)
        if before == after:
            continue
        if name in {"choices", "rows"}:
            yield Field(name, _called(was, before, name, words[0]), _called(now, after, name, words[1]))
        else:
            yield Field(name, before, after)


def _called(question: Question, idents: Sequence[str], name: str, words: Mapping[str, str]) -> tuple[str, ...]:
    kind = "choice" if name == "choices" else "row"
    return tuple(words.get(f"{question.id}.{kind}.{ident}") or ident for ident in idents if ident != OTHER)


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The fewest questions that one has to move to come from one order to the other."""
    place = {ident: index for index, ident in enumerate(before)}
    best: list[list[str]] = []
    for ident in after:  # the longest run that kept its order stays; the others moved
        before_it = [run for run in best if place[run[-1]] < place[ident]]
        best.append([*_longest(before_it), ident])
    return set(after) - set(_longest(best))


def _longest(runs: Sequence[list[str]]) -> list[str]:
    return max(runs, key=len) if runs else []
