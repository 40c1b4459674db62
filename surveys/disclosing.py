"""What is held about a person as they read it: parts with headings, and every value with a label, in their language.

The words are data, `held/<locale>.json`. What a value means that has no word there is told as it is kept: nothing is
left out because nobody has named it yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from email import message_from_string, policy
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_decimal

from accounts.language import LANGUAGE_NAMES
from surveys.merging import merge
from surveys.question import TITLES
from surveys.suppressing import EVERYTHING
from surveys.wording import LAST_RESORT, ancestors

LOCALES = ("en", "sl", "pl", "el", "ru")
"""The languages that it is written in; others are told in English."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "you": ("contact",),
        "asked": ("interactions", "invitations", "visits"),
        "answered": ("responses",),
        "mails": ("mails", "returned_mails"),
        "noted": ("cases", "calls", "refused_rows", "events"),
        "not_asked": ("suppressions",),
    }
)
"""Which holdings stand under which heading. Those that are named nowhere are told with what was noted."""

_RECORDS = {"id", "client", "submission_key", "digest", "actor", "lifted_by", "released_by", "email_key", "heard"}
_RECORDS |= {"counted_as"}
_SOURCES = {"raw", "body"}
_OWN = {"properties", "data", "found"}
"""Their keys are names that somebody gave, and stay as they are."""
_CODED = {"status", "state", "kind", "reason", "scope", "suppressed_reason", "flag_reason", "sentiment_label", "metric"}
_CODED |= {"choice", "next_stage", "problem", "engine", "signs", "theme"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")

_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        locale: json.loads((Path(__file__).with_name("held") / f"{locale}.json").read_text(encoding="utf-8"))
        for locale in LOCALES
    }
)

_ORDER = ("value", "source", "whole", "record")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One value with its label. `inner` are rows within it; a `record` is a number of a row; a `source` is a text as it
    was sent, and `whole` is one whose words stand beside it.
    """

    label: str
    text: str = ""
    inner: tuple[tuple[Line, ...], ...] = ()
    kind: Literal["value", "source", "whole", "record"] = "value"


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one kind under a heading; the first of a chapter may need none."""

    heading: str
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What answers one question of the person."""

    id: str
    heading: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells rows in one language and one time zone."""

    locale: str
    zone: str
    surveys: Mapping[str, str] = field(default_factory=dict)
    """What surveys are called, by id."""
    asked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The words that the person was asked with, by id of the version."""

    @classmethod
    def of(cls, wanted: str, zone: str, **known: Any) -> Teller:
        """The one for a language tag such as `sl-SI`."""
        found = (tag for tag in map(str.lower, ancestors(wanted)) if tag in _WORDS)
        return cls(next(found, LAST_RESORT), zone, **known)

    def say(self, key: str, **values: object) -> str:
        return merge(_WORDS[self.locale][key], values)

    def day(self, at: datetime) -> str:
        return str(format_date(at.astimezone(ZoneInfo(self.zone)).date(), "long", locale=self.locale))

    def chapters(self, told: Mapping[str, Sequence[Row]]) -> tuple[Chapter, ...]:
        """Everything, as it is told."""
        named = {name for names in PARTS.values() for name in names}
        further = tuple(name for name, rows in told.items() if rows and name not in named)
        return tuple(
            Chapter(chapter, self.say(f"part_{chapter}"), tuple(self._parts(told, names, further, chapter)))
            for chapter, names in PARTS.items()
        )

    def _parts(
        self, told: Mapping[str, Sequence[Row]], names: tuple[str, ...], further: tuple[str, ...], chapter: str
    ) -> Iterator[Part]:
        for name in names + (further if chapter == "noted" else ()):
            if told.get(name):
                heading = self._word(f"holding_{name}", name) if len(names) > 1 else ""
                yield Part(heading, tuple(self.row(row) for row in told[name]))

    def row(self, row: Row, asked: Mapping[str, str] = MappingProxyType({})) -> tuple[Line, ...]:
        """A row: what a person reads first, then texts as they were sent, then the numbers of records."""
        asked = self.asked.get(row.get("version_id", ""), asked)
        names = self._names(row, asked)
        lines = [*self._additions(row), *(self._line(key, row[key], asked, names) for key in row if _is(row[key]))]
        if words := _readable(row.get("raw")):
            lines = [replace(line, kind="whole") if line.kind == "source" else line for line in lines]
            lines.append(Line(self.say("key_text"), words))
        return tuple(sorted(lines, key=lambda line: _ORDER.index(line.kind)))

    def _additions(self, row: Row) -> Iterator[Line]:
        """What the numbers of records stand for."""
        if row.get("survey_id") in self.surveys:
            yield Line(self.say("key_survey"), self.surveys[row["survey_id"]])
        if row.get("version_id") in self.asked:
            yield Line(self.say("key_question"), self.asked[row["version_id"]]["question"])

    def _names(self, row: Row, asked: Mapping[str, str]) -> Mapping[str, str]:
        """What was called otherwise where the person read it, by key."""
        question, scope = row.get("question"), row.get("scope")
        called = {
            "question": asked.get(TITLES.get(str(question), f"{question}.title")),
            "choice": asked.get(f"{question}.choice.{row.get('choice')}"),
            "part": asked.get(f"{question}.row.{row.get('part')}"),
            "scope": self.say("value_everything") if scope == str(EVERYTHING) else self.surveys.get(str(scope)),
        }
        return {key: name for key, name in called.items() if name}

    def _line(self, key: str, value: Any, asked: Mapping[str, str], names: Mapping[str, str]) -> Line:
        label = self._word(f"key_{key}", key)
        if key in _SOURCES:
            return Line(self.say("as_it_was"), str(value), kind="source")
        if key in _OWN and isinstance(value, dict):
            return self._own(label, value)
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            return Line(label, inner=tuple(self.row(one, asked) for one in value))
        text = names.get(key) or self._text(key, value)
        return Line(label, text, kind="record" if key in _RECORDS or key.endswith("_id") else "value")

    def _own(self, name: str, value: Any) -> Line:
        """What somebody else named: its names stay as they are."""
        if isinstance(value, dict):
            return Line(name, inner=(tuple(self._own(within, one) for within, one in value.items()),))
        return Line(name, self._text("", value))

    def _text(self, key: str, value: Any) -> str:
        match value:
            case bool():
                return self.say("yes" if value else "no")
            case int() | float():
                return str(format_decimal(value, locale=self.locale))
            case list():
                return ", ".join(self._text(key, one) for one in value)
            case dict():
                return json.dumps(value, ensure_ascii=False)
            case _:
                return self._words(key, str(value))

    def _words(self, key: str, value: str) -> str:
        if key in {"locale", "language"} and value in LANGUAGE_NAMES:
            return f"{LANGUAGE_NAMES[value]} ({value})"
        if key == "day":
            return str(format_date(date.fromisoformat(value), "long", locale=self.locale))
        if _MOMENT.match(value) and (at := _moment(value)):
            return self._at(at)
        return self._word(f"value_{value}", value) if key in _CODED else value

    def _at(self, at: datetime) -> str:
        local = at.astimezone(ZoneInfo(self.zone))
        pattern = str(get_datetime_format("medium", locale=self.locale)).replace("'", "")
        told = pattern.replace("{0}", str(format_time(local.time(), "short", locale=self.locale)))
        return told.replace("{1}", str(format_date(local.date(), "long", locale=self.locale)))

    def _word(self, key: str, name: str) -> str:
        return _WORDS[self.locale].get(key) or name.replace("_", " ")


def _is(value: Any) -> bool:
    return value is not None and value not in ({}, [], "")


def _moment(value: str) -> datetime | None:
    """The moment that a text tells, if it tells one and nothing else."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _readable(raw: Any) -> str:
    """The words of a mail without what machines write around them."""
    if not isinstance(raw, str) or "\n\n" not in raw.replace("\r\n", "\n"):
        return ""
    try:
        body = message_from_string(raw, policy=policy.default).get_body(("plain",))
        return str(body.get_content()).strip() if body else ""
    except (LookupError, ValueError, AttributeError):
        return ""  # it says something that no mail says; the whole of it stands beside
