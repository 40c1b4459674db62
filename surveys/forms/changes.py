"""What changed between two documents of a survey, as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from accounts.language import LANGUAGE_NAMES
from surveys import comparing
from surveys.comparing import Change
from surveys.forms.findings import KIND_NAMES, label, named
from surveys.forms.labels import LABELS
from surveys.question import questions
from surveys.wording import Document, effective

FIELDS = {
    "required": _("Answer required"),
    "choices": _("Choices"),
    "other": _("“Other, please say”"),
    "shuffle": _("Random order"),
    "rows": _("Lines"),
    "low": _("Lowest rating"),
    "high": _("Highest rating"),
    "dimension": _("Dimension of service quality"),
    "side": _("Expected or perceived"),
    "show": _("When it is shown"),
    "kind": _("Kind"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A change in words: what it is about, in which language, and how it read before and after."""

    title: str
    before: str = ""
    after: str = ""
    language: str = ""


def told(before: Document, after: Document) -> list[Told]:
    """Every change that people can see, in words."""
    found = comparing.news(comparing.flat(before), comparing.flat(after))
    return [in_words(change, before, after) for change in found]


def in_words(change: Change, before: Document, after: Document) -> Told:
    """One change in words."""
    match change.place:
        case ("texts", locale, key):
            read = comparing.readable(change, before, after)
            title = label(key, after if _knows(after, key) else before)
            return Told(title[:1].upper() + title[1:], read.before, read.after, LANGUAGE_NAMES.get(locale, locale))
        case ("questions",):
            return Told(gettext("Order of the questions"), _order(change.before, before), _order(change.after, after))
        case ("question", _ident) | ("question", _ident, _):
            return _question(change, before, after)
        case ("look", key):
            names = {"color": gettext("Colour"), "logo": gettext("Logo")}
            return Told(names.get(key, key), change.before or "", change.after or "")
        case _:
            values = (_setting(change.key, one) for one in (change.before, change.after))
            return Told(str(LABELS.get(change.key, change.key)), *values)


def _question(change: Change, before: Document, after: Document) -> Told:
    ident = change.place[1]
    if len(change.place) == 3:
        field = change.key
        title = f"{named(ident, after)}: {FIELDS.get(field, field)}"
        return Told(title, _value(field, change.before, ident, before), _value(field, change.after, ident, after))
    if change.after is None:
        return Told(gettext("Question %(question)s was removed", question=named(ident, before)))
    return Told(gettext("Question %(question)s was added", question=named(ident, after)))


def _setting(key: str, value: Any) -> str:
    if key in {"locales", "default_locale"}:
        tags = (value,) if isinstance(value, str) else value or ()
        return ", ".join(LANGUAGE_NAMES.get(tag, tag) for tag in tags)
    return _yes(value) if isinstance(value, bool) or value is None else str(value)


def _value(field: str, value: Any, ident: str, document: Document) -> str:
    texts = effective(document, document["default_locale"])
    match field:
        case "choices" | "rows":
            words = [
                texts.get(f"{ident}.{'choice' if field == 'choices' else 'row'}.{one}", "") or one
                for one in value or ()
            ]
            return ", ".join(words)
        case "show":
            return condition_words(value, document) if value else str(gettext("always"))
        case "kind":
            return str(KIND_NAMES.get(value, value))
        case _:
            return _yes(value) if isinstance(value, bool) or value is None else str(value)


def condition_words(show: dict[str, Any], document: Document) -> str:
    """When a question is shown, roughly as the builder says it."""
    texts = effective(document, document["default_locale"])
    parts = []
    for one in show["conditions"]:
        about, values = one["about"], [str(value) for value in one["is"]]
        if about == "answer":
            subject = named(one["question"], document)
            words = {"yes": texts["yes"], "no": texts["no"], "other": texts["other_label"], "*": gettext("answered")}
            values = [words.get(v) or texts.get(f"{one['question']}.choice.{v}", v) for v in values]
        else:
            subject = {
                "band": gettext("the score"),
                "score": gettext("the score"),
                "language": gettext("the language"),
            }.get(about, f"{about}.{one.get('property', '')}")
        verb = gettext("is not") if one.get("not") else gettext("is")
        parts.append(f"{subject} {verb} {gettext(' or ').join(values)}")
    glue = gettext(" and ") if show.get("match", "all") == "all" else gettext(" or ")
    return str(glue).join(parts)


def _order(idents: tuple[str, ...], document: Document) -> str:
    return " → ".join(named(ident, document) for ident in idents)


def _knows(document: Document, key: str) -> bool:
    return "." not in key or any(question.id == key.partition(".")[0] for question in questions(document))


def _yes(value: Any) -> str:
    return str(gettext("yes") if value else gettext("no"))
