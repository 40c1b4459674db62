"""The checklist of a draft: what forbids publishing it, and what is worth another look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from surveys import merging, phrasing
from surveys.coloring import low_on_white
from surveys.question import SCORE, Question, questions
from surveys.reaching import faults
from surveys.wording import EDITABLE, Document, effective, question_keys, ready, untranslated

QUESTION_LENGTH: Final = 140
SUBJECT_LENGTH: Final = 60
QUESTIONS: Final = 12
"""More than that, and people begin to leave."""

STOPS: Final = frozenset(
    {"no_score", "no_text", "no_choice_text", "few_choices", "no_rows"}
    | {"later", "loop", "missing", "value", "textual", "unreachable"}
)
"""Kinds that forbid publishing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at. What `stops` forbids publishing; every other leaves the decision to the person.

    kind: no_score · no_text · no_choice_text · few_choices · no_rows · later, loop, missing, value, textual,
    unreachable (`surveys.reaching`) · untranslated (keys: shown in the survey's main language) · placeholder (detail:
    what nothing fills) · no_fallback (detail: the field) · long_question, long_subject (detail: characters) · leading,
    double (detail: the words) · many_questions (detail: how many) · anonymous_contact · anonymous_fields ·
    low_contrast
    (detail: the colour's contrast on white, and the colour that stands in for it)
    """

    kind: str
    locale: str
    keys: tuple[str, ...] = ()
    question: str = ""
    detail: str = ""
    other: str = ""

    @property
    def stops(self) -> bool:
        return self.kind in STOPS


def findings(document: Document) -> list[Finding]:
    """Everything worth a look in the languages that the survey offers, the gravest first."""
    found = [*_lacks(document), *_faults(document), *_whole(document)]
    for locale in document["locales"]:
        if missing := untranslated(document, locale):
            found.append(Finding("untranslated", locale, missing))
        found += _strange_placeholders(document, locale)
        found += _wording(document, locale)
    return sorted(found, key=lambda finding: not finding.stops)


def _lacks(document: Document) -> Iterator[Finding]:
    """What must be there before anything can be asked; in the main language, which steps in for all others."""
    locale, asked = document["default_locale"], questions(document)
    texts = effective(document, locale)
    if not any(question.id == SCORE for question in asked):
        yield Finding("no_score", locale)
    for question in asked:
        if not texts.get(question.title_key, "").strip():
            yield Finding("no_text", locale, (question.title_key,), question.id)
        if question.kind in {"one", "many"} and len(question.options) < 2:
            yield Finding("few_choices", locale, (), question.id)
        if question.kind == "matrix" and not question.rows:
            yield Finding("no_rows", locale, (), question.id)
        for part, values in (("choice", question.choices), ("row", question.rows)):
            empty = tuple(key for one in values if not texts.get(key := f"{question.id}.{part}.{one}", "").strip())
            if empty:
                yield Finding("no_choice_text", locale, empty, question.id)


def _faults(document: Document) -> Iterator[Finding]:
    asked = questions(document)
    if any(question.id == SCORE for question in asked):
        for fault in faults(asked, document["metric"], document["locales"]):
            yield Finding(fault.kind, document["default_locale"], (), fault.question, fault.value, fault.other)


def _whole(document: Document) -> Iterator[Finding]:
    """What concerns the survey as a whole."""
    locale, asked = document["default_locale"], questions(document)
    if len(asked) > QUESTIONS:
        yield Finding("many_questions", locale, detail=str(len(asked)))
    if document.get("anonymous"):
        for question in asked:
            if question.kind == "contact":
                yield Finding("anonymous_contact", locale, (question.title_key,), question.id)
        for tag in document["locales"]:
            own = document.get("texts", {}).get(tag, {})
            if keys := tuple(key for key, text in own.items() if merging.has_fields(text)):
                yield Finding("anonymous_fields", tag, keys)
    color = (document.get("look") or {}).get("color")
    if color and (low := low_on_white(color)):
        yield Finding("low_contrast", locale, detail=f"{low[0]:.1f}:1 {low[1]}")


def _wording(document: Document, locale: str) -> Iterator[Finding]:
    """How the survey's own texts in a language are put."""
    own = document.get("texts", {}).get(locale, {})
    for question in questions(document):
        text = own.get(question.title_key, "").strip()
        if text:
            yield from _asked(question, text, locale)
    subject = " ".join(own.get("mail_subject", "").split())
    if len(subject) > SUBJECT_LENGTH:
        yield Finding("long_subject", locale, ("mail_subject",), detail=str(len(subject)))


def _asked(question: Question, text: str, locale: str) -> Iterator[Finding]:
    about: dict[str, Any] = {"locale": locale, "keys": (question.title_key,), "question": question.id}
    if len(text) > QUESTION_LENGTH:
        yield Finding("long_question", **about, detail=str(len(text)))
    if words := phrasing.leading(text, locale):
        yield Finding("leading", **about, detail=words)
    if joint := phrasing.double(text, locale):
        yield Finding("double", **about, detail=joint)


_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")


def _strange_placeholders(document: Document, locale: str) -> Iterator[Finding]:
    usual, said = (
        ready(document, locale),
        {*question_keys(document), *(key for group in EDITABLE.values() for key in group)},
    )
    for key, text in document.get("texts", {}).get(locale, {}).items():
        if key not in said or "{" not in text:
            continue
        known = {"company", *_PLACEHOLDER.findall(usual.get(key, ""))} | (
            {"name"} if key in EDITABLE["mail"] else set()
        )
        plain = merging.FIELD.sub(lambda found: found[0] if found[3] else "", text)
        for name in sorted(set(_PLACEHOLDER.findall(plain)) - known):
            yield Finding("placeholder", locale, (key,), detail=f"{{{name}}}")
        for name, fallback in merging.fields(text):
            if not merging.is_field(name):
                yield Finding("placeholder", locale, (key,), detail=f"{{{{ {name} }}}}")
            elif fallback is None:
                yield Finding("no_fallback", locale, (key,), detail=name)
