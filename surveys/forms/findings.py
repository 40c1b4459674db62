"""What the checklist found, as sentences, each with the place in the builder that it is about."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from accounts.language import LANGUAGE_NAMES
from surveys.checking import QUESTION_LENGTH, QUESTIONS, SUBJECT_LENGTH, Finding
from surveys.forms.labels import LABELS
from surveys.question import questions
from surveys.wording import Document, effective

KIND_NAMES = {
    "score": _("Score"),
    "one": _("Single choice"),
    "many": _("Multiple choice"),
    "short": _("Short text"),
    "long": _("Long text"),
    "matrix": _("Rating table"),
    "yesno": _("Yes or no"),
    "date": _("Date"),
    "contact": _("May we contact you?"),
}

SENTENCES = {
    "no_score": _("No question carries the metric. Add the score."),
    "no_text": _("%(question)s has no text yet."),
    "no_choice_text": _("%(question)s has a choice or line without text."),
    "few_choices": _("%(question)s needs at least two choices."),
    "no_rows": _("%(question)s needs at least one line to rate."),
    "later": _("%(question)s depends on %(other)s, which comes later. Move it below, or change the condition."),
    "loop": _("%(question)s depends on its own answer."),
    "missing": _("%(question)s depends on a question that is not there any more."),
    "value": _("%(question)s depends on “%(detail)s”, which %(other)s cannot have."),
    "textual": _("%(question)s depends on certain words in %(other)s. Ask only whether it was answered."),
    "unreachable": _("Nobody can ever see %(question)s: its conditions exclude each other."),
    "untranslated": _("%(language)s shows your own words in %(main)s: %(texts)s."),
    "placeholder": _("%(texts)s (%(language)s) has %(detail)s, which nothing fills; people will see it as it stands."),
    "no_fallback": _("%(texts)s (%(language)s) says nothing where %(detail)s is not known. Give it other words."),
    "long_question": _("%(question)s (%(language)s) has %(detail)s characters. Up to %(limit)s are read on a phone."),
    "long_subject": _("The subject (%(language)s) has %(detail)s characters. Phones show about %(limit)s."),
    "leading": _("%(question)s (%(language)s) leads to an answer: “%(detail)s”. Ask it neutrally."),
    "double": _("%(question)s (%(language)s) may ask two things at once: “… %(detail)s …”. Ask one of them."),
    "many_questions": _("%(detail)s questions are many. Beyond %(limit)s, people begin to leave."),
    "anonymous_contact": _("The survey is anonymous, and %(question)s asks who it is."),
    "anonymous_fields": _("The survey is anonymous, and a text (%(language)s) speaks of the person: %(texts)s."),
    "low_contrast": _(
        "The colour has a contrast of %(ratio)s on white, where words need 4.5:1. Links use %(color)s instead."
    ),
}
SHORT = {
    "no_text": _("This still needs its text."),
    "no_choice_text": _("This still needs its text."),
    "placeholder": _("Nothing fills %(detail)s; people will see it as it stands."),
    "no_fallback": _("This says nothing where %(detail)s is not known. Give it other words."),
    "long_question": _("%(detail)s characters. Up to %(limit)s are read on a phone."),
    "long_subject": _("%(detail)s characters. Phones show about %(limit)s."),
    "leading": _("“%(detail)s” leads to an answer. Ask it neutrally."),
    "double": _("“… %(detail)s …”: this may ask two things at once. Ask one of them."),
    "anonymous_fields": _("The survey is anonymous, and this speaks of the person."),
    "anonymous_contact": _("The survey is anonymous, and this asks who it is."),
}
"""The same below the very field."""
_LIMITS = {"long_question": QUESTION_LENGTH, "long_subject": SUBJECT_LENGTH, "many_questions": QUESTIONS}
_FIELDS = {"few_choices": "choices", "no_rows": "rows"}
MOST_NAMED = 3
"""Texts that one sentence names; it counts the others."""


def sentence(finding: Finding, document: Document) -> str:
    """The finding in words."""
    return str(SENTENCES[finding.kind]) % values(finding, document)


def values(finding: Finding, document: Document) -> dict[str, Any]:
    """What fills the gaps of a sentence."""
    languages = {tag: LANGUAGE_NAMES.get(tag, tag) for tag in (finding.locale, document["default_locale"])}
    ratio, _space, color = finding.detail.partition(" ")
    return {
        "ratio": ratio,
        "color": color,
        "question": named(finding.question, document),
        "other": named(finding.other, document),
        "language": languages[finding.locale],
        "main": languages[document["default_locale"]],
        "texts": _texts(finding, document),
        "detail": finding.detail,
        "limit": _LIMITS.get(finding.kind, ""),
    }


def place(finding: Finding) -> str:
    """Where the builder goes for it: `text:<key>`, `field:<question>:<field>`, `card:<question>`, or a setting."""
    if finding.keys:
        return f"text:{finding.keys[0]}"
    if finding.kind in {"no_score", "many_questions", "low_contrast"}:
        return "field:look:color" if finding.kind == "low_contrast" else "add"
    return f"field:{finding.question}:{_FIELDS.get(finding.kind, 'show')}"


def told(finding: Finding, document: Document) -> dict[str, Any]:
    """The finding as the builder reads it."""
    return {
        "kind": finding.kind,
        "stops": finding.stops,
        "locale": finding.locale,
        "question": finding.question,
        "place": place(finding),
        "keys": list(finding.keys),
        "sentence": sentence(finding, document),
        "short": str(SHORT[finding.kind]) % values(finding, document) if finding.kind in SHORT else "",
    }


def named(ident: str, document: Document) -> str:
    """A question as people call it: its text in the main language, else its kind."""
    question = next((one for one in questions(document) if one.id == ident), None)
    if question is None:
        return str(gettext("A question that is not there"))
    text = effective(document, document["default_locale"]).get(question.title_key, "").strip()
    return f"“{text if len(text) <= 60 else text[:57] + '…'}”" if text else f"“{KIND_NAMES[question.kind]}”"


def label(key: str, document: Document) -> str:
    """What staff call a text."""
    if key in LABELS:
        return str(LABELS[key])
    ident, _dot, part = key.partition(".")
    names: dict[str, str] = {
        "title": gettext("question %(question)s", question=named(ident, document)),
        "help": gettext("help of %(question)s", question=named(ident, document)),
        "low_label": gettext("lowest rating of %(question)s", question=named(ident, document)),
        "high_label": gettext("highest rating of %(question)s", question=named(ident, document)),
    }
    if part.startswith(("row.", "choice.")):
        words = effective(document, document["default_locale"]).get(key, "").strip()
        if part.startswith("row."):
            return str(gettext("line “%(words)s”", words=words) if words else gettext("a line"))
        return str(gettext("choice “%(words)s”", words=words) if words else gettext("a choice"))
    return str(names.get(part, key))


def _texts(finding: Finding, document: Document) -> str:
    shown = [label(key, document) for key in finding.keys[:MOST_NAMED]]
    rest = len(finding.keys) - len(shown)
    return ", ".join(shown) + (ngettext(" and %(num)s more", " and %(num)s more", rest) if rest else "")
