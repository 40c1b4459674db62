"""What one issue says, in numbers and people: the same sources as the results pages, so that mail and screen agree."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from base.db import db
from feedback import digesting, feed, metric
from feedback.case_load import CaseLoad
from feedback.counting import Cut
from feedback.digest import Digest
from feedback.digesting import Period
from feedback.feed import Entry
from feedback.figure import Figures
from feedback.growing import NOTHING, Growth, Said, grown
from feedback.issue import Issue
from feedback.metric import Change, Score
from feedback.response import Response
from feedback.tally import COUNTED, FACETS, Filters
from feedback.themebook import WorkspaceTheme
from feedback.zoning import Interval
from surveys.scale import SCALES, Scale
from surveys.survey import Survey


@dataclass(frozen=True)
class Line:
    """One survey: its score in the issue's days and in the equal stretch before."""

    survey: Survey
    now: Score
    before: Score
    change: Change


@dataclass(frozen=True)
class Card:
    """One of those it tells of, and the survey that was answered."""

    entry: Entry
    survey: Survey
    scale: Scale


@dataclass(frozen=True)
class Report:
    """An issue as its reader sees it. `stale` are members that it is not about any more; they go untold."""

    digest: Digest
    issue: Issue
    period: Period
    lines: list[Line]
    """Surveys with answers in the days of the issue, most answers first."""
    quiet: list[Survey]
    """Followed surveys without any."""
    grown: list[Growth]
    """Topics that were clearly more spoken of than in the stretch before."""
    cards: list[Card]
    """The worst first, at most so many as were ordered."""
    whom: frozenset[uuid.UUID]
    """All that it tells of."""
    stale: list[uuid.UUID]
    cases: CaseLoad
    """Those that wait for somebody, as they stood when the issue was taken."""
    asked_for: bool = False
    """Somebody wants it now, whatever the order says."""

    @property
    def told(self) -> int:
        return len(self.whom)

    @property
    def rest(self) -> int:
        """How many have no card."""
        return self.told - len(self.cards)

    @property
    def nothing(self) -> bool:
        """Nothing to act on: nobody in this issue, and no case is overdue. There may be answers of others."""
        return self.told == 0 and not self.overdue

    @property
    def overdue(self) -> int:
        """How many cases are."""
        return self.cases.standing.overdue

    @property
    def farewell(self) -> bool:
        """It is the last one: nobody opened the digest, and there is still nothing to act on."""
        return self.issue.farewell and self.nothing

    @property
    def wanted(self) -> bool:
        """Whether it is to be sent. What nobody wants now waits for the next issue."""
        if self.issue.trigger != "schedule" or self.asked_for:
            return self.digest.ended_at is None
        if self.digest.ended_at is not None or self.digest.paused_at is not None:
            return False
        return not self.nothing or self.farewell or self.digest.when_empty != "skip"

    @property
    def catches_up_from(self) -> date | None:
        return self.issue.catches_up_from

    @classmethod
    def of(cls, digest: Digest, issue: Issue, members: Sequence[uuid.UUID], *, most: int | None = None) -> Report:
        """What an issue with these members says. Few statements a survey, and six; two more where cases wait."""
        period = digesting.period_of(issue.period_from, issue.period_to, digest.rhythm)
        surveys = digest.surveys
        read = [_read(survey, period, digest.scope.filters) for survey in surveys]
        lines = _judged([line for line, _, _ in read])
        looked = {theme: not entry.off for theme, entry in WorkspaceTheme.book(digest.workspace_id).items()}
        now = sum((found for _, found, _ in read), NOTHING)
        before = sum((found for _, _, found in read), NOTHING)
        # What was sent stays told, whatever the order says by now.
        ranked = _worst_first(members, [COUNTED] if issue.state == "posted" else digest.scope.told)
        return cls(
            digest=digest,
            issue=issue,
            period=period,
            lines=sorted((line for line in lines if line.now.n), key=lambda line: -line.now.n),
            quiet=[line.survey for line in lines if not line.now.n],
            grown=grown(now, before, looked),
            cards=_cards(ranked[: most or digest.most]),
            whom=frozenset(ranked),
            stale=sorted(set(members) - set(ranked)),
            cases=CaseLoad.of(digest, [one.id for one in surveys], period.current, now=issue.created_at),
        )


def told_in(issue: Issue, *, most: int) -> list[Card]:
    """At most so many of those told in an issue, as the archive lists them."""
    return _cards(_worst_first(issue.members, [COUNTED])[:most])


def _read(survey: Survey, period: Period, filters: Filters) -> tuple[Line, Said, Said]:
    """What one survey says: its scores, and its topics in the issue's days and in the stretch before."""
    edges: list[datetime] = [period.previous.start, period.current.start, period.current.end]
    cuts: list[Cut] = ["all", "theme"]
    cuts += [name for name in FACETS if getattr(filters, name) is not None]
    with Figures.of(survey.id, cuts=cuts) as figures:
        earlier, counts = figures.counts_over(edges, filters)
        said, said_before = (_said(figures, stretch, filters) for stretch in (period.current, period.previous))
    now, before = metric.score(survey.metric, counts), metric.score(survey.metric, earlier)
    return Line(survey, now, before, metric.change(now, before)), said, said_before


def _judged(lines: Sequence[Line]) -> list[Line]:
    """Which of them moved, as sure together as one alone."""
    moved = metric.changes([(line.now, line.before) for line in lines])
    return [replace(line, change=change) for line, change in zip(lines, moved, strict=True)]


def _said(figures: Figures, stretch: Interval, filters: Filters) -> Said:
    kinds = figures.sentiments(stretch, filters)
    spoken = {theme: (n, bad) for theme, (n, bad, _) in figures.themes(stretch, filters).items()}
    return Said(sum(n for kind, n in kinds.items() if kind != "unread"), spoken)


def _worst_first(members: Sequence[uuid.UUID], told: Sequence[ColumnElement[bool]]) -> list[uuid.UUID]:
    """Those that it tells of: lowest on their scale, then most negative in words, then newest."""
    columns = (Response.metric, Response.score, Response.polarity, Response.created_at, Response.id)
    found: list[Any] = []
    for start in range(0, len(members), 500):
        wanted = Response.id.in_(members[start : start + 500])
        found += db.session.execute(select(*columns).where(wanted, *told)).all()
    found.sort(key=lambda row: (row.created_at, row.id), reverse=True)
    found.sort(key=lambda row: (_height(row.metric, row.score), row.polarity or 0.0))
    return [row.id for row in found]


def _height(of: str, score: int) -> float:
    """Where a score stands on its scale, from 0 (lowest) to 1."""
    scale = SCALES[of]
    return (score - scale.low) / (scale.high - scale.low)


def _cards(idents: Sequence[uuid.UUID]) -> list[Card]:
    entries = feed.entries_of(idents)
    wanted = {entry.response.survey_id for entry in entries}
    surveys = {survey.id: survey for survey in db.session.scalars(select(Survey).where(Survey.id.in_(wanted)))}
    return [Card(entry, surveys[entry.response.survey_id], SCALES[entry.response.metric]) for entry in entries]
