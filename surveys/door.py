from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import select

from accounts.workspace import Workspace
from base import clock
from base.db import db
from base.errors import NotFoundError
from surveys.branching import Reader
from surveys.link import asked_with, is_anonymous
from surveys.merging import NOBODY, Person
from surveys.open_link import OpenLink, state_of
from surveys.paging import Asked
from surveys.survey import Survey
from surveys.version import Version

State = Literal["open", "early", "closed", "full"]
Mode = Literal["", "embed", "kiosk"]

_SLUG: Final = re.compile(r"[a-z0-9-]{1,60}")
_HIGHEST: Final = 2**31 - 1
"""Number of a version that databases can be asked for; no survey has so many."""


@dataclass(frozen=True, slots=True)
class Door:
    """What an open link leads to, as values: the question of a published version, and how the link stands.

    `mode` is how its page is shown: by itself, inside another site's page, or on a device for everybody.
    """

    slug: str
    link_id: uuid.UUID
    workspace_id: uuid.UUID
    survey_id: uuid.UUID
    version_id: uuid.UUID
    number: int
    asked: Asked
    zone: str
    opens_on: date | None
    closes_on: date | None
    shut: bool
    """By the survey, or by a pause of this link."""
    full: bool
    kiosk: bool
    sites: tuple[str, ...]
    facts: dict[str, Any]
    mode: Mode = ""

    # What a door has in common with the link of a mail.
    invitation_id: None = None
    contact_id: None = None
    answered: bool = False
    delivered_at: None = None
    wishes: tuple[str | None, ...] = ()
    person: Person = NOBODY

    @property
    def path(self) -> str:
        """Its address, as it is printed."""
        return f"/o/{self.slug}"

    @property
    def action(self) -> str:
        """Where its form is posted: the version that it shows is part of the address, for another may be newer then."""
        return f"{self.path}/{self.number}" + (f"/{self.mode}" if self.mode else "")

    @property
    def query(self) -> str:
        """What follows the path when the page is opened again in its mode."""
        return f"?{self.mode}=1" if self.mode else ""

    @property
    def seed(self) -> str:
        return f"{self.slug}{self.number}"

    @property
    def metric(self) -> str:
        return str(self.asked.document["metric"])

    @property
    def anonymous(self) -> bool:
        return is_anonymous(self.asked)

    def reader(self, locale: str) -> Reader:
        """What decides, besides the answers, which questions are shown."""
        return Reader(self.metric, locale, self.person)

    def state(self, now: datetime) -> State:
        """Whether the question may be answered at `now`, and if not, why."""
        today = clock.local_date(now, self.zone)
        found = state_of(self.opens_on, self.closes_on, today, paused=self.shut, full=self.full)
        return "closed" if found == "paused" else found

    @classmethod
    def by_slug(cls, slug: str, *, number: int | None = None, mode: Mode = "") -> Door:
        """The door with this slug, or NotFoundError: to the newest version, or to one that was shown before."""
        if not _SLUG.fullmatch(slug):
            raise NotFoundError("link")
        found = db.session.execute(_FACTS.where(OpenLink.slug == slug)).one_or_none()
        if found is None:
            raise NotFoundError("link")
        link, survey, company, color, logo_id, zone = found
        wanted = survey.published_number if number is None else min(number, _HIGHEST)
        version_id = db.session.scalar(
            select(Version.id).where(Version.survey_id == survey.id, Version.number == wanted)
        )
        if wanted is None or version_id is None:  # nothing was published yet, or such a version never was
            raise NotFoundError("link")
        return cls(
            slug=slug,
            link_id=link.id,
            workspace_id=link.workspace_id,
            survey_id=link.survey_id,
            version_id=version_id,
            number=wanted,
            asked=asked_with(version_id, link.workspace_id, company, color, logo_id),
            zone=zone,
            opens_on=link.opens_on,
            closes_on=link.closes_on,
            shut=link.paused_at is not None or survey.closed_at is not None,
            full=link.full,
            kiosk=link.kiosk,
            sites=tuple(link.sites),
            facts={name: getattr(link, name) for name in ("agent", "team", "channel", "properties")},
            mode=mode if mode != "kiosk" or link.kiosk else "",
        )


_FACTS = (
    select(OpenLink, Survey, Workspace.name, Workspace.color, Workspace.logo_id, Workspace.zone)
    .join(Survey, Survey.id == OpenLink.survey_id)
    .join(Workspace, Workspace.id == OpenLink.workspace_id)
)
