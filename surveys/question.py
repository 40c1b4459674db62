"""The questions of a survey document, as values.

A document is `{"metric", "default_locale", "locales", "texts": {locale: {key: text}}, "questions": […], …}`. One
without `questions` asks for the score and a comment. The texts of a question are named after it: `question` for the
score, `comment_label` for the comment, `<id>.title` for every other; `<id>.help`, `<id>.choice.<choice>`,
`<id>.row.<row>`, `<id>.low_label`, `<id>.high_label` where it has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Document = Mapping[str, Any]
Kind = Literal["score", "one", "many", "short", "long", "matrix", "yesno", "date", "contact"]
About = Literal["band", "score", "answer", "contact", "interaction", "language"]

KINDS: Final[tuple[Kind, ...]] = ("score", "one", "many", "short", "long", "matrix", "yesno", "date", "contact")
SCORE: Final = "score"
COMMENT: Final = "comment"
OTHER: Final = "other"
"""The id of the choice "other, please say"; no choice of a designer is called so."""
ANY: Final = "*"
"""In a condition on an answer: whatever was answered."""

CONTACT: Final = "contact"
"""The part under which the consent to be contacted is stored."""

TITLES: Final = {SCORE: "question", COMMENT: "comment_label"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One fact that must hold, or with `negated` must not: what it is `about`, and the values that satisfy it.

    `name` is the id of the question of an answer, or the name of a property of the contact or the interaction.
    """

    about: About
    values: tuple[str, ...]
    name: str = ""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """When a question is shown: if all, or any, of its conditions hold."""

    conditions: tuple[Condition, ...]
    match: Literal["all", "any"] = "all"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `low`…`high` is the scale of a matrix's rows; `dimension` and `side` make a matrix part of a
    SERVQUAL comparison of what was `expected` with what was `perceived`.
    """

    id: str
    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    other: bool = False
    shuffle: bool = False
    rows: tuple[str, ...] = ()
    low: int = 1
    high: int = 5
    dimension: str = ""
    side: str = ""
    show: Show | None = None

    @property
    def title_key(self) -> str:
        """The key of its text."""
        return TITLES.get(self.id, f"{self.id}.title")

    @property
    def text_keys(self) -> tuple[str, ...]:
        """The keys of all texts that it must have in each language; its help is not among them."""
        if self.id == SCORE:
            return ("question", "low_label", "high_label")
        keys = [self.title_key]
        keys += [f"{self.id}.choice.{choice}" for choice in self.choices]
        keys += [f"{self.id}.row.{row}" for row in self.rows]
        keys += [f"{self.id}.low_label", f"{self.id}.high_label"] if self.kind == "matrix" else []
        return tuple(keys)

    @property
    def options(self) -> tuple[str, ...]:
        """The values that an answer of chosen words may have."""
        if self.kind == "yesno":
            return ("yes", "no")
        return (*self.choices, OTHER) if self.other else self.choices

    @property
    def values(self) -> tuple[int, ...]:
        """What each row of a matrix may be rated."""
        return tuple(range(self.low, self.high + 1))


PLAIN: Final = (Question(SCORE, "score", required=True), Question(COMMENT, "long"))


def questions(document: Document) -> tuple[Question, ...]:
    """Every question of a document, in order."""
    raw = document.get("questions")
    return PLAIN if raw is None else tuple(question_of(one) for one in raw)


def question_of(raw: Mapping[str, Any]) -> Question:
    """One question as the document writes it; what is left out has its usual value."""
    kind: Kind = raw["kind"]
    return Question(
        id=raw["id"],
        kind=kind,
        required=kind == "score" or bool(raw.get("required", False)),
        choices=tuple(raw.get("choices", ())),
        other=bool(raw.get("other", False)),
        shuffle=bool(raw.get("shuffle", False)),
        rows=tuple(raw.get("rows", ())),
        low=int(raw.get("low", 1)),
        high=int(raw.get("high", 5)),
        dimension=raw.get("dimension", ""),
        side=raw.get("side", ""),
        show=show_of(raw.get("show")),
    )


def written(question: Question) -> dict[str, Any]:
    """The question as a document writes it; the inverse of `question_of`, without what is usual."""
    usual = Question(question.id, question.kind)
    raw: dict[str, Any] = {"id": question.id, "kind": question.kind}
    for name in ("required", "choices", "other", "shuffle", "rows", "low", "high", "dimension", "side"):
        value = getattr(question, name)
        if value != getattr(usual, name) and not (name == "required" and question.kind == "score"):
            raw[name] = list(value) if isinstance(value, tuple) else value
    if question.kind == "matrix":
        raw |= {"low": question.low, "high": question.high}
    if question.show:
        raw["show"] = show_written(question.show)
    return raw


def show_written(show: Show) -> dict[str, Any]:
    """The conditions as a document writes them; the inverse of `show_of`."""
    return {"match": show.match, "conditions": [dict(_written(condition)) for condition in show.conditions]}


def several(document: Document) -> bool:
    """Whether more is asked than a score and a comment."""
    return any(question.id not in TITLES for question in questions(document))


def show_of(raw: Mapping[str, Any] | None) -> Show | None:
    """Conditions as a document writes them: `{"match": "all", "conditions": [{"about", …, "is": […]}]}`."""
    if not raw or not raw.get("conditions"):
        return None
    return Show(tuple(_condition(one) for one in raw["conditions"]), raw.get("match", "all"))


def _condition(raw: Mapping[str, Any]) -> Condition:
    name = raw.get("question") if raw["about"] == "answer" else raw.get("property")
    return Condition(raw["about"], tuple(map(str, raw["is"])), name or "", bool(raw.get("not", False)))


def _written(condition: Condition) -> Iterator[tuple[str, Any]]:
    yield "about", condition.about
    if condition.about == "answer":
        yield "question", condition.name
    elif condition.about in {"contact", "interaction"}:
        yield "property", condition.name
    scores = condition.about == "score"
    yield "is", [int(value) for value in condition.values] if scores else list(condition.values)
    if condition.negated:
        yield "not", True
