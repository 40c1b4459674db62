"""What one issue says, in numbers and people: the same sources as the results pages, so that mail and screen agree."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from base.db import db
from feedback import digesting, feed, metric
from feedback.digest import Digest
from feedback.digesting import Period
from feedback.feed import Entry
from feedback.figure import Figures
from feedback.issue import Issue
from feedback.metric import Change, Score
from feedback.response import Response
from feedback.tally import COUNTED
from surveys.scale import SCALES, Scale
from surveys.survey import Survey

MOST_CARDS = 25
"""Detractors told one by one; the rest is counted and linked."""


@dataclass(frozen=True)
class Line:
    """One survey: its score in the issue's days and in the equal stretch before."""

    survey: Survey
    now: Score
    before: Score
    change: Change


@dataclass(frozen=True)
class Card:
    """One detractor, and the survey that was answered."""

    entry: Entry
    survey: Survey
    scale: Scale


@dataclass(frozen=True)
class Report:
    """An issue as its reader sees it. `stale` are members that are no detractors any more and go untold."""

    digest: Digest
    issue: Issue
    period: Period
    lines: list[Line]
    """Surveys with answers in the days of the issue, most answers first."""
    quiet: list[Survey]
    """Followed surveys without any."""
    cards: list[Card]
    """The worst first, at most MOST_CARDS."""
    told: int
    stale: list[uuid.UUID]

    @property
    def rest(self) -> int:
        """How many detractors have no card."""
        return self.told - len(self.cards)

    @property
    def nothing(self) -> bool:
        """Nothing to report: no detractor in this issue. There may be answers of others."""
        return self.told == 0

    @property
    def catches_up_from(self) -> date | None:
        return self.issue.catches_up_from

    @classmethod
    def of(cls, digest: Digest, issue: Issue, members: Sequence[uuid.UUID], *, most: int = MOST_CARDS) -> Report:
        """What an issue with these members says. Few statements a survey, and four."""
        period = digesting.period_of(issue.period_from, issue.period_to, digest.rhythm)
        lines = [_line(survey, period) for survey in digest.surveys]
        ranked = _worst_first(members)
        return cls(
            digest=digest,
            issue=issue,
            period=period,
            lines=sorted((line for line in lines if line.now.n), key=lambda line: -line.now.n),
            quiet=[line.survey for line in lines if not line.now.n],
            cards=_cards(ranked[:most]),
            told=len(ranked),
            stale=sorted(set(members) - set(ranked)),
        )


def told_in(issue: Issue, *, most: int) -> list[Card]:
    """At most so many of those told in an issue, as the archive lists them."""
    return _cards(_worst_first(issue.members)[:most])


def _line(survey: Survey, period: Period) -> Line:
    edges: list[datetime] = [period.previous.start, period.current.start, period.current.end]
    with Figures.of(survey.id) as figures:
        earlier, counts = figures.counts_over(edges)
    now, before = metric.score(survey.metric, counts), metric.score(survey.metric, earlier)
    return Line(survey, now, before, metric.change(now, before))


def _worst_first(members: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those that are counted detractors now: lowest on their scale, then most negative in words, then newest."""
    columns = (Response.metric, Response.score, Response.polarity, Response.created_at, Response.id)
    found: list[Any] = []
    for start in range(0, len(members), 500):
        wanted = Response.id.in_(members[start : start + 500])
        found += db.session.execute(select(*columns).where(wanted, COUNTED)).all()
    detractors = [row for row in found if SCALES[row.metric].band(row.score) == "detractor"]
    detractors.sort(key=lambda row: (row.created_at, row.id), reverse=True)
    detractors.sort(key=lambda row: (_height(row.metric, row.score), row.polarity or 0.0))
    return [row.id for row in detractors]


def _height(of: str, score: int) -> float:
    """Where a score stands on its scale, from 0 (lowest) to 1."""
    scale = SCALES[of]
    return (score - scale.low) / (scale.high - scale.low)


def _cards(idents: Sequence[uuid.UUID]) -> list[Card]:
    entries = feed.entries_of(idents)
    wanted = {entry.response.survey_id for entry in entries}
    surveys = {survey.id: survey for survey in db.session.scalars(select(Survey).where(Survey.id.in_(wanted)))}
    return [Card(entry, surveys[entry.response.survey_id], SCALES[entry.response.metric]) for entry in entries]
