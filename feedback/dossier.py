from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from accounts.user import User
from accounts.workspace import Workspace
from base.db import db
from feedback import feed
from feedback.answer import Answer
from feedback.detail import reader_of
from feedback.feed import Entry
from feedback.response import Response
from feedback.revision import Revision
from feedback.telling import Told, explained, told
from surveys import wording
from surveys.contact import Contact
from surveys.intent import Intent
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.merging import Person
from surveys.presenting import score_label
from surveys.survey import Survey
from surveys.version import Version

Step = Literal["happened", "asked", "sent", "clicked", "decoy", "answered", "revised", "set_aside", "read", "released"]


@dataclass(frozen=True)
class Dossier:
    """Everything known of one response: who, about what, as which question it was asked, and what happened when."""

    response: Response
    entry: Entry
    survey: Survey
    version: Version
    words: Mapping[str, str]
    """The words of the page as the customer saw them."""
    interaction: Interaction | None
    """None where nobody was asked in person."""
    revisions: list[Revision]
    answers: Mapping[int, tuple[Told, ...]]
    """What was answered to further questions, by number of the revision."""
    timeline: list[tuple[datetime, Step]]
    releaser: str | None
    """Who released it from being set aside."""

    @property
    def contact(self) -> Contact | None:
        return self.entry.contact

    @property
    def score_label(self) -> str:
        """What the score was called on the page, where it was no number."""
        return score_label(self.response.score, self.response.metric, self.words)

    @property
    def said(self) -> tuple[Told, ...]:
        """The answers that count."""
        return self.answers.get(self.response.revision, ())

    @property
    def contact_wish(self) -> Told | None:
        """The consent to be contacted, where it was given."""
        return next((one for one in self.said if one.kind == "contact" and one.chosen), None)

    @classmethod
    def of(cls, workspace: Workspace, ident: uuid.UUID) -> Dossier:
        """The dossier of a response of this workspace, or NotFoundError."""
        entry = feed.entry(workspace.id, ident)
        response = entry.response
        invitation = db.session.get(Invitation, response.invitation_id) if response.invitation_id else None
        version = db.session.get_one(Version, response.version_id)
        interaction = db.session.get_one(Interaction, invitation.interaction_id) if invitation else None
        releaser = db.session.get(User, response.released_by) if response.released_by else None
        revisions, person = Revision.all_of(response.id), reader_of(entry)
        words = wording.effective(version.document, response.locale)
        return cls(
            response=response,
            entry=entry,
            survey=db.session.get_one(Survey, response.survey_id),
            version=version,
            words=wording.named(words, workspace.name, person),
            interaction=interaction,
            revisions=revisions,
            answers=_answers(response, version, revisions, workspace.name, person),
            timeline=_timeline(response, invitation, interaction, revisions),
            releaser=releaser.name if releaser else None,
        )


def _answers(
    response: Response, version: Version, revisions: list[Revision], company: str, person: Person
) -> dict[int, tuple[Told, ...]]:
    given = Answer.by_revision(response.id)
    locales = {one.number: one.locale for one in revisions}
    document, main = version.document, version.document["default_locale"]

    def said(number: int, locale: str) -> tuple[Told, ...]:
        return told(document, wording.effective(document, locale), given[number], company, person)

    return {
        number: said(number, locales[number])
        if locales[number] == main
        else explained(said(number, locales[number]), said(number, main))
        for number in given
    }


def _timeline(
    response: Response, invitation: Invitation | None, interaction: Interaction | None, revisions: list[Revision]
) -> list[tuple[datetime, Step]]:
    """What happened, oldest first. Of many visits to the link only the first of each kind is told."""
    known: list[tuple[datetime | None, Step]] = [
        *(_before(invitation, interaction) if invitation and interaction else ()),
        (response.created_at, "answered"),
        *((one.submitted_at, "revised") for one in revisions[1:]),
        (response.flagged_at, "set_aside"),
        (response.read_at, "read"),
        (response.released_at, "released"),
    ]
    told = [(at, step) for at, step in known if at is not None]
    return sorted(told, key=lambda one: one[0])


def _before(invitation: Invitation, interaction: Interaction) -> list[tuple[datetime | None, Step]]:
    """What came before an answer to the link of a mail."""
    return [
        (interaction.occurred_at, "happened"),
        (invitation.created_at, "asked"),
        (invitation.sent_at, "sent"),
        (invitation.clicked_at, "clicked"),
        (next((visit.at for visit in Intent.of(invitation.id) if visit.kind == "decoy"), None), "decoy"),
    ]
