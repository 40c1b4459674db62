"""What one message of an alert says: answers as the feed shows them, and drops as the results pages count them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from accounts.workspace import Workspace
from base.db import db
from feedback import alerting, feed, metric
from feedback.alert import Alert
from feedback.alerting import Conditions, Facts, Fall
from feedback.digest import Digest
from feedback.figure import Figures
from feedback.notice import Notice
from feedback.recipient import Recipient
from feedback.report import Card
from feedback.response import Response
from feedback.tally import EVERYTHING, Counts, Filters
from feedback.zoning import ONE_DAY, Interval, days_between
from surveys.scale import SCALES
from surveys.survey import Survey

MOST_CARDS = 10
"""Answers told one by one; the rest is counted and linked."""
ALIKE = 1000
"""Answers of one message at most that are looked at again when it is written; the rest is told as it was claimed."""


@dataclass(frozen=True)
class Slump:
    """A drop of a survey's score: two periods of local days, each by its first and last day."""

    survey: Survey
    fall: Fall
    now: tuple[date, date]
    before: tuple[date, date]


@dataclass(frozen=True)
class Bulletin:
    """A message as its reader sees it. `stale` are members that go untold: set aside, erased, or no match."""

    alert: Alert
    workspace: Workspace
    recipient: Recipient
    notice: Notice
    cards: list[Card]
    answers: int
    slumps: list[Slump]
    stale: list[uuid.UUID]
    locale: str
    seen: feed.Seen
    """The answers that it shows, as they were."""

    @property
    def told(self) -> int:
        return self.answers + len(self.slumps)

    @property
    def rest(self) -> int:
        """How many answers have no card."""
        return self.answers - len(self.cards)

    @property
    def unwanted(self) -> bool:
        """Nothing to tell, or nobody who wants to hear it."""
        if self.notice.trigger == "test":
            return False
        return not self.told or self.alert.off_at is not None or not self.recipient.listens

    @property
    def stands(self) -> bool:
        """Whether the answers that it shows still are what it was written of."""
        return feed.seen_now(self.seen) == self.seen

    @classmethod
    def of(cls, notice: Notice) -> Bulletin:
        alert = db.session.get_one(Alert, notice.alert_id)
        recipient = db.session.get_one(Recipient, notice.recipient_id)
        workspace = db.session.get_one(Workspace, alert.workspace_id)
        members = notice.members
        good = [entry for entry in feed.entries_of(members[:ALIKE]) if _tellable(entry.response, alert.conditions)]
        known = {entry.response.id for entry in good} | set(members[ALIKE:])
        good.sort(key=lambda entry: (entry.response.updated_at, entry.response.id), reverse=True)
        surveys = _surveys(alert)
        cards = [
            Card(entry, surveys[entry.response.survey_id], SCALES[entry.response.metric]) for entry in good[:MOST_CARDS]
        ]
        slumps = [
            slump_of(alert, surveys[drop.survey_id], drop.day, drop.before, drop.days)
            for drop in notice.drops
            if drop.survey_id in surveys
        ]
        stale = [ident for ident in members if ident not in known]
        locale, seen = locale_of(alert, recipient), feed.seen(card.entry for card in cards)
        return cls(alert, workspace, recipient, notice, cards, len(known), slumps, stale, locale, seen)


def facts_of(response: Response) -> Facts:
    """What conditions are held against."""
    unread = response.comment is None or response.read_at is None
    spoken = response.locale if unread else response.language
    return Facts(
        metric=response.metric,
        score=response.score,
        comment=response.comment,
        polarity=response.polarity,
        language=None if spoken == "und" else spoken,
        agent=response.agent,
        team=response.team,
        channel=response.channel,
        properties=response.properties or {},
    )


def counts_of(alert: Alert, figures: Figures, end: date, days: int) -> Counts:
    """How often each score was given to a survey in so many local days before `end`, in all segments of the alert."""
    interval = days_between(end - days * ONE_DAY, end, alert.zone)
    return _counts_in(figures, interval, tuple(alert.conditions.segments.items()))


def _counts_in(
    figures: Figures, interval: Interval, segments: Sequence[tuple[str, str]], filters: Filters = EVERYTHING
) -> Counts:
    if not segments:
        return figures.counts(interval, filters)
    (name, wanted), *others = segments
    whole: Counts = {}
    for value, counts in figures.counts_by(name, interval, filters).items():  # type: ignore[arg-type] # one of the four
        if alerting.in_segment(name, value, wanted):
            narrower: dict[str, Any] = {name: value}
            inside = _counts_in(figures, interval, others, replace(filters, **narrower)) if others else counts
            for score, n in inside.items():
                whole[score] = whole.get(score, 0) + n
    return whole


def slump_of(alert: Alert, survey: Survey, end: date, before: date, days: int) -> Slump:
    """The comparison of the periods that end before these days, as the numbers are at this moment."""
    with Figures.of(survey.id) as figures:
        now, then = (metric.score(survey.metric, counts_of(alert, figures, day, days)) for day in (end, before))
    return Slump(survey, Fall(now, then), _days(end, days), _days(before, days))


def _tellable(response: Response, wanted: Conditions) -> bool:
    return not response.waits and not response.erased and alerting.matches(wanted, facts_of(response))


def _days(end: date, days: int) -> tuple[date, date]:
    return end - days * ONE_DAY, end - ONE_DAY


def _surveys(alert: Alert) -> dict[uuid.UUID, Survey]:
    found = select(Survey).where(Survey.workspace_id == alert.workspace_id)
    return {survey.id: survey for survey in db.session.scalars(found)}


def locale_of(alert: Alert, recipient: Recipient) -> str:
    """The reader's language, known from their newest digest; else the alert's."""
    if recipient.kind != "mail":
        return alert.locale
    theirs = (Digest.workspace_id == alert.workspace_id, Digest.recipient_email == recipient.address)
    newest = select(Digest.locale).where(*theirs, Digest.ended_at.is_(None)).order_by(Digest.created_at.desc())
    return db.session.scalar(newest.limit(1)) or alert.locale
