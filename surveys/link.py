from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import bindparam, func, select

from accounts.workspace import Workspace
from base import tokens
from base.db import db
from base.errors import NotFoundError
from base.prepared import Prepared
from surveys.branching import Reader
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.logo import worn
from surveys.merging import NOBODY, Person
from surveys.paging import Asked
from surveys.survey import Survey
from surveys.version import Version

State = Literal["open", "expired", "closed", "unsubscribed", "answered"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")

# One statement tells everything about a link, because it is asked for with every page and every answer.
_FACTS = Prepared(
    select(
        *(Invitation.id, Invitation.workspace_id, Invitation.survey_id, Invitation.version_id, Invitation.contact_id),
        *(Invitation.locale, Contact.locale, Invitation.expires_at, Invitation.status),
        *(Invitation.answered_at, func.coalesce(Invitation.reminded_at, Invitation.sent_at), Survey.closed_at),
        *(Workspace.name, Workspace.color, Workspace.logo_id, Workspace.zone, Contact.suppressed_reason),
        *(Contact.name, Contact.email, Contact.properties),
        *(Interaction.agent, Interaction.team, Interaction.channel, Interaction.properties),
    )
    .join(Survey, Survey.id == Invitation.survey_id)
    .join(Workspace, Workspace.id == Invitation.workspace_id)
    .join(Contact, Contact.id == Invitation.contact_id)
    .join(Interaction, Interaction.id == Invitation.interaction_id)
    .where(Invitation.token_hash == bindparam("token_hash"))
)


@dataclass(frozen=True, slots=True)
class Link:
    """What the link of a mail leads to, as values: the question as published, and where the invitation stands."""

    token: str
    invitation_id: uuid.UUID
    workspace_id: uuid.UUID
    survey_id: uuid.UUID
    contact_id: uuid.UUID
    asked: Asked
    wishes: tuple[str | None, ...]
    """Languages the page should be in, the strongest wish first."""
    expires_at: datetime
    closed_at: datetime | None
    answered: bool
    delivered_at: datetime | None
    """When the mail server took the newest mail with this link."""
    unsubscribed: bool
    zone: str
    """The workspace's."""
    facts: dict[str, Any]
    """agent, team, channel and properties of the interaction."""
    person: Person

    link_id: None = None
    """For an open link see `door`."""

    @property
    def path(self) -> str:
        """Its address."""
        return f"/s/{self.token}"

    @property
    def action(self) -> str:
        """Where its form is posted."""
        return self.path

    @property
    def query(self) -> str:
        return ""

    @property
    def seed(self) -> str:
        return self.token

    @property
    def anonymous(self) -> bool:
        """Whether nobody may ever know whose answer it was."""
        return is_anonymous(self.asked)

    @property
    def version_id(self) -> uuid.UUID:
        assert isinstance(self.asked.version_id, uuid.UUID)
        return self.asked.version_id

    @property
    def metric(self) -> str:
        return str(self.asked.document["metric"])

    @classmethod
    def by_token(cls, token: str) -> Link:
        """The link with this token, or NotFoundError. One statement once the version is known to this process."""
        if not _TOKEN.fullmatch(token):
            raise NotFoundError("link")
        found = _FACTS.first({"token_hash": tokens.digest(token)})
        if found is None:
            raise NotFoundError("link")
        ident, workspace_id, survey_id, version_id, contact_id, *rest = found
        locale, spoken, expires_at, status, answered_at, delivered_at, *rest = rest
        closed_at, company, color, logo_id, zone, suppressed, *rest = rest
        name, email, properties, *facts = rest
        about = dict(zip(("agent", "team", "channel", "properties"), facts, strict=True))
        asked = asked_with(version_id, workspace_id, company, color, logo_id)
        return cls(
            token=token,
            invitation_id=ident,
            workspace_id=workspace_id,
            survey_id=survey_id,
            contact_id=contact_id,
            asked=asked,
            wishes=(locale, spoken),
            expires_at=expires_at,
            closed_at=closed_at,
            answered=answered_at is not None or status == "answered",
            delivered_at=delivered_at,
            unsubscribed=suppressed == "unsubscribed",
            zone=zone,
            facts=about,
            person=NOBODY if is_anonymous(asked) else person_of(name, email, spoken, properties, about),
        )

    def reader(self, locale: str) -> Reader:
        """What decides, besides the answers, which questions are shown."""
        return Reader(self.metric, locale, self.person)

    def state(self, now: datetime) -> State:
        """Whether the question may be answered at `now`, and if not, why."""
        if self.closed_at is not None:
            return "closed"
        if now >= self.expires_at:
            return "expired"
        if self.unsubscribed and not self.answered:
            return "unsubscribed"
        return "answered" if self.answered and self.anonymous else "open"


def person_of(
    name: str | None, email: str, locale: str | None, properties: Mapping[str, Any], facts: Mapping[str, Any]
) -> Person:
    """A contact and what happened to them, as texts and conditions may speak of them."""
    known = {"name": name, "email": email, "locale": locale}
    about = {key: value for key, value in facts.items() if key != "properties"}
    return Person(dict(properties or {}) | known, dict(facts.get("properties") or {}) | about)


def is_anonymous(asked: Asked) -> bool:
    """Whether it promises that. Then neither texts nor questions may depend on who is asked."""
    return bool(asked.document.get("anonymous"))


@lru_cache(maxsize=256)
def asked_with(
    version_id: uuid.UUID, workspace_id: uuid.UUID, company: str, color: str | None, logo_id: uuid.UUID | None
) -> Asked:
    """The version in the name and the look of its workspace. Neither it nor a logo ever changes, so each process reads
    them once.
    """
    document = db.session.scalars(select(Version.document).where(Version.id == version_id)).one()
    return Asked(version_id, company, document, worn(workspace_id, color, logo_id, document))
