"""What the REST API takes and gives about alerts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from base.schema import ONE_LINE, BlankIsNone, Moment, Schema
from feedback.alert import Alert, Kind
from feedback.alerting import FEWEST, LEAST
from feedback.forms.ruling import BELOW, PAUSES, PERIODS
from feedback.notice import Attempt
from feedback.recipient import Drop, Recipient
from feedback.said import Said
from feedback.schemas import Language
from feedback.wording import VOICES
from surveys.scale import Band
from surveys.schemas import Word60, Word120, Word200

Offered = Sequence[float] | Sequence[int] | Sequence[str]


def _offered(values: Offered) -> BeforeValidator:
    """What the page offers, and nothing else."""
    *others, last = (f"{one:g}" if isinstance(one, float) else str(one) for one in values)

    def check(value: Any) -> Any:
        if value is not None and (isinstance(value, bool) or value not in values):
            raise ValueError(f"Must be {', '.join(others)} or {last}.")
        return value

    return BeforeValidator(check)


def _word(value: str) -> str:
    if "," in value or ";" in value:
        raise ValueError("Must be a word or a phrase, without commas and semicolons.")
    return value


BELOWS = [float(value) for value, _name in BELOW if value]
DAYS = [days for days, _name in PERIODS]
MINUTES = [minutes for minutes, _name in PAUSES]
Below = Annotated[float, _offered(BELOWS), WithJsonSchema({"type": "number", "enum": BELOWS})]
Days = Annotated[int, _offered(DAYS), WithJsonSchema({"type": "integer", "enum": DAYS})]
Minutes = Annotated[int, _offered(MINUTES), WithJsonSchema({"type": "integer", "enum": MINUTES})]
Voice = Annotated[str, _offered(list(VOICES)), WithJsonSchema({"type": "string", "enum": list(VOICES)})]
Name = Annotated[str, StringConstraints(max_length=120), ONE_LINE]
Phrase = Annotated[Word200, AfterValidator(_word)]
Mail = Annotated[str, StringConstraints(max_length=254), ONE_LINE]


class AlertChange(Schema):
    """What an alert shall be from now on. What is not said stays as it is, or as a new alert usually has it."""

    name: Annotated[Name | None, Field(description="It stands in the subject.")] = None
    kind: Annotated[Kind | None, Field(description="Of answers that match (usual), or of a score that drops.")] = None
    surveys: Annotated[list[Word120] | None, Field(description="Ids or slugs; null: all (usual).")] = None
    band: Annotated[Band | None, BlankIsNone] = None
    below: Annotated[Below | None, Field(description="Polarity of the comment.")] = None
    words: Annotated[
        list[Phrase] | None, Field(description="One is enough: a word, a beginning (refund*), a phrase.")
    ] = None
    agent: Annotated[Word120 | None, BlankIsNone] = None
    team: Annotated[Word120 | None, BlankIsNone] = None
    channel: Annotated[Word60 | None, BlankIsNone] = None
    language: Language = None
    property_name: Annotated[Word60 | None, BlankIsNone] = None
    property_value: Annotated[Word200 | None, BlankIsNone] = None
    days: Annotated[Days | None, Field(description="Of a drop: how long the two periods are; usually 7.")] = None
    least: Annotated[
        int | None, Field(description=f"Of a drop: answers in both periods, from {FEWEST}; usually {LEAST}.")
    ] = None
    cool_down: Annotated[
        Minutes | None, Field(description="Minutes in which nobody gets a second message; usually 60.")
    ] = None
    mails: Annotated[list[Mail] | None, Field(description="Addresses; these and no others get mails.")] = None
    locale: Annotated[Voice | None, Field(description="Language of the messages; usually the workspace's.")] = None

    @property
    def wish(self) -> dict[str, Any]:
        """What was said, null included."""
        return self.model_dump(exclude_unset=True)


class AlertIn(AlertChange):
    """A new alert."""

    name: Annotated[Name, Field(description="It stands in the subject.")]


class RecipientOut(Schema):
    """Where an alert speaks. Of a channel's secret address only its beginning and end are told."""

    id: uuid.UUID
    kind: Literal["mail", "slack", "teams", "mattermost"]
    name: str
    address: str
    stopped_at: Annotated[Moment | None, Field(description="Since when nothing is sent there, by its reader's wish.")]

    @classmethod
    def of(cls, row: Recipient) -> RecipientOut:
        same = {name: getattr(row, name) for name in ("id", "kind", "name", "stopped_at")}
        return cls(**same, address=row.masked)


class ChannelIn(Schema):
    """A channel to speak in, behind the address of an incoming webhook."""

    kind: Literal["slack", "teams", "mattermost"]
    name: Annotated[Name, Field(description="What it is called, such as #support.")]
    address: Annotated[
        Annotated[str, StringConstraints(max_length=2000), ONE_LINE], Field(description="Secret; it is told no more.")
    ]


class AlertOut(Schema):
    """A rule that speaks at once: of answers that match, or of a score that clearly dropped."""

    id: uuid.UUID
    name: str
    kind: Kind
    surveys: Annotated[list[uuid.UUID] | None, Field(description="null: all.")]
    band: Band | None
    below: float | None
    words: list[str]
    agent: str | None
    team: str | None
    channel: str | None
    language: str | None
    property_name: str | None
    property_value: str | None
    days: int
    least: int
    cool_down: int
    locale: str
    recipients: list[RecipientOut]
    off_at: Annotated[Moment | None, Field(description="Since when it says nothing; null: it is on.")]
    created_at: Moment

    @classmethod
    def of(cls, alert: Alert, recipients: Sequence[Recipient]) -> AlertOut:
        same = (
            *("id", "name", "kind", "band", "below", "agent", "team", "channel", "language", "property_name"),
            *("property_value", "days", "least", "cool_down", "locale", "off_at", "created_at"),
        )
        return cls(
            **{name: getattr(alert, name) for name in same},
            surveys=None if alert.all_surveys else sorted(alert.chosen),
            words=list(alert.conditions.words),
            recipients=[RecipientOut.of(one) for one in recipients],
        )


class AlertList(Schema):
    """All alerts, those that are on first, by name."""

    data: list[AlertOut]
    next_cursor: str | None = None


class GoneOut(Schema):
    """What was deleted, and when."""

    id: uuid.UUID
    at: Moment


class NoticesIn(Schema):
    """How many messages, and where to go on."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[uuid.UUID | None, BlankIsNone, Field(description="next_cursor of the page before.")] = None


class DropOut(Schema):
    """A dropped score: of the `days` before `day`, against those before `before`."""

    survey_id: uuid.UUID
    day: str
    before: str
    days: int

    @classmethod
    def of(cls, row: Drop) -> DropOut:
        return cls(survey_id=row.survey_id, day=row.day.isoformat(), before=row.before.isoformat(), days=row.days)


class AttemptOut(Schema):
    """One try to speak in a channel, and what the other side said."""

    at: Moment
    fine: bool
    status: int | None
    words: str

    @classmethod
    def of(cls, row: Attempt) -> AttemptOut:
        return cls(at=row.at, fine=row.fine, status=row.status, words=row.words)


class NoticeOut(Schema):
    """One message of an alert. `state` is that of its mail, as soon as there is one."""

    id: uuid.UUID
    recipient: RecipientOut
    test: bool
    state: Literal["claimed", "posted", "queued", "sending", "sent", "failed", "suppressed", "skipped"]
    reason: Annotated[str | None, Field(description="Why the mail failed or was taken back.")]
    told: Annotated[int, Field(description="How many answers and drops it tells.")]
    response_ids: Annotated[list[uuid.UUID], Field(description="The newest four of the answers.")]
    drops: list[DropOut]
    attempts: Annotated[list[AttemptOut], Field(description="Tries to speak in a channel, the newest first.")]
    created_at: Moment
    finished_at: Moment | None

    @classmethod
    def of(cls, said: Said) -> NoticeOut:
        same = ("id", "told", "created_at", "finished_at")
        return cls(
            **{name: getattr(said.notice, name) for name in same},
            recipient=RecipientOut.of(said.recipient),
            test=said.notice.trigger == "test",
            state=said.state,  # type: ignore[arg-type] # only those are kept
            reason=said.mail.reason if said.mail else None,
            response_ids=[one.id for one in said.answers],
            drops=[DropOut.of(drop) for drop, _survey in said.drops],
            attempts=[AttemptOut.of(one) for one in said.attempts],
        )


class NoticeList(Schema):
    """Messages, the newest first."""

    data: list[NoticeOut]
    next_cursor: str | None
