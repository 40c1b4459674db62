from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, or_, select

from base.db import db
from feedback.digesting import Cadence
from feedback.response import Response
from feedback.tally import COUNTED, FACETS, Filters, conditions, spoken
from surveys.folding import folded

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


class Narrowed(Protocol):
    """What looks at a part of the answers."""

    workspace_id: Any
    agent: Any
    team: Any
    channel: Any


@dataclass(frozen=True, slots=True)
class Unheard:
    """A name that none of the newest answers has, and the one of theirs that it may be meant for."""

    facet: str
    name: str
    nearest: str | None
    looked_at: int = _RECENT


def known_names(workspace_id: uuid.UUID) -> dict[str, list[str]]:
    """Agents, teams, channels and languages that were heard of lately, by name."""
    columns = (Response.agent, Response.team, Response.channel, spoken)
    newest = select(*columns).where(Response.workspace_id == workspace_id).order_by(Response.created_at.desc())
    rows = db.session.execute(newest.limit(_RECENT)).all()
    names = ("agent", "team", "channel", "language")
    return {name: sorted({str(row[place]) for row in rows if row[place]}) for place, name in enumerate(names)}


def unheard(narrowed: Narrowed, *, as_written: bool) -> list[Unheard]:
    """The agent, team and channel that nobody has heard of; `as_written` where capitals and accents matter. Nothing
    before the first answer of the workspace, with which every name is new.
    """
    asked = {name: value for name in ("agent", "team", "channel") if (value := getattr(narrowed, name))}
    heard = known_names(narrowed.workspace_id) if asked else {}
    found = []
    for facet, name in asked.items() if any(heard.values()) else ():
        alike = {folded(one).strip(): one for one in heard[facet]}
        known = name in heard[facet] if as_written else folded(name).strip() in alike
        if not known:
            near = get_close_matches(folded(name).strip(), alike, n=1)
            found.append(Unheard(facet, name, alike[near[0]] if near else None))
    return found


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
