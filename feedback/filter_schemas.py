"""Which responses the REST API lists and counts: the filters of the pages, as a program says them."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from base.errors import InvalidError
from base.schema import BlankIsNone, Moment, Schema
from feedback import feed, ranging
from feedback.forms.filtering import NOBODY
from feedback.forms.looking import PHRASE
from feedback.schemas import Language, Text
from feedback.searching import LONGEST_WISH, Part, wish_of
from feedback.sentiment.themes import THEMES
from feedback.tally import FACETS, NAMELESS, Filters
from feedback.zoning import Interval
from surveys.scale import Band

Words = Annotated[Annotated[str, StringConstraints(max_length=LONGEST_WISH)] | None, BlankIsNone]
NAMED = (*FACETS, "equals")
"""What may ask for those that have none."""
VALUE = r"^(\*|[a-z0-9_]{1,40}(:\d{1,2})?|[12]\d{3}-(0[1-9]|1[0-2]))?$"


def _beginning(value: object) -> object:
    """A day alone is its beginning in UTC."""
    is_day = isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip())
    return f"{str(value).strip()}T00:00:00Z" if is_day else value


def _sized(value: float) -> float:
    if not abs(value) <= 1e30:  # what is no number is not either
        raise ValueError("Must be a number with at most 30 digits.")
    return value


def _plain(value: str | None) -> str | None:
    if value is not None and any(ord(letter) < 32 for letter in value):
        raise ValueError("Must not hold control characters.")
    return value


Number = Annotated[Annotated[float, AfterValidator(_sized)] | None, BlankIsNone]
Exactly = Annotated[Annotated[str, StringConstraints(max_length=1000)] | None, BlankIsNone, AfterValidator(_plain)]
When = Annotated[Annotated[Moment, BeforeValidator(_beginning)] | None, BlankIsNone]


class FiltersIn(Schema):
    """What narrows lists and numbers alike."""

    band: Annotated[Band | None, BlankIsNone] = None
    agent: Annotated[Text, Field(description="- is those without one, also of teams, channels and languages.")] = None
    team: Text = None
    channel: Text = None
    language: Annotated[Language, Field(description="Language of the comment; without one, of the page.")] = None
    sentiment: Annotated[
        Literal["negative", "neutral", "positive", "mixed", "unscored", "unread"] | None,
        BlankIsNone,
    ] = None
    theme: Annotated[Literal[THEMES] | None, BlankIsNone] = None  # type: ignore[valid-type]  # one list of them
    version: Annotated[int | None, Field(ge=1, le=100_000)] = None
    question: Annotated[
        Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z0-9_]*$")] | None,
        BlankIsNone,
        Field(description="Only those that answered this further question."),
    ] = None
    value: Annotated[
        Annotated[str, StringConstraints(max_length=43, pattern=VALUE)] | None,
        BlankIsNone,
        Field(description="With question: a choice, a matrix row, a row with its rating (r1:5), or a month (2026-11)."),
    ] = None
    property_name: Annotated[Text, Field(description="Only those that have it, or as the others say.")] = None
    property_value: Annotated[Exactly, Field(description="Exactly this value of it; - is those without it.")] = None
    property_least: Annotated[Number, Field(description="It is a number from here on.")] = None
    property_most: Annotated[Number, Field(description="It is a number up to here.")] = None
    wants_contact: Annotated[bool | None, Field(description="Those that may be contacted (true), or the others.")] = (
        None
    )
    since: Annotated[When, Field(description="The first moment that counts; a day alone is its beginning in UTC.")] = (
        None
    )
    until: Annotated[When, Field(description="The first moment that counts no more.")] = None

    @property
    def filters(self) -> Filters:
        """The same as the room asks for it."""
        names = ("band", "agent", "team", "channel", "language", "sentiment", "theme", "version", "question", "value")
        known = {name: getattr(self, name) for name in (*names, "wants_contact")}
        trait = {name: getattr(self, f"property_{name}") for name in ("least", "most")}
        trait |= {"trait": self.property_name, "equals": self.property_value}
        if self.property_name is None and any(value is not None for value in trait.values()):
            raise InvalidError("Not accepted: property_name.", {"property_name": "Say which property."})
        for kind in NAMED:
            if (known | trait)[kind] == NOBODY:
                (trait if kind == "equals" else known)[kind] = NAMELESS
        return Filters(**known, **trait)


class ResponsesIn(FiltersIn):
    """Which responses, and how many of them at once."""

    survey: Annotated[Text, Field(description="Id or slug of a survey.")] = None
    email: Text = None
    flagged: Annotated[
        bool | None, Field(description="Only those kept apart as suspicious (true), or only those that count (false).")
    ] = None
    q: Annotated[
        Words, Field(description='All these words; "in this order" in quotation marks; the last may go on.')
    ] = None
    tag: Annotated[Text, Field(description="Name of a tag, however it is written.")] = None
    topic: Annotated[Text, Field(description="Name of an own topic, however it is written, or its id.")] = None
    phrase: Annotated[
        Annotated[str, StringConstraints(max_length=110, pattern=PHRASE)] | None,
        BlankIsNone,
        Field(description="Language and dictionary forms of a phrase, as addresses of Comments have it."),
    ] = None
    score: Annotated[int | None, Field(ge=0, le=10)] = None
    commented: Annotated[bool, Field(description="Only those with a comment (true).")] = False
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[Text, Field(description="The next_cursor of the page before.")] = None

    @property
    def filters(self) -> Filters:
        """With what narrows lists only."""
        return replace(super().filters, phrase=self.phrase, score=self.score)

    def asked(
        self,
        workspace_id: uuid.UUID,
        survey_id: uuid.UUID | None,
        *,
        tags: tuple[uuid.UUID, ...],
        either: tuple[Part, ...],
    ) -> feed.Query:
        """The same as the room asks for it. `either`: the words of a topic."""
        same = {name: getattr(self, name) for name in ("email", "since", "until", "flagged", "commented", "filters")}
        where: Any = {"workspace_id": workspace_id, "survey_id": survey_id, "tags": tags, "either": either}
        return feed.Query(**where, **same, wish=wish_of(self.q))


class MetricsIn(FiltersIn):
    """Whose answers, and of which time: the last 30 days without since and until."""

    def intervals(self, now: datetime, zone: str) -> tuple[Interval, Interval]:
        """The interval that is asked for, and the equally long one before it."""
        if self.since is None and self.until is None:
            usual = ranging.chosen({}, now, zone)
            return usual.interval, usual.previous
        end = self.until or max(now, self.since or now)
        try:
            start = self.since or end - timedelta(days=30)
            if start >= end:
                raise InvalidError("Not accepted: until.", {"until": "Must be after since."})
            return Interval(start, end), Interval(start - (end - start), start)
        except OverflowError:
            early = "The equally long time before it would begin before the year 1."
            raise InvalidError("Not accepted: since.", {"since" if self.since else "until": early}) from None
