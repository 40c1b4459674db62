from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from base.db import db
from feedback import tally
from feedback.response import Response
from feedback.tally import COUNTED, EVERYTHING, NAMELESS, Filters, conditions
from feedback.zoning import Interval
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.version import Version


@dataclass(frozen=True)
class Reach:
    """How far those came who were asked in a period, whenever their answer came.

    `clicked` are links that were opened, maybe by a mail scanner: an intent, never an answer. `answered` and
    `commented` are what numbers are made of, without what is set aside. Whoever answered an anonymous survey is known
    to have answered, not what, so no filter tells them apart. `beside` are the answers of the period that are to no
    mail that we could name: by open links, and anonymous ones.
    """

    asked: int
    sent: int
    clicked: int
    answered: int
    commented: int
    beside: int = 0

    @classmethod
    def of(
        cls, survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING, *, beside: int | None = None
    ) -> Reach:
        """The invitations of one survey. Few statements; those who did not answer have no language to filter by."""
        due = (
            Invitation.survey_id == survey_id,
            Invitation.created_at >= interval.start,
            Invitation.created_at < interval.end,
            or_(Invitation.status != "skipped", Invitation.answered_at.is_not(None)),
        )
        unsigned = case((and_(Invitation.status == "answered", Invitation.answered_at.is_(None)), 1))
        counts = (func.count(), func.count(Invitation.sent_at), func.count(Invitation.clicked_at))
        asked = select(*counts, func.count(unsigned)).where(*due)
        answered = select(func.count(), func.count(Response.comment)).join(
            Invitation, Invitation.id == Response.invitation_id
        )
        # Nobody answers before being asked: so old answers need not be looked at.
        since = (Response.survey_id == survey_id, Response.created_at >= interval.start)
        answered = answered.where(*since, *due, COUNTED, *conditions(filters))
        narrowed = list(_about(filters))
        if narrowed:
            asked = asked.join(Interaction, Interaction.id == Invitation.interaction_id).where(*narrowed)
        chosen, sent, clicked, used = db.session.execute(asked).one()
        known, commented = db.session.execute(answered).one()
        if beside is None:
            beside = tally.beside(survey_id, interval, filters)
        return cls(chosen, sent, clicked, known + used, commented, beside)


def _about(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """What an invitation and its interaction must satisfy to pass `filters`."""
    for name in ("agent", "team", "channel"):
        wanted = getattr(filters, name)
        if wanted is not None:
            column = getattr(Interaction, name)
            yield column.is_(None) if wanted == NAMELESS else column == wanted
    if filters.version is not None:
        yield Invitation.version_id.in_(select(Version.id).where(Version.number == filters.version))
