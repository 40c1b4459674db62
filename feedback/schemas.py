"""What the REST API of this room takes and gives."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema

from base.schema import ONE_LINE, BlankIsNone, Moment, Schema
from feedback.averaging import Mean
from feedback.feed import Entry
from feedback.metric import Change, Score
from feedback.response import Response
from feedback.telling import Told
from feedback.zoning import Interval
from surveys.question import KINDS
from surveys.scale import SCALES, Band
from surveys.schemas import MetricName

Text = Annotated[Annotated[str, StringConstraints(max_length=320), ONE_LINE] | None, BlankIsNone]
Language = Annotated[
    Annotated[str, StringConstraints(max_length=12, pattern=r"^[A-Za-z0-9-]*$")] | None,
    BlankIsNone,
]


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
    mean_low: Annotated[float | None, Field(description="Where its interval begins; null for fewer than two answers.")]
    mean_high: float | None
    bands: BandsOut
    method: str
    too_few: Annotated[bool, Field(description="Fewer than 10 answers: nothing to decide upon.")]

    @classmethod
    def figures(cls, score: Score, mean: Mean | None, interval: Interval) -> dict[str, Any]:
        """The values of a score in an interval, and of the mean of the same answers."""
        same = ("n", "value", "low", "high", "margin", "method", "too_few")
        bands = BandsOut(**{band: score.bands[band] for band in ("detractor", "passive", "promoter")})
        period = {"since": interval.start, "until": interval.end, "bands": bands}
        period |= {"mean": mean and mean.value, "mean_low": mean and mean.low, "mean_high": mean and mean.high}
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
