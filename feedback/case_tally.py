"""How many cases there are, how they ended, and the recovery rate."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, exists, func, select

from base.db import db
from feedback.case import Case
from feedback.case_entry import CaseEntry
from feedback.case_reason import CaseReason
from feedback.metric import ENOUGH, wilson_interval
from feedback.response import Response
from feedback.tally import COUNTED
from feedback.zoning import Interval
from surveys.scale import SCALES


@dataclass(frozen=True)
class Recovery:
    """Of the customers who answered again after their case was resolved, those who are no longer detractors."""

    recovered: int
    n: int

    @property
    def share(self) -> float | None:
        """In percent."""
        return 100 * self.recovered / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval in percent (Wilson)."""
        return wilson_interval(hits=self.recovered, n=self.n) if self.n else None

    @property
    def too_few(self) -> bool:
        return self.n < ENOUGH


@dataclass(frozen=True)
class Standing:
    """Cases that wait for somebody now."""

    open: int
    overdue: int
    mine: int = 0


@dataclass(frozen=True)
class CaseTally:
    """The cases of one survey that were opened in an interval."""

    opened: int
    standing: Standing
    reasons: Sequence[tuple[str, int]]
    """Why they were closed, the most frequent first."""
    recovery: Recovery

    @property
    def closed(self) -> int:
        return self.opened - self.standing.open

    @classmethod
    def of(cls, survey_id: uuid.UUID, interval: Interval, *, now: datetime) -> CaseTally:
        """Count them; nothing is kept."""
        of = (Case.survey_id == survey_id, Case.opened_at >= interval.start, Case.opened_at < interval.end)
        opened = db.session.scalar(select(func.count()).select_from(Case).where(*of)) or 0
        if not opened:
            return cls(0, Standing(0, 0), (), Recovery(0, 0))
        number = func.count()
        reasons = select(CaseReason.name, number).join(Case, Case.reason_id == CaseReason.id)
        reasons = reasons.where(*of, Case.closed_at.is_not(None)).group_by(CaseReason.name)
        found = db.session.execute(reasons.order_by(number.desc(), CaseReason.name)).all()
        return cls(opened, standing(*of, now=now), [(row[0], row[1]) for row in found], recovery(*of))


def standing(*of: ColumnElement[bool], now: datetime, user_id: uuid.UUID | None = None) -> Standing:
    """The open ones among the cases `of` which it holds, and those that are overdue or somebody's."""
    late = func.count(case((Case.due_at <= now, 1)))
    mine = func.count(case((Case.owner_id == user_id, 1)))
    row = db.session.execute(select(func.count(), late, mine).where(*of, Case.closed_at.is_(None))).one()
    return Standing(row[0], row[1], row[2] if user_id else 0)


def recovery(*of: ColumnElement[bool]) -> Recovery:
    """Over the answers to the follow-up survey that count, of those who were detractors when their case was opened."""
    content = CaseEntry.data["unhappy"].as_boolean().is_(False)
    never_lost = exists().where(CaseEntry.case_id == Case.id, CaseEntry.kind == "opened", content)
    answers = select(Response.metric, Response.score, func.count()).join(Case, Case.follow_response_id == Response.id)
    rows = db.session.execute(answers.where(*of, COUNTED, ~never_lost).group_by(Response.metric, Response.score)).all()
    won = sum(count for metric, score, count in rows if SCALES[metric].band(score) != "detractor")
    return Recovery(won, sum(row[2] for row in rows))
