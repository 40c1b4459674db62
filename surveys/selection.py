"""Who of those that something happened to is asked about it, by which terms, and when. Many at a time."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from accounts.workspace import Workspace
from base import tokens
from base.db import db, new_id
from base.errors import ConflictError
from base.outbox import Mail
from surveys import qualifying, quarantine
from surveys.contact import Contact
from surveys.dispatch import mail_key
from surveys.intake import RECURRING, Kept, Occasion, batches, insert_new
from surveys.interaction import Interaction
from surveys.invitation import LIFE, Invitation
from surveys.link import person_of
from surveys.merging import Person
from surveys.quarantine import Quarantine
from surveys.question import Show
from surveys.rule import SendingRule, Terms, due_at, show_in, window_of
from surveys.sending import Decision, Facts, may_send
from surveys.suppression import Suppression
from surveys.survey import Survey
from surveys.timing import zone_for
from surveys.version import Version


@dataclass(frozen=True)
class Asker:
    """A survey with everything that decides whom it asks and when."""

    survey: Survey
    version: Version
    terms: Terms
    quarantine: Quarantine
    zone: str
    """The workspace's, for people whose own is not known."""
    show: Show | None

    @classmethod
    def of(cls, survey: Survey, version: Version) -> Asker:
        terms, owner = SendingRule.of(survey.id), db.session.get_one(Workspace, survey.workspace_id)
        alone = Quarantine(terms.quarantine_days, owner.quarantine_days)
        return cls(survey, version, terms, alone, owner.zone, show_in(terms))

    @classmethod
    def to_ask(cls, survey: Survey) -> Asker:
        """The survey as it asks now. ConflictError when it was never published."""
        version = Version.newest(survey.id)
        if version is None:
            raise ConflictError("This survey was never published, so nobody can be asked yet.")
        return cls.of(survey, version)

    @property
    def regular(self) -> Asker:
        """The same for those whose turn it is: nothing happened that conditions or a share could be about."""
        return replace(self, terms=replace(self.terms, sample=100), show=None)

    def facts(self, one: Candidate, status: str, send_at: datetime, expires_at: datetime) -> Facts:
        """What decides about one invitation of this survey."""
        return Facts(
            status=status,
            send_at=send_at,
            expires_at=expires_at,
            closed=self.survey.closed_at is not None,
            suppressed=one.suppressed,
            paused=False,  # whoever waits for a paused survey is told so when it is time
            window=window_of(self.terms, zone_for(one.zone, one.locale, self.zone)),
            quarantined_until=self.quarantine.until(self.survey.id, one.asked),
            defer=self.terms.when_quarantined == "defer",
        )


@dataclass(frozen=True)
class Candidate:
    """A person to whom something happened, as far as it decides whether they are asked about it."""

    suppressed: bool
    zone: str | None
    locale: str | None
    asked: Mapping[uuid.UUID, datetime]
    """When each survey last asked them."""
    person: Person
    about: tuple[str, str]
    """Source of what happened, and its name there."""


def invite(
    survey: Survey, version: Version, occasions: Sequence[Occasion], *, kept: Sequence[Kept], at: datetime
) -> list[tuple[Invitation, bool]]:
    """One invitation to `survey` for each kept occasion, in order, and whether it is new.

    Who may not be asked gets one that is skipped at once, with its reason.
    """
    asker = Asker.of(survey, version)
    found: list[tuple[Invitation, bool]] = []
    for pairs in batches(list(zip(occasions, kept, strict=True))):
        found += _invite_batch(asker, pairs, at)
    db.session.flush()
    return found


def decide(asker: Asker, one: Candidate, *, send_at: datetime, at: datetime) -> Decision:
    """What becomes of an invitation that is made at `at`. A refusal of the terms is a skip with its word."""
    decision = may_send(asker.facts(one, "scheduled", send_at, send_at + LIFE), at)
    if decision.reason in {"suppressed", "closed"}:
        return decision
    refused = qualifying.refusal(
        one.person, show=asker.show, sample=asker.terms.sample, survey_id=asker.survey.id, about=one.about
    )
    return Decision("skip", refused) if refused else decision


def _invite_batch(
    asker: Asker, pairs: Sequence[tuple[Occasion, Kept]], at: datetime
) -> Iterator[tuple[Invitation, bool]]:
    survey, candidates = asker.survey, _candidates(asker, pairs)
    # The same interaction twice in one batch is what was said of it first, as it is when it is kept.
    rows: dict[uuid.UUID, dict[str, Any]] = {}
    for occasion, one in pairs:
        if one.interaction_id not in rows:
            rows[one.interaction_id] = _row(asker, occasion, one, at)
    insert_new(Invitation, [rows[ident] for ident in sorted(rows)])
    query = select(Invitation).where(Invitation.survey_id == survey.id, Invitation.interaction_id.in_(list(rows)))
    known = {invitation.interaction_id: invitation for invitation in db.session.scalars(query)}
    new = {ident for ident, invitation in known.items() if invitation.id == rows[ident]["id"]}
    turns = {one.interaction_id for occasion, one in pairs if occasion.source == RECURRING}
    for ident, invitation in known.items():
        if ident not in new and invitation.status == "skipped" and invitation.reason == "cancelled":
            invitation.revive(send_at=rows[ident]["send_at"])
            Mail.forget([mail_key(invitation.id)])
            new.add(ident)
        if ident in new:
            _settle(asker.regular if ident in turns else asker, invitation, candidates[ident], at)
    for _, one in pairs:
        yield known[one.interaction_id], one.interaction_id in new
        new.discard(one.interaction_id)  # the same interaction twice in one batch is new once


def _settle(asker: Asker, invitation: Invitation, one: Candidate, at: datetime) -> None:
    decision = decide(asker, one, send_at=invitation.send_at, at=at)
    if decision.reason is not None:
        invitation.skip(decision.reason, at=at)
    elif decision.until is not None and decision.cause is not None:
        invitation.postpone(decision.until, decision.cause)


def _candidates(asker: Asker, pairs: Sequence[tuple[Occasion, Kept]]) -> dict[uuid.UUID, Candidate]:
    """Interaction → whom it happened to."""
    kept = [one for _, one in pairs]
    people = _people({one.contact_id for one in kept})
    asked = quarantine.last_asked({one.contact_id for one in kept}) if asker.quarantine else {}
    facts = _facts({one.interaction_id for one in kept}) if asker.show else {}
    unwilling = Suppression.among({one.contact_id for one in kept}, asker.survey.id)
    found = {}
    for occasion, one in pairs:
        contact = people[one.contact_id]
        about = facts.get(one.interaction_id, {})
        who = person_of(contact.name, contact.email, contact.locale, contact.properties, about)
        suppressed = one.suppressed or one.contact_id in unwilling
        found[one.interaction_id] = Candidate(
            suppressed=suppressed,
            zone=contact.zone,
            locale=contact.locale,
            asked=asked.get(one.contact_id, {}),
            person=who,
            about=(occasion.source, occasion.external_id),
        )
    return found


def _people(idents: Collection[uuid.UUID]) -> dict[uuid.UUID, Any]:
    columns = (Contact.id, Contact.name, Contact.email, Contact.locale, Contact.zone, Contact.properties)
    return {row.id: row for row in db.session.execute(select(*columns).where(Contact.id.in_(idents)))}


def _facts(idents: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    columns = (Interaction.agent, Interaction.team, Interaction.channel, Interaction.properties)
    rows = db.session.execute(select(Interaction.id, *columns).where(Interaction.id.in_(idents)))
    return {row.id: {name: getattr(row, name) for name in ("agent", "team", "channel", "properties")} for row in rows}


def moment_of(asker: Asker, occasion: Occasion, at: datetime) -> datetime:
    """When the terms would ask about an occasion that is heard of at `at`, before anything stands in the way."""
    return max(occasion.send_at, at) if occasion.send_at else due_at(asker.terms, occasion.occurred_at or at, at)


def _row(asker: Asker, occasion: Occasion, kept: Kept, at: datetime) -> dict[str, Any]:
    ident, send_at = new_id(), moment_of(asker, occasion, at)
    return {
        "id": ident,
        "workspace_id": asker.survey.workspace_id,
        "survey_id": asker.survey.id,
        "version_id": asker.version.id,
        "contact_id": kept.contact_id,
        "interaction_id": kept.interaction_id,
        "token_hash": tokens.digest(tokens.derived("invitation", ident)),
        "locale": occasion.locale,
        "status": "scheduled",
        "send_at": send_at,
        "expires_at": send_at + LIFE,
        "created_at": at,
    }
