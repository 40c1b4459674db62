"""What the REST API of this room takes and gives."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from base.db import new_id
from base.errors import InvalidError
from base.schema import ONE_LINE, BlankIsNone, Moment, Schema
from surveys import emails
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.normalising import UnfitError, email_address, locale_tag
from surveys.scale import SCALES

FARTHEST = timedelta(days=365)
"""How far ahead an invitation may be planned."""
BATCH = 1000
PROPERTIES = 50
PROPERTIES_SIZE = 16_000


_EMAIL_PROBLEMS: Mapping[str, str] = {
    "foreign": "Must be an address that every mail server can carry: a–z before the @.",
    "several": "Must be one email address; send a request for each.",
}


def _email(text: str) -> str:
    try:
        return email_address(text)
    except UnfitError as error:
        raise ValueError(_EMAIL_PROBLEMS.get(error.key, "Must be an email address.")) from None


def _locale(text: str) -> str:
    try:
        return locale_tag(text)
    except UnfitError:
        raise ValueError("Must be a language, like en or sl-SI.") from None


def _properties(value: object) -> object:
    """Flat: names and plain values, so that they can be shown and filtered by."""
    if not isinstance(value, dict):
        return value
    if len(value) > PROPERTIES:
        raise ValueError(f"Must have at most {PROPERTIES} entries.")
    for name, plain in value.items():
        if not name.strip() or len(name) > 60 or not name.isprintable():
            raise ValueError("Names must have 1 to 60 characters of one line.")
        if isinstance(plain, (dict, list)):
            raise ValueError(f"{name} must be a text, a number, true, false or null.")  # noqa: TRY004 - pydantic's way
        if isinstance(plain, str) and (len(plain) > 1000 or "\0" in plain):
            raise ValueError(f"{name} must have at most 1000 characters, and no NUL.")
    if len(json.dumps(value)) > PROPERTIES_SIZE:
        raise ValueError(f"Must take at most {PROPERTIES_SIZE} characters.")
    return value


Email = Annotated[
    str,
    StringConstraints(max_length=254),
    ONE_LINE,
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email"}),
]
Locale = Annotated[str, StringConstraints(max_length=60), ONE_LINE, AfterValidator(_locale)]
Properties = Annotated[
    dict[str, Any],
    BeforeValidator(_properties),
    WithJsonSchema(
        {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"], "maxLength": 1000}}
    ),
]
Word40 = Annotated[str, StringConstraints(min_length=1, max_length=40), ONE_LINE]
Word60 = Annotated[str, StringConstraints(min_length=1, max_length=60), ONE_LINE]
Word80 = Annotated[str, StringConstraints(min_length=1, max_length=80), ONE_LINE]
Word120 = Annotated[str, StringConstraints(min_length=1, max_length=120), ONE_LINE]
Word200 = Annotated[str, StringConstraints(min_length=1, max_length=200), ONE_LINE]


MetricName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(SCALES)})]


class InteractionIn(Schema):
    """What just happened. The same source and external id are the same interaction, however often they are sent."""

    source: Annotated[Word40, Field(description="The system that knows it, like helpdesk.")] = "api"
    external_id: Annotated[Word200, Field(description="Its name there, like a ticket's number.")]
    agent: Annotated[Word120 | None, BlankIsNone] = None
    team: Annotated[Word120 | None, BlankIsNone] = None
    channel: Annotated[Word60 | None, BlankIsNone] = None
    occurred_at: Annotated[Moment | None, BlankIsNone] = None


class InvitationIn(Schema):
    """Whom to ask, about what, and when."""

    survey: Annotated[Word80, Field(description="Id or slug of the survey.")]
    email: Email
    name: Annotated[Word200 | None, BlankIsNone] = None
    locale: Annotated[Locale | None, BlankIsNone] = None
    properties: Properties | None = None
    interaction: InteractionIn | None = None
    delay_seconds: Annotated[int, Field(strict=True, ge=0, le=int(FARTHEST.total_seconds()))] | None = None
    send_at: Annotated[Moment | None, BlankIsNone] = None

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if self.delay_seconds is not None and self.send_at is not None:
            raise ValueError("Give delay_seconds or send_at, not both.")
        return self

    def occasion(self, now: datetime) -> Occasion:
        """The same as the room keeps it. Without an interaction, each request is about one of its own."""
        about = self.interaction or InteractionIn(external_id=new_id().hex)
        send_at = now + timedelta(seconds=self.delay_seconds) if self.delay_seconds is not None else self.send_at
        too_far = {"send_at": send_at, "interaction.occurred_at": about.occurred_at}
        for field, latest in (("send_at", now + FARTHEST), ("interaction.occurred_at", now + timedelta(days=1))):
            at = too_far[field]
            if at is not None and at > latest:
                raise InvalidError(f"Not accepted: {field}.", {field: "Must not be that far in the future."})
        return Occasion(
            email=self.email,
            name=self.name,
            locale=self.locale,
            properties=self.properties or {},
            send_at=send_at,
            source=about.source,
            external_id=about.external_id,
            agent=about.agent,
            team=about.team,
            channel=about.channel,
            occurred_at=about.occurred_at,
        )


class BatchIn(Schema):
    """Up to a thousand invitations; each is judged by itself."""

    invitations: Annotated[
        list[Any],
        Field(min_length=1, max_length=BATCH),
        WithJsonSchema(
            {
                "type": "array",
                "minItems": 1,
                "maxItems": BATCH,
                "items": {"$ref": "#/components/schemas/InvitationIn"},
            }
        ),
    ]


class DryRun(Schema):
    """Whether only to say what would become of it."""

    dry_run: Annotated[bool | None, Field(description="1: write nothing, and answer what would happen.")] = None


class InvitationOut(Schema):
    """One invitation. `reason` says why somebody is not asked (suppressed, quarantine, …), or what is waited for.

    What a dry run foresees has no id and no address yet. `until`: how long what is waited for lasts, or the quarantine
    because of which somebody would not be asked.
    """

    id: uuid.UUID | None
    status: str
    reason: str | None
    answer_url: str | None
    send_at: Moment
    until: Moment | None = None

    @classmethod
    def of(cls, invitation: Invitation) -> InvitationOut:
        return cls(
            id=invitation.id,
            status=invitation.told_status,
            reason=invitation.reason,
            answer_url=emails.answer_url(invitation.token),
            send_at=invitation.send_at,
            until=invitation.send_at if invitation.status == "scheduled" and invitation.reason else None,
        )


class BatchOut(Schema):
    """In the order of the request: each invitation, or the problem with it (as in RFC 9457)."""

    data: Annotated[
        list[Any],
        WithJsonSchema(
            {
                "type": "array",
                "items": {
                    "anyOf": [{"$ref": "#/components/schemas/InvitationOut"}, {"$ref": "#/components/schemas/Problem"}]
                },
            }
        ),
    ]
