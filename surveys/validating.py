"""Whether what claims to be a survey document is one: every limit and reference, each fault named with its path.

A document may come from anywhere: from our own editor while somebody types, or from a file that a stranger made.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from surveys.asking import CONTROL, MOST_FLAWS, brief, checked_questions, known
from surveys.library import TEMPLATES
from surveys.question import questions
from surveys.reaching import faults
from surveys.scale import SCALES
from surveys.wording import EDITABLE, Document, effective, question_keys

MOST_LOCALES: Final = 30
MOST_TEXT_LOCALES: Final = 60
"""Languages that are off keep their texts, up to so many in all."""
TEXT_LIMIT: Final = 2000
LIMITS: Final[Mapping[str, int]] = {
    "question": 300,
    "comment_label": 300,
    "thanks_title": 120,
    "mail_subject": 150,
    "mail_preheader": 200,
    **dict.fromkeys(("low_label", "mid_label", "high_label"), 80),
    **dict.fromkeys(("send", "sending", "next", "back", "yes", "no", "mail_open", "mail_unsubscribe"), 60),
    **dict.fromkeys(("comment_optional", "choose_language", "other_label"), 60),
}
"""Characters a text may have, where it is not TEXT_LIMIT."""
ENDINGS: Final[Mapping[str, int]] = {"title": 300, "help": 500, "low_label": 80, "high_label": 80}
PART_LIMIT: Final = 200
"""Characters of a choice, or of a line of a matrix."""

TAG: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_COLOR: Final = re.compile(r"#[0-9a-f]{6}")
_LOGO: Final = re.compile(r"[0-9a-f-]{32,64}")
_SCRIPT: Final = re.compile(r"\b(?:javascript|vbscript|livescript):(?=\S)|\bdata:\s*text/html", re.IGNORECASE)
"""An address that runs; not a sentence like "JavaScript: how good are our courses?"."""
_KNOWN: Final = frozenset(
    {"metric", "default_locale", "locales", "texts", "questions", "template", "anonymous", "look"}
)
_WORDS: Final = frozenset(key for group in EDITABLE.values() for key in group)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that cannot be: where it stands, as in `questions[2].choices[0]`, a code, and what its words need."""

    path: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


def check(raw: object, *, strict: bool = True) -> tuple[Document | None, list[Flaw]]:
    """The document that `raw` is, cleaned, and everything wrong with it; None when there is anything.

    `strict` also refuses what a draft may be while somebody works on it: questions without words, conditions that
    make no sense, texts of questions that are not there.
    """
    if not isinstance(raw, Mapping):
        return None, [Flaw("", "not_an_object")]
    flaws = [
        Flaw(brief(key, 60), "unknown_key") for key in islice((key for key in raw if key not in _KNOWN), MOST_FLAWS)
    ]
    document: dict[str, Any] = {}
    _settings(raw, document, flaws)
    _locales(raw, document, flaws)
    if "questions" in raw:
        found, wrong = checked_questions(raw["questions"])
        flaws += [Flaw(path, code, values) for path, code, values in wrong]
        if not wrong:
            document["questions"] = found
    if flaws:
        return None, flaws[:MOST_FLAWS]
    document["texts"] = _texts(raw.get("texts", {}), document, flaws, strict=strict)
    if strict and not flaws:
        flaws += _senses(document)
    return (None, flaws[:MOST_FLAWS]) if flaws else (document, [])


def limit_of(key: str) -> int:
    """Characters that the text with this key may have."""
    parts = key.split(".")
    if len(parts) == 3:
        return PART_LIMIT
    return ENDINGS.get(parts[1], TEXT_LIMIT) if len(parts) == 2 else LIMITS.get(key, TEXT_LIMIT)


def clean(text: str) -> str:
    """Without control characters and outer space; line ends as one newline. Databases refuse NUL."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _settings(raw: Mapping[str, Any], document: dict[str, Any], flaws: list[Flaw]) -> None:
    if not known(raw.get("metric"), SCALES):
        flaws.append(Flaw("metric", "unknown_metric", {"known": ", ".join(SCALES)}))
    document["metric"] = raw.get("metric")
    if "template" in raw:
        if not known(raw["template"], TEMPLATES):
            flaws.append(Flaw("template", "unknown_template", {"known": ", ".join(TEMPLATES)}))
        document["template"] = raw["template"]
    if "anonymous" in raw:
        if not isinstance(raw["anonymous"], bool):
            flaws.append(Flaw("anonymous", "not_a_boolean"))
        elif raw["anonymous"]:
            document["anonymous"] = True
    if raw.get("look") not in (None, {}):
        _look(raw["look"], document, flaws)


def _look(look: object, document: dict[str, Any], flaws: list[Flaw]) -> None:
    if not isinstance(look, Mapping):
        flaws.append(Flaw("look", "not_an_object"))
        return
    shapes = {"color": (_COLOR, "not_a_color"), "logo": (_LOGO, "not_a_logo")}
    for key, value in islice(look.items(), MOST_FLAWS):
        shape, code = shapes.get(key, (None, "unknown_key"))
        if shape is None or not isinstance(value, str) or not shape.fullmatch(value):
            flaws.append(Flaw(f"look.{brief(key, 60)}", code))
    document["look"] = dict(look)


def _locales(raw: Mapping[str, Any], document: dict[str, Any], flaws: list[Flaw]) -> None:
    locales = raw.get("locales")
    if not isinstance(locales, list) or not locales:
        flaws.append(Flaw("locales", "no_locale"))
        locales = []
    if len(locales) > MOST_LOCALES:
        flaws.append(Flaw("locales", "too_many", {"limit": MOST_LOCALES}))
    for index, tag in enumerate(locales[: MOST_LOCALES + 1]):
        if not isinstance(tag, str) or not TAG.fullmatch(tag):
            flaws.append(Flaw(f"locales[{index}]", "not_a_locale"))
        elif tag.lower() in {other.lower() for other in locales[:index] if isinstance(other, str)}:
            flaws.append(Flaw(f"locales[{index}]", "twice"))
    main = raw.get("default_locale")
    if not known(main, locales):
        flaws.append(Flaw("default_locale", "not_among_locales"))
    document["default_locale"], document["locales"] = main, list(locales)


def _texts(raw: object, document: Document, flaws: list[Flaw], *, strict: bool) -> dict[str, dict[str, str]]:
    if not isinstance(raw, Mapping):
        flaws.append(Flaw("texts", "not_an_object"))
        return {}
    if len(raw) > MOST_TEXT_LOCALES:
        flaws.append(Flaw("texts", "too_many", {"limit": MOST_TEXT_LOCALES}))
        return {}
    names = _WORDS | set(question_keys(document))
    found: dict[str, dict[str, str]] = {tag: {} for tag in document["locales"]}
    for tag, texts in raw.items():
        path = f"texts.{brief(tag)}"
        if not isinstance(tag, str) or not TAG.fullmatch(tag):
            flaws.append(Flaw(path, "not_a_locale"))
        elif not isinstance(texts, Mapping):
            flaws.append(Flaw(path, "not_an_object"))
        else:
            found.setdefault(tag, {}).update(_texts_of(path, texts, names, flaws, strict=strict))
    return found


def _texts_of(
    path: str, texts: Mapping[str, object], names: Container[str], flaws: list[Flaw], *, strict: bool
) -> Iterator[tuple[str, str]]:
    """The texts of one language that are to be kept; a draft loses those of questions that are gone."""
    for key, text in texts.items():
        if len(flaws) >= MOST_FLAWS:
            return
        flaw = text_flaw(f"{path}.{brief(key, 120)}", key, text) if key in names else None
        if key not in names:
            flaws.extend([Flaw(f"{path}.{brief(key, 120)}", "unknown_text")] if strict else [])
        elif flaw:
            flaws.append(flaw)
        elif isinstance(text, str) and clean(text):
            yield key, clean(text)


def text_flaw(path: str, key: str, text: object) -> Flaw | None:
    """What is wrong with one text, wherever it comes from."""
    if not isinstance(text, str):
        return Flaw(path, "not_a_text")
    kept = clean(text)
    if len(kept) > limit_of(key):
        return Flaw(path, "too_long", {"limit": limit_of(key), "count": len(kept)})
    return Flaw(path, "script_url") if _SCRIPT.search(kept.replace("\n", "").replace("\t", "")) else None


def _senses(document: Document) -> list[Flaw]:
    """What would make a survey that nobody can be asked with."""
    asked = questions(document)
    places = {question.id: index for index, question in enumerate(asked)}
    found = [
        Flaw(f"questions[{places[fault.question]}].show", fault.kind, {"other": fault.other, "value": fault.value})
        for fault in islice(faults(asked, document["metric"], document["locales"]), MOST_FLAWS)
    ]
    words = effective(document, document["default_locale"])
    for question in asked:
        path = f"questions[{places[question.id]}]"
        if question.kind in {"one", "many"} and len(question.options) < 2:
            found.append(Flaw(f"{path}.choices", "too_few_choices"))
        if question.kind == "matrix" and not question.rows:
            found.append(Flaw(f"{path}.rows", "no_rows"))
        found += [
            Flaw(f"texts.{document['default_locale']}.{key}", "no_text")
            for key in question.text_keys
            if not words.get(key, "").strip() and not key.endswith("_label")
        ]
    return found
