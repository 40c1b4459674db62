from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import load_only

from accounts.workspace import Workspace
from base.db import db
from surveys import quarantine
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.link import person_of
from surveys.merging import Person
from surveys.quarantine import Quarantine
from surveys.rule import SendingRule, Terms, terms_of, window_of
from surveys.sending import Facts
from surveys.suppression import Suppression
from surveys.survey import Survey
from surveys.timing import zone_for
from surveys.version import Version
from surveys.wording import choose_locale


@dataclass(frozen=True, slots=True)
class Addressee:
    """A contact, as far as a mail to them needs it."""

    id: uuid.UUID
    email: str
    name: str | None
    locale: str | None
    zone: str | None
    properties: dict[str, Any]
    suppressed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happening:
    """An interaction, as far as a mail about it needs it."""

    agent: str | None
    team: str | None
    channel: str | None
    properties: dict[str, Any]


# Columns and not things: a large sending reads a hundred thousand of them.
_COLUMNS = (
    *(getattr(Contact, name) for name in Addressee.__dataclass_fields__),
    *(getattr(Interaction, name) for name in Happening.__dataclass_fields__),
)


_NEEDED = (
    *(Invitation.workspace_id, Invitation.survey_id, Invitation.contact_id, Invitation.locale, Invitation.status),
    *(Invitation.reason, Invitation.send_at, Invitation.asked_at, Invitation.expires_at),
    *(Invitation.version_id, Invitation.reminded_at),
)


@dataclass(frozen=True)
class Dispatch:
    """One invitation on its way out, with all that decides whether it goes and what it says."""

    invitation: Invitation
    survey: Survey
    version: Version | None
    """The newest one now, which need not be the newest when the invitation was made."""
    contact: Addressee
    workspace: Workspace
    interaction: Happening
    terms: Terms
    asked: dict[uuid.UUID, datetime]
    """When each survey last asked this person; shared by all dispatches to them, and brought up to date by who asks."""
    unwanted: bool
    """This survey is not to ask the person, whatever others may."""

    @classmethod
    def of(cls, invitation_id: uuid.UUID) -> Dispatch | None:
        """The dispatch of an invitation, or None when it is gone, as after an erasure."""
        return next(iter(cls.many([invitation_id])), None)

    @classmethod
    def many(cls, invitation_ids: Collection[uuid.UUID], *, alone: bool = False) -> list[Dispatch]:
        """The dispatches of invitations that are still there, in the order in which they are due.

        `alone`: nobody else decides about these people until the transaction ends.
        """
        if alone:
            whose = select(Invitation.contact_id).where(Invitation.id.in_(invitation_ids))
            quarantine.lock_contacts(set(db.session.scalars(whose)))
        rows = db.session.execute(
            select(Invitation, *_COLUMNS)
            .options(load_only(*_NEEDED))
            .join(Contact, Contact.id == Invitation.contact_id)
            .join(Interaction, Interaction.id == Invitation.interaction_id)
            .where(Invitation.id.in_(invitation_ids))
            .order_by(Invitation.send_at, Invitation.id)
        ).all()
        surveys = _surveys({row[0].survey_id for row in rows})
        alone_for_a_while = any(_quarantine(workspace, terms) for _, _, workspace, terms in surveys.values())
        asked = quarantine.last_asked({row[1] for row in rows}) if alone_for_a_while else defaultdict(dict)
        people = {row[1]: Addressee(*row[1:8]) for row in rows}
        unwanted = Suppression.pairs(people, surveys)
        return [
            cls(
                invitation=row[0],
                survey=survey,
                version=version,
                contact=people[row[1]],
                workspace=workspace,
                interaction=Happening(*row[8:]),
                terms=terms,
                asked=asked[row[1]],
                unwanted=(row[1], survey.id) in unwanted,
            )
            for row in rows
            for survey, version, workspace, terms in [surveys[row[0].survey_id]]
        ]

    @property
    def key(self) -> str:
        """What the mail is known by in the outbox: an invitation is mailed once."""
        return mail_key(self.invitation.id)

    @property
    def facts(self) -> Facts:
        return Facts(
            status=self.invitation.status,
            send_at=self.invitation.send_at,
            expires_at=self.invitation.expires_at,
            closed=self.survey.closed_at is not None,
            published=self.version is not None,
            suppressed=self.contact.suppressed_at is not None or self.unwanted,
            paused=self.survey.paused_at is not None,
            window=window_of(self.terms, zone_for(self.contact.zone, self.contact.locale, self.workspace.zone)),
            quarantined_until=self._quarantined_until,
            defer=self.terms.when_quarantined == "defer",
        )

    @property
    def _quarantined_until(self) -> datetime | None:
        return _quarantine(self.workspace, self.terms).until(self.survey.id, self.asked)

    @property
    def person(self) -> Person:
        """Whom the mail may speak of."""
        contact, about = self.contact, self.interaction
        facts = {name: getattr(about, name) for name in ("agent", "team", "channel", "properties")}
        return person_of(contact.name, contact.email, contact.locale, contact.properties, facts)

    @property
    def locale(self) -> str:
        """The language that was asked for, else the person's, else the survey's own."""
        assert self.version is not None
        return choose_locale(self.version.document, self.invitation.locale, self.contact.locale)


def _quarantine(workspace: Workspace, terms: Terms) -> Quarantine:
    return Quarantine(terms.quarantine_days, workspace.quarantine_days)


def _surveys(
    idents: Collection[uuid.UUID],
) -> dict[uuid.UUID, tuple[Survey, Version | None, Workspace, Terms]]:
    newest = (Version.survey_id == Survey.id) & (Version.number == Survey.published_number)
    rows = db.session.execute(
        select(Survey, Version, Workspace, SendingRule)
        .outerjoin(Version, newest)
        .join(Workspace, Workspace.id == Survey.workspace_id)
        .outerjoin(SendingRule, SendingRule.survey_id == Survey.id)
        .where(Survey.id.in_(idents))
    )
    return {survey.id: (survey, version, workspace, terms_of(rule)) for survey, version, workspace, rule in rows}


def mail_key(invitation_id: uuid.UUID) -> str:
    return f"invitation:{invitation_id}"
