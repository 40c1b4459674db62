"""A survey's questions as a page shows them: words in place, values as they were typed, complaints beside them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from surveys import branching, filling
from surveys.branching import Reader, shown
from surveys.complaining import Problem
from surveys.filling import Typed
from surveys.merging import has_fields, merge
from surveys.question import COMMENT, OTHER, SCORE, Condition, Document, Question, Show, questions
from surveys.scale import SCALES
from surveys.stepping import ALL
from surveys.wording import Texts, effective

_ALWAYS: Final = frozenset({"language", "contact", "interaction"})
"""What conditions may be about that does not change while a page is open."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose: the value sent, its words, whether it is chosen."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a matrix with the number it was given, if any."""

    name: str
    label: str
    chosen: str


@dataclass(frozen=True, slots=True)
class Part:
    """A question on a page. `when` is its condition for the page's script (JSON), `hidden` whether it waits for it."""

    question: Question
    name: str
    title: str
    help: str
    typed: str
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    low_label: str = ""
    high_label: str = ""
    other: str = ""
    wrong: str = ""
    when: str = ""
    hidden: bool = False

    @property
    def kind(self) -> str:
        return self.question.kind

    @property
    def id(self) -> str:
        return self.question.id


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one page holds: the parts in view; those that only a script brings in; fields of other pages, carried."""

    parts: tuple[Part, ...]
    later: tuple[Part, ...] = ()
    carried: tuple[tuple[str, str], ...] = ()
    page: int = ALL
    paged: bool = False
    last: bool = True


def sheet(
    document: Document,
    reader: Reader,
    texts: Texts,
    *,
    typed: Typed,
    page: int = 0,
    wrong: Sequence[Problem] = (),
    seed: str = "",
) -> Sheet:
    """One page of a survey. The first one brings the others along for browsers that run its script."""
    asked = questions(document)
    given = filling.answers(asked, typed, document["metric"])
    visible = shown(asked, given, reader)
    cut = branching.pages(asked)
    complaints = {problem.field: problem.message for problem in wrong}

    def parts(those: Sequence[Question]) -> tuple[Part, ...]:
        return tuple(
            _part(question, reader, texts, typed, complaints, seed=seed, hidden=question not in visible)
            for question in those
            if _possible(question, reader)
        )

    if len(cut) == 1:
        return Sheet(parts(asked))
    if page == ALL:
        return Sheet(parts(asked), paged=True)
    page = min(page, len(cut) - 1)
    here = [question for question in cut[page] if question in visible]
    own = {name for question in here for name in filling.names(question)}
    carried = tuple((name, value) for name, values in typed.items() if name not in own for value in values)
    if page == 0:
        rest = [question for others in cut[1:] for question in others]
        return Sheet(parts(cut[0]), parts(rest), carried, page=0, paged=True, last=False)
    return Sheet(parts(here), carried=carried, page=page, paged=True, last=page == len(cut) - 1)


def personal(document: Document) -> bool:
    """Whether the page differs between people: by merge fields, by conditions on who they are, by random order."""
    asked = questions(document)
    if any(question.shuffle for question in asked):
        return True
    conditions = [one for question in asked if question.show for one in question.show.conditions]
    if any(one.about in {"contact", "interaction"} for one in conditions):
        return True
    if any(question.kind == "contact" for question in asked):
        return True
    return any(has_fields(text) for locale in document["locales"] for text in effective(document, locale).values())


def _possible(question: Question, reader: Reader) -> bool:
    """False where what is known already rules a question out, whatever is answered."""
    show = question.show
    if show is None:
        return True
    fixed = [branching.met(one, {}, reader) for one in show.conditions if one.about in _ALWAYS]
    if show.match == "all":
        return all(fixed)
    return any(fixed) or len(fixed) < len(show.conditions)


def _part(
    question: Question,
    reader: Reader,
    texts: Texts,
    typed: Typed,
    complaints: Mapping[str, str],
    *,
    seed: str,
    hidden: bool,
) -> Part:
    name = filling.name_of(question)
    return Part(
        question=question,
        name=name,
        title=texts.get(question.title_key, ""),
        help=texts.get(f"{question.id}.help", "") or (texts["choose_any"] if question.kind == "many" else ""),
        typed=filling.first(typed, name),
        options=_options(question, reader, texts, typed, seed),
        rows=_rows(question, texts, typed, seed),
        low_label=texts.get("low_label" if question.id == SCORE else f"{question.id}.low_label", ""),
        high_label=texts.get("high_label" if question.id == SCORE else f"{question.id}.high_label", ""),
        other=filling.first(typed, f"{name}-other") or filling.first(typed, f"{name}-address"),
        wrong=complaints.get(question.id, ""),
        when=_when(question.show, reader) if question.show else "",
        hidden=hidden,
    )


def _options(question: Question, reader: Reader, texts: Texts, typed: Typed, seed: str) -> tuple[Option, ...]:
    chosen = typed.get(filling.name_of(question), ())
    if question.kind == "score":
        scale = SCALES[reader.metric]
        return tuple(
            Option(str(value), score_label(value, reader.metric, texts), str(value) in chosen) for value in scale.values
        )
    labels = {"yes": texts["yes"], "no": texts["no"]} if question.kind == "yesno" else {OTHER: texts["other_label"]}
    found = [
        Option(value, labels.get(value) or texts.get(f"{question.id}.choice.{value}", ""), value in chosen)
        for value in _shuffled(question.options, question, seed)
    ]
    return tuple(sorted(found, key=lambda option: option.value == OTHER))


def score_label(value: int, metric: str, texts: Texts) -> str:
    """What a value of the score is called where its look is no number."""
    scale = SCALES[metric]
    if scale.look == "stars":
        return merge(texts["star_of"], {"n": value, "high": scale.high})
    if scale.look == "smileys":
        return texts[f"smiley_{value}"]
    if scale.look in {"thumbs", "words"}:
        return texts["low_label" if value == scale.low else "high_label" if value == scale.high else "mid_label"]
    return str(value)


def _rows(question: Question, texts: Texts, typed: Typed, seed: str) -> tuple[Row, ...]:
    name = filling.name_of(question)
    return tuple(
        Row(f"{name}-{row}", texts.get(f"{question.id}.row.{row}", ""), filling.first(typed, f"{name}-{row}"))
        for row in _shuffled(question.rows, question, seed)
    )


def _shuffled(values: tuple[str, ...], question: Question, seed: str) -> tuple[str, ...]:
    """In an order of chance that stays the same for one visitor, whenever the page is shown again."""
    if not question.shuffle or not seed:
        return values
    mixed = list(values)
    random.Random(f"{seed}{question.id}").shuffle(mixed)  # noqa: S311 - an order, not a secret
    return tuple(mixed)


def _when(show: Show, reader: Reader) -> str:
    """The condition as the page's script reads it: {"any": …, "if": [[field, values, negated] or true or false, …]}."""
    tests: list[Any] = [
        branching.met(one, {}, reader) if one.about in _ALWAYS else _test(one, reader) for one in show.conditions
    ]
    return json.dumps({"any": int(show.match == "any"), "if": tests}, separators=(",", ":"))


def _test(condition: Condition, reader: Reader) -> list[Any]:
    name = f"q-{condition.name}" if condition.about == "answer" else SCORE
    values = list(condition.values)
    if condition.about == "answer" and condition.name in {SCORE, COMMENT}:
        name = condition.name
    if condition.about == "band":
        scale = SCALES[reader.metric]
        values = [str(value) for value in scale.values if scale.band(value) in condition.values]
    return [name, values, int(condition.negated)]
