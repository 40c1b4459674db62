"""What must be put right before answers can be kept, in the words of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.core import UnknownLocaleError
from babel.dates import format_date

from surveys.branching import Reader, Value
from surveys.filling import Typed, answers, first, name_of
from surveys.merging import merge
from surveys.question import COMMENT, OTHER, Question
from surveys.scale import SCALES
from surveys.wording import COMMENT_LIMIT, Texts, ancestors, comment_too_long, number, score_missing

SHORT_LIMIT: Final = 200
"""Characters of a short text, and of what "other" means."""
ADDRESS_LIMIT: Final = 320
_EXAMPLE: Final = date(2026, 3, 31)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to put right before an answer can be kept: on a question (its id), or on the whole `form`."""

    field: str
    message: str


def problems(asked: Sequence[Question], typed: Typed, reader: Reader, texts: Texts) -> tuple[Problem, ...]:
    """What is wrong with the answers to the questions `asked`; the first complaint about each."""
    given = answers(asked, typed, reader.metric)
    found = []
    for question in asked:
        message = next(filter(None, _complaints(question, given.get(question.id), typed, reader, texts)), None)
        if message:
            found.append(Problem(question.id, message))
    return tuple(found)


def _complaints(question: Question, value: Value | None, typed: Typed, reader: Reader, texts: Texts) -> Iterator[str]:
    name = name_of(question)
    if question.kind == "score" and value is None:
        yield score_missing(texts, SCALES[reader.metric])
    yield _too_long(question, typed, texts, reader.locale)
    if question.kind == "date" and value is None and first(typed, name):
        yield date_wrong(texts, reader.locale)
    chosen = value if isinstance(value, tuple) else (value,)
    if question.other and OTHER in chosen and not first(typed, f"{name}-other"):
        yield texts["other_missing"]
    known = reader.person.value("contact.email") or first(typed, f"{name}-address")
    if question.kind == "contact" and value == "yes" and not known:
        yield texts["contact_missing"]
    if question.required:
        yield _missing(question, value, texts)


def _missing(question: Question, value: Value | None, texts: Texts) -> str:
    if question.kind == "matrix":
        whole = isinstance(value, Mapping) and len(value) == len(question.rows)
        return "" if whole else texts["rows_missing"]
    return "" if value is not None else texts["answer_missing"]


def _too_long(question: Question, typed: Typed, texts: Texts, locale: str) -> str:
    name = name_of(question)
    limits = {f"{name}-other": SHORT_LIMIT, f"{name}-address": ADDRESS_LIMIT}
    limits |= {name: COMMENT_LIMIT} if question.kind == "long" else {name: SHORT_LIMIT}
    for field, limit in limits.items():
        count = len(first(typed, field))
        if count > limit and question.id == COMMENT:
            return comment_too_long(texts, locale, count)
        if count > limit:
            return merge(texts["text_too_long"], {"count": number(count, locale), "limit": number(limit, locale)})
    return ""


def date_wrong(texts: Texts, locale: str) -> str:
    """What to say about a day that cannot be read, or that no calendar of today knows."""
    return merge(texts["date_wrong"], {"example": _date_example(locale)})


def _date_example(locale: str) -> str:
    for tag in ancestors(locale):
        try:
            return str(format_date(_EXAMPLE, "short", locale=tag.replace("-", "_")))
        except (UnknownLocaleError, ValueError):
            continue
    return _EXAMPLE.isoformat()
