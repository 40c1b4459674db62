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
from surveys.reminder import Reminder
from surveys.survey import Survey

Step = Literal[
    "asked",
    "sent",
    "opened",
    "answered",
    "skipped",
    "waiting",
    "expired",
    "reminded",
    "will_remind",
    "not_reminded",
]

LIMIT = 100
"""Interactions that one page tells of."""

_AHEAD = ("waiting", "expired", "will_remind", "not_reminded")
_WISHES = ("contact.suppressed", "contact.welcomed_back", "contact.corrected", "contact.merged")


@dataclass(frozen=True)
class Request:
    """One invitation about an interaction, and the survey that it asked with."""

    invitation: Invitation
    survey: Survey
    reminders: list[Reminder] = field(default_factory=list)
    """Those that may be told of."""

    @property
    def steps(self) -> list[tuple[datetime, Step]]:
        """How far it came, in the order of time. The last one may lie ahead: `waiting` until then."""
        one = self.invitation
        known: list[tuple[datetime | None, Step]] = [
            (one.sent_at, "sent"),
            (one.clicked_at, "opened"),
            (one.answered_at, "answered"),
            *(self._of(reminder) for reminder in self.reminders),
        ]
        steps = [(at, step) for at, step in known if at is not None]
        ends: dict[str, tuple[datetime, Step]] = {
            "scheduled": (one.send_at, "waiting"),
            "skipped": (one.created_at, "skipped"),
            "expired": (one.expires_at, "expired"),
        }
        status = one.told_status
        if status in ends:
            steps.append(ends[status])
        asked: tuple[datetime, Step] = (one.created_at, "asked")
        return sorted(steps if status == "skipped" else [asked, *steps], key=lambda pair: pair[0])

    def _of(self, reminder: Reminder) -> tuple[datetime | None, Step]:
        """What is to be said of a reminder. Who answered misses none, and none is still to come to them."""
        if reminder.status == "sent":
            return reminder.sent_at, "reminded"
        answered_at = self.invitation.answered_at
        if reminder.status == "skipped":
            missed = answered_at is None or answered_at > reminder.due_at
            return (reminder.due_at if missed else None), "not_reminded"
        return (reminder.due_at if self.invitation.told_status == "sent" else None), "will_remind"

    def unsent(self, at: datetime) -> str | None:
        """Why the reminder that was due then did not go."""
        return next((one.reason for one in self.reminders if one.status == "skipped" and one.due_at == at), None)


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
    moments = [at for request in requests for at, step in request.steps if step not in _AHEAD]
    return Chapter(max([interaction.occurred_at, *moments]), interaction, requests)


def _requests(contact_id: uuid.UUID, interaction_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[Request]]:
    rows = select(Invitation, Survey).join(Survey, Survey.id == Invitation.survey_id)
    # The contact is what an index knows.
    rows = rows.where(Invitation.contact_id == contact_id, Invitation.interaction_id.in_(interaction_ids))
    rows = rows.order_by(Invitation.created_at, Invitation.id)
    found = db.session.execute(rows).all()
    reminders = Reminder.told_of([invitation.id for invitation, _ in found])
    requests: dict[uuid.UUID, list[Request]] = defaultdict(list)
    for invitation, survey in found:
        one = Request(invitation, survey, reminders.get(invitation.id, []))
        requests[invitation.interaction_id].append(one)
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
