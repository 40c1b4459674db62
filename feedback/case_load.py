"""The cases that wait in the part of the answers that a digest looks at."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from accounts.user import User
from base.db import db
from feedback.case import Case
from feedback.case_tally import Recovery, Standing, recovery, standing
from feedback.digest import Digest
from feedback.feed import SEEN
from feedback.response import Response
from feedback.tally import conditions
from feedback.zoning import Interval

MOST = 5
"""Overdue ones told one by one."""


@dataclass(frozen=True)
class LateCase:
    """One that is overdue, as much of it as a reader without account may see."""

    id: uuid.UUID
    response_id: uuid.UUID
    due_at: datetime
    words: str | None
    language: str | None
    owner: str | None
    seen: tuple[object, ...]
    """Its answer as it was; see `feed.seen`."""


@dataclass(frozen=True)
class CaseLoad:
    """How many are open and overdue, those overdue the longest, and how many customers were won back meanwhile."""

    standing: Standing
    late: Sequence[LateCase]
    recovery: Recovery
    """Of those who answered the follow-up survey in the days of the issue, whenever their case was opened."""

    @classmethod
    def of(cls, digest: Digest, survey_ids: Sequence[uuid.UUID], days: Interval, *, now: datetime) -> CaseLoad:
        """As it stands at `now`, without what was opened since. One statement where nothing is open, else three."""
        its = list(_its(digest, survey_ids, now))
        counted = standing(*its, now=now) if survey_ids else Standing(0, 0)
        if not counted.open:
            return cls(counted, (), Recovery(0, 0))
        answered = (Response.created_at >= days.start, Response.created_at < days.end)
        won = recovery(*its, Case.follow_response_id.is_not(None), *answered)
        return cls(counted, _longest(its, now) if counted.overdue else (), won)


def _its(digest: Digest, survey_ids: Sequence[uuid.UUID], now: datetime) -> Iterator[ColumnElement[bool]]:
    """What rows of `Case` must satisfy to belong to the part that the digest looks at."""
    yield Case.workspace_id == digest.workspace_id
    yield Case.survey_id.in_(survey_ids)
    yield Case.opened_at <= now
    if narrower := list(conditions(digest.scope.filters)):
        # Of its own answer, also where a statement knows the one that was given afterwards.
        yield exists().where(Response.id == Case.response_id, *narrower).correlate(Case)


def _longest(its: Sequence[ColumnElement[bool]], now: datetime) -> list[LateCase]:
    columns: list[Any] = [Case.id, Case.response_id, Case.due_at, Response.comment, Response.language, User.name]
    found = (
        select(*columns, *SEEN)
        .join(Response, Response.id == Case.response_id)
        .outerjoin(User, User.id == Case.owner_id)
    )
    found = found.where(*its, Case.closed_at.is_(None), Case.due_at <= now).order_by(Case.due_at, Case.id)
    cut = len(columns)
    rows: list[tuple[Any, ...]] = [(*row[:cut], tuple(row[cut:])) for row in db.session.execute(found.limit(MOST))]
    return [LateCase(*row) for row in rows]
