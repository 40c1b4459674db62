from __future__ import annotations

import uuid
from dataclasses import dataclass

from accounts.workspace import Workspace
from base.db import db
from surveys.contact import Contact
from surveys.invitation import Invitation
from surveys.sending import Facts
from surveys.survey import Survey
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

    @classmethod
    def of(cls, invitation_id: uuid.UUID) -> Dispatch | None:
        """The dispatch of an invitation, or None when it is gone, as after an erasure."""
        invitation = db.session.get(Invitation, invitation_id)
        if invitation is None:
            return None
        return cls(
            invitation,
            db.session.get_one(Survey, invitation.survey_id),
            Version.newest(invitation.survey_id),
            db.session.get_one(Contact, invitation.contact_id),
            db.session.get_one(Workspace, invitation.workspace_id),
        )

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
            suppressed=self.contact.suppressed_at is not None,
        )

    @property
    def locale(self) -> str:
        """The language that was asked for, else the person's, else the survey's own."""
        assert self.version is not None
        return choose_locale(self.version.document, self.invitation.locale, self.contact.locale)


def mail_key(invitation_id: uuid.UUID) -> str:
    return f"invitation:{invitation_id}"
