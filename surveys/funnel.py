from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from base.db import db
from surveys.invitation import Invitation


@dataclass(frozen=True)
class Wait:
    """Mails that are not written yet, and what for. `cause`: due, hours, quarantine or paused."""

    cause: str
    count: int
    first: datetime
    last: datetime


@dataclass
class Funnel:
    """How far the invitations of one survey came. Each number contains the next. Skipped ones were never asked, unless
    they were answered; so says the page of results.
    """

    asked: int = 0
    """Invitations whose mail went out or waits to go out."""
    sent: int = 0
    clicked: int = 0
    answered: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason → how many were not asked because of it."""
    last_sent_at: datetime | None = None
    waits: list[Wait] = field(default_factory=list)
    """What the mails wait for that are not written yet; told for one survey only."""

    @property
    def waiting(self) -> int:
        """Mails that are still to go."""
        return self.asked - self.sent

    def without(self, aside: int) -> Funnel:
        """The same without answers that no number counts."""
        return replace(self, answered=self.answered - aside)

    @classmethod
    def of(cls, survey_id: uuid.UUID) -> Funnel:
        """The funnel of one survey, empty when nobody was invited."""
        funnel = cls._read(Invitation.survey_id == survey_id).get(survey_id, cls())
        columns = (func.coalesce(Invitation.reason, "due"), func.count())
        ends = (func.min(Invitation.send_at), func.max(Invitation.send_at))
        those = (Invitation.survey_id == survey_id, Invitation.status == "scheduled", Invitation.asked_at.is_(None))
        rows = db.session.execute(select(*columns, *ends).where(*those).group_by(columns[0]).order_by(ends[0]))
        funnel.waits = [Wait(cause, number, first, last) for cause, number, first, last in rows if first and last]
        return funnel

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> dict[uuid.UUID, Funnel]:
        """Funnels of all surveys of a workspace that invited anybody."""
        return cls._read(Invitation.workspace_id == workspace_id)

    @classmethod
    def _read(cls, those: Any) -> dict[uuid.UUID, Funnel]:
        alike = (Invitation.survey_id, Invitation.status, Invitation.reason, Invitation.answered_at.is_not(None))
        counts = (func.count(), func.count(Invitation.sent_at), func.count(Invitation.clicked_at))
        rows = db.session.execute(select(*alike, *counts, func.max(Invitation.sent_at)).where(those).group_by(*alike))
        funnels: dict[uuid.UUID, Funnel] = {}
        for survey_id, status, reason, named, total, sent, clicked, last in rows:
            funnel = funnels.setdefault(survey_id, cls())
            if status == "skipped" and not named:
                funnel.skipped[reason or "other"] += total
                continue
            used = total if named or status == "answered" else 0  # an anonymous answer leaves no moment
            funnel.asked += total
            funnel.sent += sent
            funnel.clicked += max(clicked, used)
            funnel.answered += used
            if last and (funnel.last_sent_at is None or last > funnel.last_sent_at):
                funnel.last_sent_at = last
        return funnels
