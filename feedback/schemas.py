"""What the REST API of this room takes and gives."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from base.errors import InvalidError
from base.schema import ONE_LINE, BlankIsNone, Moment, Schema
from feedback import feed, ranging
from feedback.feed import Entry
from feedback.metric import Change, Score
from feedback.response import Response
from feedback.searching import LONGEST_WISH, wish_of
from feedback.sentiment.themes import THEMES
from feedback.tally import Filters
from feedback.telling import Told
from feedback.zoning import Interval
from surveys.question import KINDS
from surveys.scale import SCALES, Band
from surveys.schemas import MetricName

Text = Annotated[Annotated[str, StringConstraints(max_length=320), ONE_LINE] | None, BlankIsNone]
Words = Annotated[Annotated[str, StringConstraints(max_length=LONGEST_WISH)] | None, BlankIsNone]
Language = Annotated[
    Annotated[str, StringConstraints(max_length=12, pattern=r"^[A-Za-z0-9-]*$")] | None,
    BlankIsNone,
]


def _beginning(value: object) -> object:
    """A day alone is its beginning in UTC."""
    is_day = isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip())
    return f"{str(value).strip()}T00:00:00Z" if is_day else value


VALUE = r"^(\*|[a-z0-9_]{1,40}(:\d{1,2})?|[12]\d{3}-(0[1-9]|1[0-2]))?$"
_CHOICE = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "label": {"type": "string"}, "other": {"type": "string"}},
    "required": ["id", "label"],
}
_CONSENT = {
    "type": "object",
    "properties": {"consent": {"type": "boolean"}, "address": {"type": ["string", "null"]}},
    "required": ["consent", "address"],
}
ANSWER: Any = {
    "anyOf": [
        _CHOICE,
        {"type": "array", "items": _CHOICE},
        {"type": "string"},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        _CONSENT,
    ]
}

When = Annotated[Annotated[Moment, BeforeValidator(_beginning)] | None, BlankIsNone]


class FiltersIn(Schema):
    """What narrows lists and numbers alike."""

    band: Annotated[Band | None, BlankIsNone] = None
    agent: Text = None
    team: Text = None
    channel: Text = None
    language: Annotated[Language, Field(description="Language of the comment; without one, of the page.")] = None
    sentiment: Annotated[
        Literal["negative", "neutral", "positive", "mixed", "unscored"] | None,
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
        return Filters(**{name: getattr(self, name) for name in names}, wants_contact=self.wants_contact)


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
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[Text, Field(description="The next_cursor of the page before.")] = None

    def asked(self, workspace_id: uuid.UUID, survey_id: uuid.UUID | None, tags: tuple[uuid.UUID, ...]) -> feed.Query:
        """The same as the room asks for it."""
        where: Any = {"workspace_id": workspace_id, "survey_id": survey_id, "tags": tags, "wish": wish_of(self.q)}
        same = {name: getattr(self, name) for name in ("email", "since", "until", "flagged", "filters")}
        return feed.Query(**where, **same)


class MetricsIn(FiltersIn):
    """Whose answers, and of which time: the last 30 days without since and until."""

    def intervals(self, now: datetime, zone: str) -> tuple[Interval, Interval]:
        """The interval that is asked for, and the equally long one before it."""
        if self.since is None and self.until is None:
            usual = ranging.chosen({}, now, zone)
            return usual.interval, usual.previous
        end = self.until or max(now, self.since or now)
        start = self.since or end - timedelta(days=30)
        if start >= end:
            raise InvalidError("Not accepted: until.", {"until": "Must be after since."})
        return Interval(start, end), Interval(start - (end - start), start)


class SentimentOut(Schema):
    """How a comment sounds, and who says so. Polarity is from −1 to 1."""

    polarity: float | None
    label: str
    confidence: float | None
    engine: str | None
    engine_version: str | None


class ThemeOut(Schema):
    """What a comment speaks of, and how: the polarity, from −1 to 1, is of the part that speaks of it."""

    theme: str
    polarity: float


class AnswerOut(Schema):
    """The answer to a further question, in the words that the person saw. Its value depends on the kind: of `one` and
    `yesno` a choice; of `many` a list of choices; of `short` and `long` a text; of `matrix` each row with its number;
    of `date` a day; of `contact` the consent and the address.
    """

    question: str
    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": list(KINDS)})]
    title: str
    value: Annotated[Any, WithJsonSchema(ANSWER)]


class ResponseOut(Schema):
    """One response, as it is now; `revision` counts how often it was sent. What is flagged is not counted."""

    id: uuid.UUID
    survey_id: uuid.UUID
    version: int
    invitation_id: Annotated[uuid.UUID | None, Field(description="null when it came by an open link, or anonymously.")]
    email: Annotated[str | None, Field(description="null when nobody knows who answered.")]
    link: Annotated[str | None, Field(description="Last part of the open link's address that it came by.")]
    anonymous: Annotated[
        bool, Field(description="Nobody can know who answered; its moments are true to the day and say noon.")
    ]
    metric: MetricName
    score: int
    band: Band
    comment: str | None
    answers: list[AnswerOut]
    language: Annotated[
        str | None, Field(description="Of the comment, once it was read (und: unknown); without one, of the page.")
    ]
    sentiment: Annotated[SentimentOut | None, Field(description="null while unread, or where no engine can read it.")]
    themes: Annotated[list[ThemeOut], Field(description="Empty while unread; words like `speed` and `courtesy`.")]
    agent: str | None
    team: str | None
    channel: str | None
    properties: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    revision: int
    flagged: bool
    flag_reason: str | None

    @classmethod
    def of(cls, entry: Entry, told: Sequence[Told] = ()) -> ResponseOut:
        found = entry.response
        same = (
            *("id", "survey_id", "invitation_id", "metric", "score", "comment", "agent", "team", "channel"),
            *("properties", "created_at", "updated_at", "revision", "flag_reason"),
        )
        return cls(
            version=entry.version,
            answers=[AnswerOut(question=one.question, kind=one.kind, title=one.title, value=one.value) for one in told],
            email=entry.contact.email if entry.contact else None,
            link=entry.link.slug if entry.link else None,
            anonymous=found.anonymous,
            band=SCALES[found.metric].band(found.score),
            language=found.locale if found.comment is None else found.language,
            sentiment=_sentiment(found),
            themes=_themes(found),
            flagged=found.waits,
            **{name: getattr(found, name) for name in same},
        )


def _sentiment(found: Response) -> SentimentOut | None:
    if found.sentiment_label is None:
        return None
    return SentimentOut(
        polarity=found.polarity,
        label=found.sentiment_label,
        confidence=found.confidence,
        engine=found.engine,
        engine_version=found.engine_version,
    )


def _themes(found: Response) -> list[ThemeOut]:
    read = found.themes if found.read_at else []
    return [ThemeOut(theme=one.theme, polarity=one.polarity) for one in read]


class ResponseList(Schema):
    """Responses, the newest first. `next_cursor` leads to the next page, null ends the list."""

    data: list[ResponseOut]
    next_cursor: str | None


class BandsOut(Schema):
    """How many answers fell into each band."""

    detractor: int
    passive: int
    promoter: int


class ScoreOut(Schema):
    """A score with how sure one can be of it: NPS in points, CSAT and CES in percent, intervals for 95 %."""

    since: Moment
    until: Moment
    n: int
    value: float | None
    low: float | None
    high: float | None
    margin: float | None
    mean: Annotated[float | None, Field(description="Mean of the answers, on their own scale.")]
    bands: BandsOut
    method: str
    too_few: Annotated[bool, Field(description="Fewer than 10 answers: nothing to decide upon.")]

    @classmethod
    def figures(cls, score: Score, interval: Interval) -> dict[str, Any]:
        """The values of a score in an interval."""
        same = ("n", "value", "low", "high", "margin", "mean", "method", "too_few")
        bands = BandsOut(**{band: score.bands[band] for band in ("detractor", "passive", "promoter")})
        period = {"since": interval.start, "until": interval.end, "bands": bands}
        return period | {name: getattr(score, name) for name in same}


class ChangeOut(Schema):
    """Difference to the period before. It is up or down only when it exceeds the margin; else it is unclear."""

    delta: float | None
    margin: float | None
    kind: Literal["up", "down", "unclear", "no_data"]

    @classmethod
    def of(cls, change: Change) -> ChangeOut:
        return cls(delta=change.delta, margin=change.margin, kind=change.kind)


class MetricsOut(ScoreOut):
    """A survey's score in a period, the one before it, and whether it changed."""

    survey_id: uuid.UUID
    metric: MetricName
    distribution: Annotated[dict[str, int], Field(description="How often each value of the scale was given.")]
    previous: ScoreOut
    change: ChangeOut
