"""What the REST API takes and gives about people."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from base.schema import ONE_LINE, BlankIsNone, Moment, Schema
from surveys.contact import Contact
from surveys.schemas import Word80, Word120
from surveys.suppressing import EVERYTHING
from surveys.suppression import Suppression

Address = Annotated[str, StringConstraints(max_length=254), ONE_LINE]


class ContactsIn(Schema):
    """Which people, and how many a page."""

    q: Annotated[Word120 | None, BlankIsNone, Field(description="Parts of the name or address.")] = None
    email: Annotated[Address | None, BlankIsNone, Field(description="Exactly this address.")] = None
    suppressed: Annotated[bool | None, Field(description="Only those who are not to be asked (true).")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    cursor: Annotated[uuid.UUID | None, BlankIsNone, Field(description="next_cursor of the page before.")] = None


class SuppressionOut(Schema):
    """What somebody is not asked, and why: `survey_id` null means nothing at all."""

    reason: str
    survey_id: uuid.UUID | None
    evidence: str | None
    at: Moment

    @classmethod
    def of(cls, row: Suppression) -> SuppressionOut:
        scope = None if row.scope == EVERYTHING else row.scope
        return cls(reason=row.reason, survey_id=scope, evidence=row.evidence, at=row.at)


class ContactOut(Schema):
    """One person. `suppressed_at` says since when they are asked nothing at all, `reason` why."""

    id: uuid.UUID
    email: str
    name: str | None
    locale: str | None
    zone: str | None
    properties: dict[str, Any]
    suppressed_at: Moment | None
    suppressed_reason: str | None
    created_at: Moment

    @classmethod
    def of(cls, contact: Contact) -> ContactOut:
        known = ("id", "email", "name", "locale", "zone", "properties")
        state = ("suppressed_at", "suppressed_reason", "created_at")
        return cls(**{name: getattr(contact, name) for name in (*known, *state)})


class ContactDetail(ContactOut):
    """One person with everything that they are not asked."""

    suppressions: list[SuppressionOut]

    @classmethod
    def whole(cls, contact: Contact) -> ContactDetail:
        rows = [SuppressionOut.of(row) for row in Suppression.of_contact(contact.id)]
        return cls(**ContactOut.of(contact).model_dump(), suppressions=rows)


class ContactList(Schema):
    """People, the newest first."""

    data: list[ContactOut]
    next_cursor: str | None = None


class ScopeIn(Schema):
    """By which survey a person is left alone; by all without."""

    survey: Annotated[Word80 | None, BlankIsNone, Field(description="Id or slug.")] = None


class ErasingIn(Schema):
    """How a person is erased."""

    answers: Annotated[
        Literal["keep", "remove"],
        Field(description="keep: scores stay in the numbers, without person and words; remove: they go too."),
    ] = "keep"
    suppress: Annotated[bool, Field(description="Never ask this address again; only its hash is kept.")] = True


class ErasureOut(Schema):
    """That somebody was erased."""

    id: uuid.UUID
    at: Moment
