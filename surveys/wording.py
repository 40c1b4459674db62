"""The words respondents see: built in for five languages, overlaid by what a designer wrote for one survey.

A survey document is `{"metric", "default_locale", "locales", "texts": {locale: {key: text}}}`. All texts are plain
text; whoever shows them escapes them. `{company}`-style placeholders are replaced literally by `merge`, never run.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from babel.core import UnknownLocaleError
from babel.numbers import format_decimal

from surveys.scale import Scale

Texts = Mapping[str, str]
Document = Mapping[str, Any]

LOCALES = ("en", "sl", "pl", "el", "ru")
LAST_RESORT = "en"
COMMENT_LIMIT = 10_000

# What a designer may edit, in the order of the form. `question` holds the words that carry the survey's meaning.
EDITABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "question": ("question", "low_label", "high_label", "comment_label", "thanks_title", "thanks_body"),
        "page": (
            *("page_title", "comment_optional", "almost_done", "answered_before", "send", "sending"),
            *("choose_language", "change_answer"),
        ),
        "mail": (
            *("mail_subject", "mail_preheader", "mail_greeting", "mail_greeting_named", "mail_intro", "mail_choose"),
            *("mail_open", "mail_why", "mail_unsubscribe"),
        ),
        "messages": (
            *("error_title", "score_missing", "comment_too_long", "not_saved", "expired_title", "expired_body"),
            *("closed_title", "closed_body", "unsubscribed_title", "unsubscribed_body"),
        ),
    }
)

_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"})
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def _load(locale: str) -> dict[str, Any]:
    path = Path(__file__).with_name("words") / f"{locale}.json"
    return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))


_WORDS: Mapping[str, dict[str, Any]] = MappingProxyType({locale: _load(locale) for locale in LOCALES})
LANGUAGE_NAMES: Texts = MappingProxyType({locale: _WORDS[locale]["words"]["language_name"] for locale in LOCALES})


def ancestors(locale: str) -> Iterator[str]:
    """The tag itself, then each shorter one: `sl-Latn-SI`, `sl-Latn`, `sl`. Underscores are read as hyphens."""
    parts = locale.strip().replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        yield "-".join(parts[:length])


def built_in(locale: str, metric: str | None = None) -> Texts:
    """Every built-in word in the nearest language we have, with the ready-made survey words when a metric is given."""
    known = next((tag for tag in map(str.lower, ancestors(locale)) if tag in _WORDS), LAST_RESORT)
    words = _WORDS[known]
    return {**words["words"], **(words["metrics"][metric] if metric else {})}


def effective(document: Document, locale: str) -> Texts:
    """Every word of a survey's pages and mails in one locale, placeholders still in place.

    The survey's own texts win, nearest first (`sl-SI`, `sl`). Where it has none, a word of the question group that
    the designer changed in the survey's default language is shown in that language rather than swapped for a
    ready-made one that asks something else; every other word comes ready-made in the reader's own language.
    """
    metric, default = document["metric"], document["default_locale"]
    base = built_in(locale if _is_built_in(locale) else default, metric)
    meaning = {
        key: text
        for key, text in _changed(document, default, metric).items()
        if key in EDITABLE["question"] or not _is_built_in(locale)
    }
    own: dict[str, str] = {}
    for tag in ancestors(locale):
        own = {**_written(document, tag), **own}
    return {**base, **meaning, **own}


def untranslated(document: Document, locale: str) -> tuple[str, ...]:
    """Keys of the question group that this locale would show in the survey's default language."""
    default = document["default_locale"]
    if not set(ancestors(locale)).isdisjoint(ancestors(default)):
        return ()
    own = {key for tag in ancestors(locale) for key in _written(document, tag)}
    changed = _changed(document, default, document["metric"]) if _is_built_in(locale) else EDITABLE["question"]
    return tuple(key for key in EDITABLE["question"] if key in changed and key not in own)


def choose_locale(document: Document, *wanted: str | None) -> str:
    """The survey's locale that fits the first wish that can be met: exactly, by its language, else the default."""
    offered = {tag.lower(): tag for tag in document["locales"]}
    for wish in filter(None, wanted):
        for tag in map(str.lower, ancestors(wish)):
            if tag in offered:
                return cast("str", offered[tag])
        language = wish.replace("_", "-").split("-")[0].lower()
        for tag, original in offered.items():
            if tag.split("-")[0] == language:
                return cast("str", original)
    return cast("str", document["default_locale"])


def direction(locale: str) -> str:
    """`rtl` for languages written from right to left, else `ltr`: the value of an HTML `dir` attribute."""
    parts = [part.lower() for part in locale.replace("_", "-").split("-")]
    return "rtl" if parts[0] in _RIGHT_TO_LEFT and "latn" not in parts else "ltr"


def merge(text: str, values: Mapping[str, object]) -> str:
    """Replace `{name}` by its value, in one pass, so that braces inside a value stay as they are.

    Unknown placeholders stay visible; nothing is evaluated.
    """
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def named(texts: Texts, company: str) -> Texts:
    """The same texts with the company's name in its places."""
    return {key: merge(text, {"company": company}) for key, text in texts.items()}


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


def _is_built_in(locale: str) -> bool:
    return any(tag.lower() in _WORDS for tag in ancestors(locale))


def _written(document: Document, tag: str) -> Texts:
    """What the designer wrote for exactly this tag; an emptied field means the ready-made words."""
    texts = document.get("texts", {}).get(tag, {})
    return {key: text for key, text in texts.items() if isinstance(text, str) and text.strip()}


def _changed(document: Document, locale: str, metric: str) -> Texts:
    """What the designer wrote for a locale that is not merely the ready-made words kept as they were."""
    ready = built_in(locale, metric)
    merged: dict[str, str] = {}
    for tag in ancestors(locale):
        merged = {**_written(document, tag), **merged}
    return {key: text for key, text in merged.items() if text != ready.get(key)}
