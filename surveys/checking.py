"""What a draft still lacks before it may go out, language by language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from surveys.coloring import low_on_white
from surveys.wording import EDITABLE, Document, effective, ready, untranslated

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at. A `stop` forbids publishing; a `warning` leaves the decision to the person.

    kind: no_question · untranslated (keys: shown in the survey's main language) · placeholder (detail: the unknown one)
    · low_contrast (detail: the colour's contrast on white, and the colour that stands in for it)
    """

    kind: Literal["no_question", "untranslated", "placeholder", "low_contrast"]
    locale: str
    keys: tuple[str, ...]
    detail: str = ""

    @property
    def stops(self) -> bool:
        return self.kind == "no_question"


def findings(document: Document) -> list[Finding]:
    """Everything worth a look in the languages that the survey offers, the gravest first."""
    found: list[Finding] = []
    for locale in document["locales"]:
        if not effective(document, locale)["question"].strip():
            found.append(Finding("no_question", locale, ("question",)))
        if missing := untranslated(document, locale):
            found.append(Finding("untranslated", locale, missing))
        found += _strange_placeholders(document, locale)
    color = (document.get("look") or {}).get("color")
    if color and (low := low_on_white(color)):
        found.append(Finding("low_contrast", document["default_locale"], (), f"{low[0]:.1f}:1 {low[1]}"))
    return sorted(found, key=lambda finding: not finding.stops)


def _strange_placeholders(document: Document, locale: str) -> list[Finding]:
    usual = ready(document, locale)
    found = []
    for key, text in document.get("texts", {}).get(locale, {}).items():
        known = {"company", *_PLACEHOLDER.findall(usual.get(key, ""))}
        if key in EDITABLE["mail"]:
            known.add("name")
        strange = sorted(set(_PLACEHOLDER.findall(text)) - known)
        found += [Finding("placeholder", locale, (key,), f"{{{name}}}") for name in strange]
    return found
