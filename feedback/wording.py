"""The digest in its recipient's language: words, plurals, dates and numbers.

The words are data, `words/<locale>.json`, like those that respondents see: `{placeholder}`s are replaced literally
by `merge`, never run. A word with plural forms holds one text a form that the language has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, format_percent

from accounts.language import LANGUAGE_NAMES
from surveys.merging import merge
from surveys.scale import Scale
from surveys.wording import LAST_RESORT, ancestors, direction

METRICS = {"nps": "NPS", "csat": "CSAT", "csat3": "CSAT", "ces": "CES", "ces5": "CES"}
"""What is called the same in every language; the others have a word."""
LOCALES = ("en", "sl", "pl", "el", "ru")
"""The languages that digests are written in."""
VOICES = {locale: LANGUAGE_NAMES[locale] for locale in LOCALES}

_WORDS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        locale: json.loads((Path(__file__).with_name("words") / f"{locale}.json").read_text(encoding="utf-8"))
        for locale in LOCALES
    }
)


@dataclass(frozen=True)
class Voice:
    """Says things in one language. Unknown languages fall back through their ancestors to English."""

    locale: str

    @classmethod
    def of(cls, wanted: str) -> Voice:
        """The voice for a language tag such as `sl-SI`."""
        return cls(next((tag for tag in map(str.lower, ancestors(wanted)) if tag in _WORDS), LAST_RESORT))

    @property
    def direction(self) -> str:
        return direction(self.locale)

    def say(self, key: str, **values: object) -> str:
        """A word or sentence with its placeholders filled."""
        return merge(_WORDS[self.locale]["words"][key], values)

    def count(self, key: str, n: int, **values: object) -> str:
        """A word in the form that belongs to `n`; its {n} is the number as written here."""
        form = Locale.parse(self.locale).plural_form(n)
        return merge(_WORDS[self.locale]["words"][key][form], {"n": self.number(n), **values})

    def number(self, value: float) -> str:
        """A whole number with a true minus."""
        return str(format_decimal(round(value), locale=self.locale)).replace("-", "−")

    def metric(self, metric: str) -> str:
        """What a metric is called."""
        return METRICS.get(metric) or self.say(f"metric_{metric}")

    def score(self, score: int, scale: Scale) -> str:
        """One answer on its scale: "3 of 10", "2 stars of 5", "Thumbs down"."""
        if scale.look == "thumbs":
            return self.say("thumb_up" if score == scale.high else "thumb_down")
        if scale.look == "stars":
            return self.count("stars_of", score, high=self.number(scale.high))
        return self.say("of_scale", score=self.number(score), high=self.number(scale.high))

    def named_score(self, score: int, scale: Scale) -> str:
        """The same where "3 of 7" could be three of seven answers: "score 3 of 7"."""
        if scale.look in ("thumbs", "stars"):
            return self.score(score, scale)
        return self.say("score_of_scale", score=self.number(score), high=self.number(scale.high))

    def value(self, metric: str, value: float) -> str:
        """A score: NPS in points, the others in percent."""
        if metric == "nps":
            return self.number(value)
        return str(format_percent(round(value) / 100, locale=self.locale))

    def day(self, day: date, form: str = "day") -> str:
        """A date, by a pattern of the language: day, full_day, last_day, month."""
        return str(format_date(day, _WORDS[self.locale]["patterns"][form], locale=self.locale))

    def dates(self, first: date, last: date) -> str:
        """The days from first to last: one day, a whole month, or a range with the year at its end."""
        if first == last:
            return self.day(last, "full_day")
        if (
            first.day == 1
            and (last + timedelta(days=1)).day == 1
            and (first.year, first.month) == (last.year, last.month)
        ):
            return self.day(last, "month")
        return f"{self.day(first, _start(first, last))} – {self.day(last, 'last_day')}"

    def short_dates(self, first: date, last: date) -> str:
        """The same for a subject: without the year where a day suffices."""
        if first == last:
            return self.day(last)
        whole = self.dates(first, last)
        return whole if "–" not in whole else f"{self.day(first, _start(first, last))} – {self.day(last)}"

    def moment(self, at: datetime, zone: str) -> str:
        """A day and an hour on the wall of a zone."""
        local, pattern = at.astimezone(ZoneInfo(zone)), _WORDS[self.locale]["patterns"]["time"]
        return f"{self.day(local.date())}, {format_time(local, pattern, locale=self.locale)}"


def _start(first: date, last: date) -> str:
    return "first_day" if (first.year, first.month) == (last.year, last.month) else "day"


def excerpt(text: str, most: int) -> str:
    """`text` with at most `most` characters, cut at a word where one ends near, with … in place of the rest."""
    text = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > most * 0.8 else cut).rstrip() + "…"
