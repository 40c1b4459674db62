"""Everything that happened with one person: what they went through, what they were asked about it, what they wished."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from accounts.user import User
from base.db import db
from base.events import Event
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.survey import Survey

Step = Literal["asked", "sent", "opened", "answered", "skipped", "waiting", "expired"]

LIMIT = 100
"""Interactions that one page tells of."""

_WISHES = ("contact.suppressed", "contact.welcomed_back", "contact.corrected", "contact.merged")


@dataclass(frozen=True)
class Request:
    """One invitation about an interaction, and the survey that it asked with."""

    invitation: Invitation
    survey: Survey

    @property
    def steps(self) -> list[tuple[datetime, Step]]:
        """How far it came, in the order of time. The last one may lie ahead: `waiting` until then."""
        one = self.invitation
        known: list[tuple[datetime | None, Step]] = [
            (one.sent_at, "sent"),
            (one.clicked_at, "opened"),
            (one.answered_at, "answered"),
        ]
        steps = [(at, step) for at, step in known if at is not None]
        ends: dict[str, tuple[datetime, Step]] = {
            "scheduled": (one.send_at, "waiting"),
            "skipped": (one.created_at, "skipped"),
            "expired": (one.expires_at, "expired"),
        }
        if one.status in ends:
            steps.append(ends[one.status])
        asked: tuple[datetime, Step] = (one.created_at, "asked")
        return sorted(steps if one.status == "skipped" else [asked, *steps], key=lambda pair: pair[0])


@dataclass(frozen=True)
class Chapter:
    """Something that happened, at its newest moment: an interaction with its requests, or a wish of or about them."""

    at: datetime
    interaction: Interaction | None = None
    requests: list[Request] = field(default_factory=list)
    wish: str | None = None
    """suppressed · welcomed_back · corrected · merged"""
    data: Mapping[str, Any] = field(default_factory=dict)
    who: str | None = None
    """The name of the colleague who did it; None for the person themself or a program."""


@dataclass(frozen=True)
class History:
    """A person's chapters, the newest first; `cut` when there are older interactions than told here."""

    chapters: list[Chapter]
    cut: bool

    @property
    def invitation_ids(self) -> list[uuid.UUID]:
        """Of every invitation told here."""
        return [request.invitation.id for chapter in self.chapters for request in chapter.requests]

    @classmethod
    def of(cls, contact: Contact, *, limit: int = LIMIT) -> History:
        """What happened with this person, at most their newest `limit` interactions."""
        newest = select(Interaction).where(Interaction.contact_id == contact.id)
        newest = newest.order_by(Interaction.occurred_at.desc(), Interaction.id.desc()).limit(limit + 1)
        found = list(db.session.scalars(newest))
        requests = _requests(contact.id, [interaction.id for interaction in found[:limit]])
        chapters = [_chapter(interaction, requests[interaction.id]) for interaction in found[:limit]]
        chapters += _wishes(contact, limit)
        return cls(sorted(chapters, key=lambda chapter: chapter.at, reverse=True), len(found) > limit)


def _chapter(interaction: Interaction, requests: list[Request]) -> Chapter:
    moments = [at for request in requests for at, step in request.steps if step not in ("waiting", "expired")]
    return Chapter(max([interaction.occurred_at, *moments]), interaction, requests)


def _requests(contact_id: uuid.UUID, interaction_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[Request]]:
    rows = select(Invitation, Survey).join(Survey, Survey.id == Invitation.survey_id)
    # The contact is what an index knows.
    rows = rows.where(Invitation.contact_id == contact_id, Invitation.interaction_id.in_(interaction_ids))
    rows = rows.order_by(Invitation.created_at, Invitation.id)
    requests: dict[uuid.UUID, list[Request]] = defaultdict(list)
    for invitation, survey in db.session.execute(rows):
        requests[invitation.interaction_id].append(Request(invitation, survey))
    return requests


def _wishes(contact: Contact, limit: int) -> list[Chapter]:
    told = select(Event).where(Event.subject_id == contact.id, Event.kind.in_(_WISHES))
    wishes = list(db.session.scalars(told.order_by(Event.at.desc()).limit(limit)))
    people = {uuid.UUID(wish.actor) for wish in wishes if wish.actor and not wish.actor.startswith("key:")}
    names = {row.id: row.name for row in db.session.execute(select(User.id, User.name).where(User.id.in_(people)))}
    return [
        Chapter(
            wish.at,
            wish=wish.kind.removeprefix("contact."),
            data=wish.data,
            who=names.get(uuid.UUID(wish.actor)) if wish.actor and not wish.actor.startswith("key:") else None,
        )
        for wish in wishes
    ]
