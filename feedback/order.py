from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from base.db import db
from feedback.digesting import Cadence
from feedback.response import Response
from feedback.tally import COUNTED, FACETS, Filters, conditions, spoken

THRESHOLDS: dict[str, tuple[Filters, ...]] = {
    "detractors": (Filters(band="detractor"),),
    "passives": (Filters(band="detractor"), Filters(band="passive")),
    "negative": (Filters(sentiment="negative"),),
}
"""Whom a digest tells of: those who pass one of these."""

MOST = 25
"""Told one by one unless the order says otherwise; the rest is counted and linked."""


_RECENT = 2_000
"""The newest answers whose agents, teams, channels and languages are offered to choose from."""


def known_names(workspace_id: uuid.UUID) -> dict[str, list[str]]:
    """Agents, teams, channels and languages that were heard of lately, by name."""
    columns = (Response.agent, Response.team, Response.channel, spoken)
    newest = select(*columns).where(Response.workspace_id == workspace_id).order_by(Response.created_at.desc())
    rows = db.session.execute(newest.limit(_RECENT)).all()
    names = ("agent", "team", "channel", "language")
    return {name: sorted({str(row[place]) for row in rows if row[place]}) for place, name in enumerate(names)}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which part of the answers a digest looks at, and of whom in it it tells."""

    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    language: str | None = None
    threshold: str = "detractors"

    @property
    def filters(self) -> Filters:
        """What narrows the numbers."""
        return Filters(**{name: getattr(self, name) for name in FACETS})

    @property
    def told(self) -> list[ColumnElement[bool]]:
        """What rows of `Response` must satisfy to be told."""
        anybody = or_(*(and_(*conditions(one)) for one in THRESHOLDS[self.threshold]))
        return [COUNTED, *conditions(self.filters), anybody]

    def within(self, other: Scope) -> bool:
        """Whether all that this one tells is told by the other."""
        narrower = all(getattr(other, name) in (None, getattr(self, name)) for name in FACETS)
        wanted = THRESHOLDS[other.threshold]
        return narrower and all(one in wanted for one in THRESHOLDS[self.threshold])


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody wants: who gets what when. `surveys` are ids, None means all; `when_empty` is skip or short."""

    recipient_email: str
    recipient_name: str
    locale: str
    cadence: Cadence
    when_empty: str = "short"
    surveys: tuple[uuid.UUID, ...] | None = None
    title: str = ""
    """Tells several digests of one person apart."""
    scope: Scope = field(default_factory=Scope)
    most: int = MOST

    @property
    def columns(self) -> dict[str, Any]:
        """The same as values of a digest's row."""
        cadence = self.cadence
        return {
            "recipient_email": self.recipient_email.strip().lower(),
            "recipient_name": self.recipient_name.strip(),
            "locale": self.locale,
            "all_surveys": self.surveys is None,
            "cadence": cadence.kind,
            "hour": cadence.hour,
            "minute": cadence.minute,
            "weekday": cadence.weekday,
            "day": cadence.day,
            "zone": cadence.zone,
            "when_empty": self.when_empty,
            "title": self.title.strip(),
            "threshold": self.scope.threshold,
            "most": self.most,
            **{name: getattr(self.scope, name) or None for name in FACETS},
        }
