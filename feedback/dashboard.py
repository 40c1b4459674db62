"""Everything the results page of a survey says in numbers, from few grouped statements."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from feedback import metric, tally, total
from feedback.averaging import Mean, mean_answer
from feedback.figure import Figures
from feedback.metric import Change, Score
from feedback.ranging import Bucket, By, Range, automatic, buckets
from feedback.ranking import Line, Ranked, leading, merged, ranked
from feedback.reach import Reach
from feedback.several import Several
from feedback.tally import EVERYTHING, Counts, Filters, Segment
from feedback.zoning import ONE_DAY, Interval, day_start
from surveys.summary import Summary
from surveys.survey import Survey

READABLE = 30
"""Answers a column of the trend should have on average; with fewer, intervals are so wide that days are noise."""

MOST_ROWS = 20_000
"""Answers whose rows a page looks at for what roll-ups do not know; of more, the newest days."""

MOST_DAYS = 366
"""The days that these lie in at most."""

MOST_RANKED = 100
"""Agents (teams, …) that a page ranks: those with the most answers."""

SEGMENTS: tuple[Segment, ...] = ("agent", "team", "channel", "language")


@dataclass(frozen=True)
class Dashboard:
    """One survey in one period. `counts` and `score` are of the period, `before` of the equally long one before it.

    `segments` compare all agents (teams, …) even when one of them is chosen. `set_aside` are the flagged answers, of
    any time, that no number here counts.
    """

    score: Score
    before: Score
    change: Change
    counts: Counts
    by: By
    trend: list[tuple[Bucket, Score]]
    segments: Mapping[Segment, list[Ranked]]
    left_out: Mapping[Segment, int]
    """How many more there are of each, with fewer answers than those that are ranked."""
    sentiments: Mapping[str, int]
    themes: Mapping[str, tuple[int, int, int]]
    theme_counts: Mapping[str, Counts]
    """How often each score was given with a comment that speaks of each theme."""
    reach: Reach
    set_aside: int
    by_version: Mapping[int, int]
    """How many counted answers each version ever got."""
    recent: Interval
    """The newest days of the period with at most `MOST_ROWS` answers, as a rule all of them."""

    @property
    def commented(self) -> int:
        """How many of the counted answers have a comment."""
        return sum(self.sentiments.values())

    @property
    def mean(self) -> Mean | None:
        """The mean answer, on the scale."""
        return mean_answer(self.score.metric, self.counts)

    @property
    def line(self) -> Line:
        """The part of the scale on which all segments are drawn."""
        return Line.around(self.score.metric, [row.score for rows in self.segments.values() for row in rows])

    @classmethod
    def of(cls, survey: Survey, period: Range, by: By | None = None, filters: Filters = EVERYTHING) -> Dashboard:
        """The numbers of a survey, of one moment. Ten statements, however many answers and columns there are.

        `by` None chooses the columns of the trend: days, or weeks where days would have too few answers to say much.
        """
        with Figures.of(survey.id) as figures:
            aside = tally.set_aside(survey.workspace_id, survey.id)
            return cls.read(figures, survey.metric, period, by, filters, set_aside=aside)

    @classmethod
    def read(
        cls,
        figures: Figures | Several,
        metric_key: str,
        period: Range,
        by: By | None,
        filters: Filters,
        *,
        set_aside: int,
    ) -> Self:
        """The same, of figures that are open; all of one metric."""
        finest = by or automatic(period.interval, period.zone)
        columns = buckets(period.interval, finest, period.zone)
        edges = [period.previous.start, period.interval.start, *(column.interval.end for column in columns)]
        earlier, *parts = figures.counts_over(edges, filters)
        counts = _sum(parts)
        if by is None and finest == "day" and period.days > 7 and sum(counts.values()) < READABLE * len(columns):
            finest, weeks = "week", buckets(period.interval, "week", period.zone)
            days = list(zip(columns, parts, strict=True))
            parts = [_sum(part for day, part in days if day.interval.start in week.interval) for week in weeks]
            columns = weeks
        compared = {segment: _compared(segment, figures, metric_key, period, filters) for segment in SEGMENTS}
        now, before = metric.score(metric_key, counts), metric.score(metric_key, earlier)
        return cls(
            score=now,
            before=before,
            change=metric.change(now, before),
            counts=counts,
            by=finest,
            trend=[(column, metric.score(metric_key, part)) for column, part in zip(columns, parts, strict=True)],
            segments={segment: rows for segment, (rows, _) in compared.items()},
            left_out={segment: more for segment, (_, more) in compared.items() if more},
            sentiments=figures.sentiments(period.interval, filters),
            themes=figures.themes(period.interval, filters),
            theme_counts=figures.theme_counts(period.interval, filters),
            reach=figures.reach(period.interval, filters),
            by_version={number: sum(of.values()) for number, of in figures.counts_by_version().items()},
            set_aside=set_aside,
            recent=_recent(figures, period, filters, now.n),
        )


def summaries(workspace_id: uuid.UUID) -> dict[uuid.UUID, Summary]:
    """The score of every survey of a workspace that has answers, over all of them that count."""
    counts, aside, found = total.counts_of_all(workspace_id), total.aside_of_all(workspace_id), {}
    for survey in Survey.all_of(workspace_id):
        if survey.id in counts or survey.id in aside:
            of = metric.score(survey.metric, counts.get(survey.id, {}))
            found[survey.id] = Summary(
                n=of.n,
                score=of.value,
                margin=of.margin,
                low=of.low,
                high=of.high,
                unit="nps" if of.metric == "nps" else "percent",
                aside=aside.get(survey.id, 0),
            )
    return found


def _sum(parts: Iterable[Counts]) -> Counts:
    whole: Counts = {}
    for part in parts:
        for score, n in part.items():
            whole[score] = whole.get(score, 0) + n
    return whole


def _recent(figures: Figures | Several, period: Range, filters: Filters, n: int) -> Interval:
    """Days are looked at from the newest on, about as many as are needed, and twice as many until it is enough."""
    if n <= MOST_ROWS:
        return period.interval
    most = min(period.days, MOST_DAYS)
    looked = MOST_ROWS * period.days // n + 2
    while True:
        looked = min(looked, most)
        since = day_start(period.last_day - (looked - 1) * ONE_DAY, period.zone)
        days = buckets(Interval(since, period.interval.end), "day", period.zone)
        counts = figures.counts_over([since, *(day.interval.end for day in days)], filters)
        start, room = days[-1].interval.start, MOST_ROWS
        for day, of in zip(reversed(days), reversed(counts), strict=True):
            room -= sum(of.values())
            if room < 0:
                return Interval(start, period.interval.end)
            start = day.interval.start
        if looked == most:
            return Interval(start, period.interval.end)
        looked *= 2


def _compared(
    segment: Segment, figures: Figures | Several, metric_key: str, period: Range, filters: Filters
) -> tuple[list[Ranked], int]:
    """Those with the most answers, ranked, and how many more there are."""
    others = replace(filters, **{segment: None})
    counts = figures.counts_by(segment, period.interval, others)
    if segment == "language":
        counts = merged(counts, {name: _language(name) for name in counts})
    shown = leading(counts, most=MOST_RANKED, keep=getattr(filters, segment))
    return ranked(metric_key, shown), len(counts) - len(shown)


def _language(spoken: str | None) -> str | None:
    """sl-SI is Slovenian; a language that is unknown or not read yet is none."""
    return None if spoken in (None, "und") else str(spoken).split("-")[0].lower()
