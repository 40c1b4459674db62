"""The checklist as people read it: what several languages have in common is one line that names them all."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _

from accounts.language import LANGUAGE_NAMES
from surveys.checking import Finding
from surveys.forms.findings import place, sentence, values
from surveys.wording import Document

TOGETHER = {
    "untranslated": _("Some languages show your own words in %(main)s: %(texts)s."),
    "placeholder": _("%(texts)s has %(detail)s, which nothing fills; people will see it as it stands."),
    "no_fallback": _("%(texts)s says nothing where %(detail)s is not known. Give it other words."),
    "long_question": _("%(question)s has more than %(limit)s characters, which is more than is read on a phone."),
    "long_subject": _("The subject has more than %(limit)s characters. Phones show about that many."),
    "leading": _("%(question)s leads to an answer. Ask it neutrally."),
    "double": _("%(question)s may ask two things at once. Ask one of them."),
    "anonymous_fields": _("The survey is anonymous, and a text speaks of the person: %(texts)s."),
}
_SAME_TEXT = frozenset({"placeholder", "no_fallback"})
"""Kinds that are one line only where the same text lacks the same."""


def lines(found: Sequence[Finding], document: Document) -> list[dict[str, Any]]:
    """One line for each thing to look at, in the order of `found`, with each place where it can be put right."""
    groups: dict[Hashable, list[Finding]] = {}
    for number, finding in enumerate(found):
        groups.setdefault(_subject(finding) if finding.kind in TOGETHER else number, []).append(finding)
    return [_line(group, document) for group in groups.values()]


def _subject(finding: Finding) -> Hashable:
    apart = (finding.keys, finding.detail) if finding.kind in _SAME_TEXT else ()
    return (finding.kind, finding.question, *apart)


def _line(group: list[Finding], document: Document) -> dict[str, Any]:
    first = group[0]
    languages = list(dict.fromkeys(finding.locale for finding in group))
    if len(languages) == 1 and len(group) > 1:
        said = " ".join(sentence(finding, document) for finding in group)
    else:
        said = sentence(first, document) if len(group) == 1 else _together(group, document)
    return {
        "stops": first.stops,
        "sentence": said,
        "places": [
            {
                "locale": finding.locale,
                "language": LANGUAGE_NAMES.get(finding.locale, finding.locale),
                "place": place(finding),
            }
            for tag in languages
            for finding in [next(one for one in group if one.locale == tag)]
        ],
    }


def _together(group: list[Finding], document: Document) -> str:
    first = group[0]
    keys = tuple(dict.fromkeys(key for finding in group for key in finding.keys))
    whole = Finding(first.kind, first.locale, keys, first.question, first.detail, first.other)
    return str(TOGETHER[first.kind]) % values(whole, document)
