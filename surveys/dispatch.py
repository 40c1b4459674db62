from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

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
from surveys.suppression import STANDS, Suppression
from surveys.survey import Survey
from surveys.timing import zone_for
from surveys.version import Version
from surveys.wording import choose_locale


@dataclass(frozen=True)
class Dispatch:
    """One invitation on its way out, with all that decides whether it goes and what it says."""

    invitation: Invitation
    survey: Survey
    version: Version | None
    """The newest one now, which need not be the newest when the invitation was made."""
    contact: Contact
    workspace: Workspace
    interaction: Interaction
    terms: Terms
    asked: Mapping[uuid.UUID, datetime]
    """When each survey last asked this person."""
    unwanted: bool
    """This survey is not to ask the person, whatever others may."""

    @classmethod
    def of(cls, invitation_id: uuid.UUID, *, alone: bool = False) -> Dispatch | None:
        """The dispatch of an invitation, or None when it is gone, as after an erasure.

        `alone`: nobody else decides about this person until the transaction ends.
        """
        if alone:
            whose = select(Invitation.contact_id).where(Invitation.id == invitation_id)
            quarantine.lock_contacts(db.session.scalars(whose).all())
        newest = (Version.survey_id == Survey.id) & (Version.number == Survey.published_number)
        refused = exists().where(Suppression.contact_id == Contact.id, Suppression.scope == Survey.id, STANDS)
        found = db.session.execute(
            select(Invitation, Survey, Version, Contact, Workspace, Interaction, SendingRule, refused)
            .join(Survey, Survey.id == Invitation.survey_id)
            .outerjoin(Version, newest)
            .join(Contact, Contact.id == Invitation.contact_id)
            .join(Workspace, Workspace.id == Invitation.workspace_id)
            .join(Interaction, Interaction.id == Invitation.interaction_id)
            .outerjoin(SendingRule, SendingRule.survey_id == Survey.id)
            .where(Invitation.id == invitation_id)
        ).one_or_none()
        if found is None:
            return None
        invitation, survey, version, contact, workspace, interaction, rule, unwanted = found
        asked = quarantine.last_asked([contact.id]).get(contact.id, {})
        return cls(invitation, survey, version, contact, workspace, interaction, terms_of(rule), asked, unwanted)

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
        alone = Quarantine(self.terms.quarantine_days, self.workspace.quarantine_days)
        return alone.until(self.survey.id, self.asked)

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


def mail_key(invitation_id: uuid.UUID) -> str:
    return f"invitation:{invitation_id}"
