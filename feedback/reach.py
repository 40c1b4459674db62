from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from base.db import db
from feedback import attribute, tally
from feedback.response import Response
from feedback.tally import COUNTED, EVERYTHING, NAMELESS, Filters, conditions
from feedback.zoning import Interval
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.version import Version

Wider = Literal["said", "many"]

ASKED_ABOUT = ("agent", "team", "channel", "version", "trait", "equals", "least", "most")
"""The filters that those pass or do not pass who did not answer: what they were asked about is known."""

MOST_ASKED = 100_000
"""Invitations whose interactions are looked at one by one for a property."""


@dataclass(frozen=True)
class Reach:
    """How far those came who were asked in a period, whenever their answer came.

    `clicked` are links that were opened, maybe by a mail scanner: an intent, never an answer. `answered` and
    `commented` are what numbers are made of, without what is set aside. Whoever answered an anonymous survey is known
    to have answered, not what, so no filter tells them apart. `beside` are the answers of the period that are to no
    mail that we could name: by open links, and anonymous ones.

    `wider`: why those asked, sent and clicked are not narrowed as those who answered are, who are no share of them
    then. "said": only answers have what is asked for, such as a language; "many": too many to look for a property.
    """

    asked: int
    sent: int
    clicked: int
    answered: int
    commented: int
    beside: int = 0
    wider: Wider | None = None

    @classmethod
    def of(
        cls, survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING, *, beside: int | None = None
    ) -> Reach:
        """The invitations of one survey. Few statements."""
        due = (
            Invitation.survey_id == survey_id,
            Invitation.created_at >= interval.start,
            Invitation.created_at < interval.end,
            or_(Invitation.status != "skipped", Invitation.answered_at.is_not(None)),
        )
        answered = select(func.count(), func.count(Response.comment)).join(
            Invitation, Invitation.id == Response.invitation_id
        )
        # Nobody answers before being asked: so old answers need not be looked at.
        since = (Response.survey_id == survey_id, Response.created_at >= interval.start)
        answered = answered.where(*since, *due, COUNTED, *conditions(filters))
        (chosen, sent, clicked, used), wider = _asked(due, filters)
        known, commented = db.session.execute(answered).one()
        if beside is None:
            beside = tally.beside(survey_id, interval, filters)
        return cls(chosen, sent, clicked, known + used, commented, beside, wider)


def only_said(filters: Filters) -> Wider | None:
    """Whether they ask for something that only answers have."""
    return None if replace(filters, **dict.fromkeys(ASKED_ABOUT)) == EVERYTHING else "said"


def _asked(due: Sequence[ColumnElement[bool]], filters: Filters) -> tuple[Sequence[int], Wider | None]:
    """How many were asked, sent a mail, clicked, and answered without a name; and why they are not narrowed, if so."""
    unsigned = case((and_(Invitation.status == "answered", Invitation.answered_at.is_(None)), 1))
    counts = (func.count(), func.count(Invitation.sent_at), func.count(Invitation.clicked_at))
    query = select(*counts, func.count(unsigned)).where(*due)
    narrowed = list(_about(filters))
    joined = query.join(Interaction, Interaction.id == Invitation.interaction_id).where(*narrowed)
    found, wider = db.session.execute(joined if narrowed else query).one(), only_said(filters)
    if filters.trait is None:
        return found, wider
    if found[0] > MOST_ASKED:
        return found, wider or "many"
    fits = attribute.passes(filters.trait, filters.equals, filters.least, filters.most, of=Interaction.properties)
    return db.session.execute(joined.where(fits)).one(), wider


def _about(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """What an invitation and its interaction must satisfy to pass `filters`."""
    for name in ("agent", "team", "channel"):
        wanted = getattr(filters, name)
        if wanted is not None:
            column = getattr(Interaction, name)
            yield column.is_(None) if wanted == NAMELESS else column == wanted
    if filters.version is not None:
        yield Invitation.version_id.in_(select(Version.id).where(Version.number == filters.version))
