"""The words respondents see: built in for many languages, overlaid by what a designer wrote for one survey.

A survey document is described in `surveys.question`. All texts are plain text; whoever shows them escapes them.
`{company}`-style placeholders and merge fields are replaced literally by `merging.merge`, never run.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from babel.core import UnknownLocaleError
from babel.numbers import format_decimal
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from accounts.language import LANGUAGE_NAMES
from surveys.library import TEMPLATES
from surveys.merging import Person, merge
from surveys.question import questions, several
from surveys.scale import SCALES, Scale

Texts = Mapping[str, str]
Document = Mapping[str, Any]

_WORDS = Path(__file__).with_name("words")

LOCALES = tuple(LANGUAGE_NAMES)
LAST_RESORT = "en"
COMMENT_LIMIT = 10_000
LONGEST_TAG = 60
"""Characters of a language tag that are looked at; browsers may send anything."""
ALIASES: Texts = MappingProxyType({"no": "nb", "nn": "nb", "iw": "he", "sh": "sr-Latn", "mo": "ro"})
"""Languages whose readers we serve in another one that they read."""

# What a designer may edit, in the order of the form. `question` holds the words that carry the survey's meaning.
EDITABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "question": (
            *("question", "low_label", "mid_label", "high_label", "comment_label", "thanks_title", "thanks_body"),
        ),
        "page": (
            *("page_title", "comment_optional", "almost_done", "answered_before", "send", "sending", "next", "back"),
            *("yes", "no", "choose_any", "other_label", "contact_consent", "contact_address", "anonymous_note"),
            *("choose_language", "change_answer"),
        ),
        "mail": (
            *("mail_subject", "mail_preheader", "mail_greeting", "mail_greeting_named", "mail_intro", "mail_choose"),
            *("mail_open", "mail_why", "mail_unsubscribe", "reminder_intro", "reminder_last"),
        ),
        "messages": (
            *("error_title", "score_missing", "answer_missing", "rows_missing", "other_missing", "contact_missing"),
            *("date_wrong", "text_too_long", "comment_too_long", "not_saved", "expired_title", "expired_body"),
            *("closed_title", "closed_body", "early_title", "early_body", "full_title", "full_body"),
            *("anonymous_answered", "already_sent"),
            *("unsubscribed_title", "unsubscribed_body"),
        ),
    }
)

_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"})


@lru_cache(maxsize=64)
def _load(locale: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((_WORDS / f"{locale}.json").read_text(encoding="utf-8")))


_BY_TAG = {locale.lower(): locale for locale in LOCALES}


def nearest(locale: str) -> str | None:
    """The built-in language that a reader of `locale` is served in, None when we have none."""
    for tag in map(str.lower, ancestors(locale)):
        if found := _BY_TAG.get(ALIASES.get(tag, tag).lower()):
            return found
    return None


def served(*wishes: str | None) -> str:
    """The built-in language of the first wish that we can meet, else English."""
    return next((found for wish in wishes if wish and (found := nearest(wish))), LAST_RESORT)


@lru_cache(maxsize=256)
def spoken(header: str) -> tuple[str, ...]:
    """The languages that a browser's Accept-Language asks for, dearest first, without those it refuses."""
    return tuple(tag for tag, quality in parse_accept_header(header, LanguageAccept) if quality > 0)


def ancestors(locale: str) -> Iterator[str]:
    """The tag itself, then each shorter one: `sl-Latn-SI`, `sl-Latn`, `sl`. Underscores are read as hyphens."""
    parts = locale.strip()[:LONGEST_TAG].replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        yield "-".join(parts[:length])


def built_in(locale: str, metric: str | None = None) -> Texts:
    """Every built-in word in the nearest language we have, with the ready-made survey words when a metric is given."""
    words = _load(nearest(locale) or LAST_RESORT)
    return {**words["words"], **(words["metrics"][metric] if metric else {})}


@lru_cache(maxsize=256)
def _ready(locale: str, metric: str, template: str, *, several: bool) -> Texts:
    words, texts = _load(locale), dict(built_in(locale, metric))
    if several:
        texts |= {key.removesuffix("_several"): text for key, text in texts.items() if key.endswith("_several")}
    if SCALES[metric].look != "numbers":
        texts["score_missing"], texts["mail_choose"] = texts["answer_missing"], texts["mail_choose_plain"]
        texts["mail_intro"] = texts["mail_intro"] if several else texts["mail_intro_plain"]
    made = TEMPLATES.get(template)
    if made:
        texts |= {key: words["library"].get(name) or texts[name] for key, name in made.texts.items()}
    return texts


def ready(document: Document, locale: str) -> Texts:
    """The ready-made words of this survey, as if its designer had written nothing, in the nearest language we have."""
    found = nearest(locale) or LAST_RESORT
    texts = _ready(found, document["metric"], document.get("template", ""), several=several(document))
    contact = [question for question in questions(document) if question.kind == "contact"]
    return {**{question.title_key: texts["contact_title"] for question in contact}, **texts}


def effective(document: Document, locale: str) -> Texts:
    """Every word of a survey's pages and mails in one locale, placeholders still in place.

    A published version says what it said when it was published. In a draft the survey's own texts win, nearest first
    (`sl-SI`, `sl`). Where it has none, a text of a question that the designer wrote in the survey's default language
    is shown in that language rather than swapped for a ready-made one that asks something else; every other word
    comes ready-made in the reader's own language.
    """
    if frozen := document.get("frozen", {}).get(locale):
        return {**built_in(locale), **frozen}  # words that came into being later are said ready-made
    default = document["default_locale"]
    base = ready(document, locale if nearest(locale) else default)
    meaning = {
        key: text for key, text in _changed(document, default).items() if is_question(key) or not nearest(locale)
    }
    own: dict[str, str] = {}
    for tag in ancestors(locale):
        own = {**_written(document, tag), **own}
    blank = {key: "" for question in questions(document) for key in question.text_keys}
    return {**blank, **base, **meaning, **own}


def is_question(key: str) -> bool:
    """Whether a text carries the survey's meaning: a question, its choices, the thanks. Others are furniture."""
    return "." in key or key in EDITABLE["question"]


def untranslated(document: Document, locale: str) -> tuple[str, ...]:
    """Keys of the questions' texts that this locale would show in the survey's default language, or not at all."""
    default = document["default_locale"]
    if not set(ancestors(locale)).isdisjoint(ancestors(default)):
        return ()
    own = {key for tag in ancestors(locale) for key in _written(document, tag)}
    wanted = dict.fromkeys((*EDITABLE["question"], *question_keys(document)))
    if nearest(locale):
        changed = _changed(document, default)
    else:
        changed = {key: text for key, text in effective(document, default).items() if key in wanted and text.strip()}
    return tuple(key for key in wanted if key in changed and key not in own)


def question_keys(document: Document) -> tuple[str, ...]:
    """The keys of everything that the questions of a document say, their help included, in order."""
    keys = (key for question in questions(document) for key in (*question.text_keys, f"{question.id}.help"))
    return tuple(dict.fromkeys(keys))


def choose_locale(document: Document, *wanted: str | None) -> str:
    """The survey's locale that fits the first wish that can be met: exactly, by its language, else the default."""
    offered = {tag.lower(): tag for tag in document["locales"]}
    for wish in filter(None, wanted):
        for tag in map(str.lower, ancestors(wish)):
            if found := offered.get(tag) or offered.get(ALIASES.get(tag, "").lower()):
                return cast("str", found)
        language = wish.replace("_", "-").split("-")[0].lower()
        for tag, original in offered.items():
            if tag.split("-")[0] == language:
                return cast("str", original)
    return cast("str", document["default_locale"])


def direction(locale: str) -> str:
    """`rtl` for languages written from right to left, else `ltr`: the value of an HTML `dir` attribute."""
    parts = [part.lower() for part in locale.replace("_", "-").split("-")]
    return "rtl" if parts[0] in _RIGHT_TO_LEFT and "latn" not in parts else "ltr"


def named(texts: Texts, company: str, person: Person | None = None) -> Texts:
    """The same texts with the company's name, and what is known of the person, in their places."""
    values = {"company": company}
    return {key: merge(text, values, person) for key, text in texts.items()}


def score_missing(texts: Texts, scale: Scale) -> str:
    """What to say when no score, or one outside the scale, was sent."""
    return merge(texts["score_missing"], {"low": scale.low, "high": scale.high})


def comment_too_long(texts: Texts, locale: str, count: int) -> str:
    """What to say about a comment of `count` characters, numbers written as the language writes them."""
    return merge(texts["comment_too_long"], {"count": number(count, locale), "limit": number(COMMENT_LIMIT, locale)})


def number(value: int, locale: str) -> str:
    """A whole number as the language writes it (`10,000`, `10.000`, `10 000`)."""
    for tag in ancestors(locale):
        try:
            return format_decimal(value, locale=tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return str(value)


def _written(document: Document, tag: str) -> Texts:
    """What the designer wrote for exactly this tag; an emptied field means the ready-made words."""
    texts = document.get("texts", {}).get(tag, {})
    return {key: text for key, text in texts.items() if isinstance(text, str) and text.strip()}


def _changed(document: Document, locale: str) -> Texts:
    """What the designer wrote for a locale that is not merely the ready-made words kept as they were."""
    merged: dict[str, str] = {}
    for tag in ancestors(locale):
        merged = {**_written(document, tag), **merged}
    if not merged:
        return merged
    usual = ready(document, locale)
    return {key: text for key, text in merged.items() if text != usual.get(key)}


def freeze(document: Document) -> dict[str, Any]:
    """The document as it is published: with every word it says in each of its languages."""
    words = {locale: dict(effective(document, locale)) for locale in document["locales"]}
    return {**document, "frozen": words}
