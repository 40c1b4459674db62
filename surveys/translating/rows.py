"""What there is to translate: every text of a survey in two languages, in the order of the form, and how far it got."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from surveys.question import SCORE, Question, questions
from surveys.validating import limit_of
from surveys.wording import EDITABLE, Document, Texts, effective, nearest, untranslated

State = Literal["own", "ready", "missing"]

QUESTION: Final = "question:"
"""What the group of a question's texts begins with."""
_THANKS: Final = ("thanks_title", "thanks_body")
_NEAR: Final = 0.8
"""Share of its limit from which a text's length is worth a word."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text. `group` is `question:<id>`, else thanks, mail, page or messages; `part` is what it is there.

    `own` is what the designer wrote for exactly this language; `usual` is what is shown without it, where that is
    good enough: ready-made words, or those of the language without its region.
    """

    key: str
    group: str
    part: str
    source: str
    own: str
    usual: str

    @property
    def state(self) -> State:
        return "own" if self.own else "ready" if self.usual else "missing"

    @property
    def shown(self) -> str:
        """What a reader of this language sees; empty where it is missing."""
        return self.own or self.usual

    @property
    def limit(self) -> int:
        return limit_of(self.key)

    @property
    def is_near_limit(self) -> bool:
        """Whether a translation, usually longer than its source, may not fit."""
        return max(len(self.source), len(self.shown)) >= self.limit * _NEAR


@dataclass(frozen=True, slots=True)
class Progress:
    """How many texts of a language are there, of how many."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """Whole percent, and 100 only when nothing is missing."""
        return self.done * 100 // self.total if self.total else 100

    @property
    def missing(self) -> int:
        return self.total - self.done


def rows(document: Document, source: str, target: str) -> tuple[Row, ...]:
    """Every text that is said in `source` or was written for `target`."""
    sources, usual = effective(document, source), _usual(document, target)
    own = own_texts(document, target)
    found = (
        Row(key, group, part, sources.get(key, "").strip(), own.get(key, ""), usual.get(key, ""))
        for key, group, part in _places(document)
    )
    return tuple(row for row in found if row.source or row.own)


def progress(document: Document, locale: str) -> Progress:
    """How far a language got, counted on the texts of the survey's main language."""
    return counted(rows(document, document["default_locale"], locale))


def counted(found: Iterable[Row]) -> Progress:
    states = [row.state for row in found]
    return Progress(sum(state != "missing" for state in states), len(states))


def own_texts(document: Document, locale: str) -> Texts:
    """What the designer wrote for exactly this language; an empty text is none."""
    texts = document.get("texts", {}).get(locale, {})
    return {key: text.strip() for key, text in texts.items() if isinstance(text, str) and text.strip()}


def with_texts(document: Document, locale: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """The document with exactly these texts of its own in one language; empty ones go back to what is usual."""
    kept = {key: text for key, text in texts.items() if text.strip()}
    return {**document, "texts": {**document.get("texts", {}), locale: kept}}


def with_language(document: Document, locale: str) -> dict[str, Any]:
    """The document, asked in one more language; words once written for it are still there."""
    locales = list(dict.fromkeys([*document["locales"], locale]))
    return {**document, "locales": locales}


def without_language(document: Document, locale: str) -> dict[str, Any]:
    """The document without a language; its words stay, for the day when it comes back. The main one cannot go."""
    locales = [tag for tag in document["locales"] if tag != locale or tag == document["default_locale"]]
    return {**document, "locales": locales}


def _usual(document: Document, target: str) -> Texts:
    """What is shown where nothing was written for this language, without what only stands in for a translation."""
    others = {tag: texts for tag, texts in document.get("texts", {}).items() if tag != target}
    bare = {**document, "texts": {**others, target: {}}}
    bare.pop("frozen", None)
    texts = effective(bare, target)
    main = document["default_locale"]
    if not nearest(target) and _language(target) != _language(main):
        # We have no words of this language: all that is shown without the designer's is another language.
        inherited = [own_texts(bare, tag) for tag in _shorter(target)]
        return {key: text for words in reversed(inherited) for key, text in words.items()}
    lacking = frozenset(untranslated(bare, target))
    return {key: text.strip() for key, text in texts.items() if key not in lacking and text.strip()}


def _places(document: Document) -> Iterable[tuple[str, str, str]]:
    """Key, group and part of every text, in the order of the form."""
    for question in questions(document):
        for key in _keys(question):
            yield key, f"{QUESTION}{question.id}", _part(question, key)
    for key in _THANKS:
        yield key, "thanks", key
    for group in ("mail", "page", "messages"):
        for key in EDITABLE[group]:
            yield key, group, key


def _keys(question: Question) -> tuple[str, ...]:
    titles = (question.title_key, f"{question.id}.help")
    rest = ("low_label", "mid_label", "high_label") if question.id == SCORE else question.text_keys[1:]
    return (*titles, *rest)


def _part(question: Question, key: str) -> str:
    """title, help, choice, row, low_label, mid_label or high_label."""
    if key == question.title_key:
        return "title"
    return key.split(".")[1] if "." in key else key


def _language(locale: str) -> str:
    return locale.replace("_", "-").split("-")[0].lower()


def _shorter(locale: str) -> list[str]:
    parts = locale.split("-")
    return ["-".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
