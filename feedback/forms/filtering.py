"""What narrows the results of a survey, read from its address. What makes no sense narrows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FloatField, Form, IntegerField, StringField
from wtforms.validators import AnyOf, Length, NumberRange, Optional, Regexp

from feedback.feed import Order
from feedback.heating import hours_of
from feedback.metric import BANDS
from feedback.ranging import By, Range
from feedback.sentiment.themes import THEMES
from feedback.tally import EVERYTHING, NAMELESS, Filters

SENTIMENTS = ("positive", "neutral", "negative", "mixed", "unscored", "unread")
NOBODY = "-"
"""In an address: those without an agent, team, channel or known language."""
FACTS = ("agent", "team", "channel", "language", "version", "trait", "equals", "least", "most")
"""What narrows the whole page; the rest narrows its list of answers only."""
ABOUT_ANSWERS = (
    *("band", "score", "sentiment", "theme", "commented", "question", "value", "wants_contact", "weekday", "hour"),
    "order",
)
VALUE = r"^(\*|[a-z0-9_]{1,40}(:\d{1,2})?|[12]\d{3}-(0[1-9]|1[0-2]))$"
"""Of an answer: anything, a choice, a row with or without its rating, a month."""
PERIOD = ("period", "from", "to", "by")
NARROWING = ("metric", *FACTS)
"""What pages of results and of their topics tell each other, beside the days."""
NAMED = (*PERIOD, "metric", *FACTS, *ABOUT_ANSWERS)
"""All that the address of a page of results may say."""
COLUMNS: Mapping[By, int] = {"day": 1, "week": 7, "month": 30}


class ResultsForm(Form):
    """The filters of a results page. Call `validate()` before reading."""

    agent = StringField(validators=[Optional(), Length(max=120)])
    team = StringField(validators=[Optional(), Length(max=120)])
    channel = StringField(validators=[Optional(), Length(max=60)])
    language = StringField(validators=[Optional(), Length(max=12)])
    version = IntegerField(validators=[Optional(), NumberRange(1, 10**6)])
    trait = StringField(validators=[Optional(), Length(max=60)])
    equals = StringField(validators=[Optional(), Length(max=1000)])
    least = FloatField(validators=[Optional(), NumberRange(-1e30, 1e30)])
    most = FloatField(validators=[Optional(), NumberRange(-1e30, 1e30)])
    band = StringField(validators=[Optional(), AnyOf(BANDS)])
    score = IntegerField(validators=[Optional(), NumberRange(0, 10)])
    sentiment = StringField(validators=[Optional(), AnyOf(SENTIMENTS)])
    theme = StringField(validators=[Optional(), AnyOf(THEMES)])
    commented = BooleanField()
    question = StringField(validators=[Optional(), Regexp(r"^[a-z0-9_]{1,40}$")])
    value = StringField(validators=[Optional(), Regexp(VALUE)])
    wants_contact = BooleanField()
    weekday = IntegerField(validators=[Optional(), NumberRange(0, 6)])
    hour = IntegerField(validators=[Optional(), NumberRange(0, 23)])
    order = StringField(validators=[Optional(), AnyOf(("newest", "worst"))])
    by = StringField(validators=[Optional(), AnyOf(tuple(COLUMNS))])

    @classmethod
    def read(cls, query: MultiDict[str, str]) -> ResultsForm:
        form = cls(query)
        form.validate()
        return form

    @property
    def facts(self) -> Filters:
        """What narrows the whole page."""
        return Filters(**{name: self._value(name) for name in self._facts})

    @property
    def all(self) -> Filters:
        """What narrows the list of answers, whatever the period."""
        names = (*self._facts, "band", "score", "sentiment", "theme", "question", "value")
        return Filters(**{name: self._value(name) for name in names}, wants_contact=self.wants_contact.data or None)

    def wanted(self, period: Range) -> Filters:
        """What narrows the list of answers of a period."""
        at = self.week_hour
        within = hours_of(period.first_day, period.last_day, *at, period.zone) if at else None
        return replace(self.all, within=within)

    @property
    def week_hour(self) -> tuple[int, int] | None:
        """A weekday and an hour of it, where both are named."""
        day, hour = self._value("weekday"), self._value("hour")
        return None if day is None or hour is None else (day, hour)

    @property
    def about_answers(self) -> bool:
        """Whether the list is narrowed by answers to further questions."""
        return self._value("question") is not None or bool(self.wants_contact.data)

    @property
    def narrowed(self) -> bool:
        """Whether the whole page is narrowed."""
        return self.facts != EVERYTHING

    @property
    def sequence(self) -> Order:
        return "worst" if self._value("order") == "worst" else "newest"

    def columns(self, period: Range) -> By | None:
        """Days, weeks or months, as wished for where that gives a readable trend."""
        wished: By | None = self._value("by")
        return wished if wished in self.readable(period) else None

    @staticmethod
    def readable(period: Range) -> list[By]:
        """The kinds of columns that give 2 to 92 of them."""
        return [by for by, days in COLUMNS.items() if 2 * days <= period.days <= 92 * days]

    @property
    def _facts(self) -> tuple[str, ...]:
        """Values of a property say nothing without its name."""
        return FACTS if self._value("trait") else FACTS[: FACTS.index("trait")]

    def _value(self, name: str) -> Any:
        field = self[name]
        blank = isinstance(field.data, str) and not field.data.strip()  # which `Optional` lets pass as it is
        if field.errors or field.data is None or blank:
            return None
        return NAMELESS if field.data == NOBODY and name in FACTS else field.data
