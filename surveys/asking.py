"""Whether a list claims rightly to be the questions of a survey document."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeGuard

from surveys.library import SERVQUAL
from surveys.question import COMMENT, KINDS, OTHER, SCORE, question_of, written

MOST_QUESTIONS: Final = 50
MOST_PARTS: Final = 100
"""Choices of a question, or lines of a matrix."""
MOST_CONDITIONS: Final = 20
MOST_VALUES: Final = 100
MOST_FLAWS: Final = 500
"""More are not told: nobody mends a file by hand that has so many, and it may have a million."""

IDENT: Final = re.compile(r"[a-z0-9_]{1,40}")
CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that no text keeps: databases refuse NUL, and half a surrogate pair is no character."""
Wrong = tuple[str, str, dict[str, Any]]
"""A path, a code, and what its words need."""

_COMMON: Final = frozenset({"id", "kind", "required", "show"})
_OWN: Final[Mapping[str, frozenset[str]]] = {
    "one": frozenset({"choices", "other", "shuffle"}),
    "many": frozenset({"choices", "other", "shuffle"}),
    "matrix": frozenset({"rows", "low", "high", "shuffle", "dimension", "side"}),
}
_ABOUT: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("band", "score", "language"), frozenset({"about", "is", "not"})),
    "answer": frozenset({"about", "is", "not", "question"}),
    **dict.fromkeys(("contact", "interaction"), frozenset({"about", "is", "not", "property"})),
}


def brief(value: object, most: int = 40) -> str:
    """A stranger's value as it may stand in a path or a sentence: short, and nothing in it that cannot be shown."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", value[:most]) if isinstance(value, str) else "?"


def known(value: object, words: Container[str]) -> TypeGuard[str]:
    """Whether the value is one of these words. A list or an object may come in its place, which no set can look up."""
    return isinstance(value, str) and value in words


def checked_questions(raw: object) -> tuple[list[dict[str, Any]], list[Wrong]]:
    """The questions as they are kept, and everything wrong with them."""
    if not isinstance(raw, list) or not raw:
        return [], [("questions", "no_question", {})]
    if len(raw) > MOST_QUESTIONS:
        return [], [("questions", "too_many", {"limit": MOST_QUESTIONS})]
    each = (one for index, question in enumerate(raw) for one in _question(f"questions[{index}]", question))
    wrong = list(islice(each, MOST_FLAWS))
    if not wrong:
        wrong += _together(raw)
    return ([] if wrong else [written(question_of(question)) for question in raw]), wrong


def _together(raw: list[dict[str, Any]]) -> Iterator[Wrong]:
    idents = [question["id"] for question in raw]
    for index, ident in enumerate(idents):
        if ident in idents[:index]:
            yield f"questions[{index}].id", "twice", {"value": ident}
    if [question["kind"] for question in raw].count("score") != 1:
        yield "questions", "one_score", {}
    for index, question in enumerate(raw):
        if (question["id"] == SCORE) != (question["kind"] == "score"):
            yield f"questions[{index}].id", "score_id", {}
        if question["id"] == COMMENT and question["kind"] != "long":
            yield f"questions[{index}].kind", "comment_kind", {}
        if question["kind"] == "score" and question.get("show"):
            yield f"questions[{index}].show", "score_always", {}


def _question(path: str, raw: object) -> Iterator[Wrong]:
    if not isinstance(raw, Mapping):
        yield path, "not_an_object", {}
        return
    kind = raw.get("kind")
    if not known(kind, KINDS):
        yield f"{path}.kind", "unknown_kind", {"known": ", ".join(KINDS), "value": brief(kind)}
        return
    if not isinstance(raw.get("id"), str) or not IDENT.fullmatch(raw["id"]):
        yield f"{path}.id", "not_an_id", {}
    for key, value in raw.items():
        yield from _field(f"{path}.{brief(key, 60)}", key, value, _COMMON | _OWN.get(kind, frozenset()))
    if kind == "matrix":
        yield from _matrix(path, raw)


def _field(path: str, key: object, value: object, names: frozenset[str]) -> Iterator[Wrong]:
    if key not in names:
        yield path, "unknown_key", {}
    elif key in {"required", "other", "shuffle"} and not isinstance(value, bool):
        yield path, "not_a_boolean", {}
    elif key in {"choices", "rows"}:
        yield from _idents(path, value)
    elif key == "show" and value is not None:
        yield from _show(path, value)


def _idents(path: str, raw: object) -> Iterator[Wrong]:
    if not isinstance(raw, list):
        yield path, "not_a_list", {}
        return
    if len(raw) > MOST_PARTS:
        yield path, "too_many", {"limit": MOST_PARTS}
        return
    for index, ident in enumerate(raw):
        if not isinstance(ident, str) or not IDENT.fullmatch(ident) or ident == OTHER:
            yield f"{path}[{index}]", "not_an_id", {}
        elif ident in raw[:index]:
            yield f"{path}[{index}]", "twice", {"value": ident}


def _matrix(path: str, raw: Mapping[str, Any]) -> Iterator[Wrong]:
    low, high = raw.get("low", 1), raw.get("high", 5)
    whole = all(isinstance(end, int) and not isinstance(end, bool) for end in (low, high))
    if not whole or not 0 <= low < high <= 10:
        yield f"{path}.high", "not_a_scale", {}
    if not known(raw.get("dimension", ""), {"", *SERVQUAL}):
        yield f"{path}.dimension", "unknown_dimension", {"known": ", ".join(SERVQUAL)}
    if not known(raw.get("side", ""), {"", "expected", "perceived"}):
        yield f"{path}.side", "unknown_side", {}


def _show(path: str, raw: object) -> Iterator[Wrong]:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("conditions", []), list):
        yield path, "not_an_object", {}
        return
    if not known(raw.get("match", "all"), {"all", "any"}):
        yield f"{path}.match", "unknown_match", {}
    for key in raw:
        if key not in {"match", "conditions"}:
            yield f"{path}.{brief(key, 60)}", "unknown_key", {}
    conditions = raw.get("conditions", [])
    if len(conditions) > MOST_CONDITIONS:
        yield f"{path}.conditions", "too_many", {"limit": MOST_CONDITIONS}
        return
    for index, condition in enumerate(conditions):
        yield from _condition(f"{path}.conditions[{index}]", condition)


def _condition(path: str, raw: object) -> Iterator[Wrong]:
    about = raw.get("about") if isinstance(raw, Mapping) else None
    if not isinstance(raw, Mapping) or not known(about, _ABOUT):
        yield f"{path}.about", "unknown_about", {"known": ", ".join(_ABOUT)}
        return
    for key in raw:
        if key not in _ABOUT[about]:
            yield f"{path}.{brief(key, 60)}", "unknown_key", {}
    if "not" in raw and not isinstance(raw["not"], bool):
        yield f"{path}.not", "not_a_boolean", {}
    values = raw.get("is")
    if not isinstance(values, list) or not 0 < len(values) <= MOST_VALUES:
        yield f"{path}.is", "no_values", {"limit": MOST_VALUES}
    else:
        for index, value in enumerate(values):
            if not (_is_score(value) if about == "score" else _is_word(value)):
                yield f"{path}.is[{index}]", "not_a_value", {}
    name = raw.get("question" if about == "answer" else "property", "-")
    if about in {"answer", "contact", "interaction"} and not (
        isinstance(name, str) and 0 < len(name) <= 60 and name.isprintable() and name != "-"
    ):
        yield f"{path}.{'question' if about == 'answer' else 'property'}", "no_name", {}


def _is_score(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and not CONTROL.search(value)
