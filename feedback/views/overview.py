"""The results of a whole workspace: each survey's score, and those of one metric together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from feedback import feed, metric, tally, total
from feedback.dashboard import Dashboard
from feedback.forms.filtering import ABOUT_ANSWERS, ResultsForm
from feedback.metric import Change, Score
from feedback.ranging import Range
from feedback.several import Several
from feedback.views.composing import Here, Scene, period_of
from surveys.scale import SCALES
from surveys.survey import Survey

bp = Blueprint("overview", __name__)


@dataclass(frozen=True)
class Row:
    """One survey in the period, and whether it moved against the one before."""

    survey: Survey
    score: Score
    change: Change


@bp.get("/w/<workspace>/results")
@requires("results.view")
def show(workspace: Workspace) -> ResponseReturnValue:
    form = ResultsForm.read(request.args)
    period, problem = period_of(workspace.zone)
    ever = total.counts_of_all(workspace.id)
    surveys = Survey.all_of(workspace.id)
    answered = [survey for survey in surveys if survey.id in ever]
    with Several.of([survey.id for survey in answered]) as figures:
        rows = _rows(answered, figures, period)
        chosen = _metric(rows)
        group = [survey for survey in answered if survey.metric == chosen]
        if not chosen or not group:
            return render_template("feedback/overview.html", rows=[], surveys=surveys)
        ids, facts = [survey.id for survey in group], replace(form.facts, version=None)
        columns, aside = form.columns(period), tally.set_aside(workspace.id)
        page = Dashboard.read(figures.only(ids), chosen, period, columns, facts, set_aside=aside)

        here = Here("overview.show", workspace=workspace.slug)

        query = _query(workspace, ids, period, form)
        return render_template(
            "feedback/overview.html",
            survey=None,
            problem=problem,
            rows=rows,
            metrics=list(dict.fromkeys(row.survey.metric for row in rows)),
            names={survey.id: survey.name for survey in group},
            segments=page.segments,
            anonymous=False,
            further=[],
            marks=[],
            versions=[],
            nothing=dict.fromkeys(ABOUT_ANSWERS),
            **Scene(workspace, page, period, form, facts, ids).context(query, here),
        )


def _query(workspace: Workspace, ids: Sequence[uuid.UUID], period: Range, form: ResultsForm) -> feed.Query:
    """The answers that the page lists."""
    return feed.Query(
        workspace_id=workspace.id,
        survey_ids=ids,
        since=period.interval.start,
        until=period.interval.end,
        flagged=False,
        commented=form.commented.data,
        filters=replace(form.wanted(period), version=None),
    )


def _rows(surveys: Sequence[Survey], figures: Several, period: Range) -> list[Row]:
    """Those that were answered in the period first, of each metric the surest best first."""
    edges, pairs = [period.previous.start, period.interval.start, period.interval.end], []
    for survey, member in zip(surveys, figures.members, strict=True):
        before, now = (metric.score(survey.metric, counts) for counts in member.counts_over(edges))
        pairs.append((now, before))
    moved = metric.changes(pairs)
    found = [Row(survey, now, change) for survey, (now, _), change in zip(surveys, pairs, moved, strict=True)]
    order = list(SCALES)
    return sorted(
        found, key=lambda row: (order.index(row.survey.metric), [-part for part in metric.ranking_key(row.score)])
    )


def _metric(rows: Sequence[Row]) -> str | None:
    """The metric that the address names, or that with the most answers in the period."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.survey.metric] = counts.get(row.survey.metric, 0) + row.score.n
    wished = request.args.get("metric")
    return wished if wished in counts else max(counts, key=lambda key: counts[key], default=None)
