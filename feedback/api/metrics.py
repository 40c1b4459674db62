"""Scores for other systems: the same counts and the same formulas as the results pages."""

from __future__ import annotations

from flask import Blueprint

from accounts.access import requires_key
from accounts.workspace import Workspace
from base import clock
from base.openapi import operation
from feedback import metric
from feedback.averaging import mean_answer
from feedback.figure import Figures
from feedback.filter_schemas import MetricsIn
from feedback.schemas import ChangeOut, MetricsOut, ScoreOut
from surveys.scale import SCALES
from surveys.survey import Survey

bp = Blueprint("api_metrics", __name__)


@bp.get("/api/v1/surveys/<survey>/metrics")
@requires_key
@operation("The score of a survey, by id or slug, and how it changed", query=MetricsIn, answers={200: MetricsOut})
def show(*, workspace: Workspace, survey: str, query: MetricsIn) -> MetricsOut:
    found = Survey.of(workspace.id, survey)
    interval, previous = query.intervals(clock.now(), workspace.zone)
    with Figures.of(found.id) as figures:
        counts, earlier = (figures.counts(one, query.filters) for one in (interval, previous))
    score, before = metric.score(found.metric, counts), metric.score(found.metric, earlier)
    return MetricsOut(
        survey_id=found.id,
        metric=found.metric,
        distribution={str(value): counts.get(value, 0) for value in SCALES[found.metric].values},
        previous=ScoreOut(**ScoreOut.figures(before, mean_answer(found.metric, earlier), previous)),
        change=ChangeOut.of(metric.change(score, before)),
        **ScoreOut.figures(score, mean_answer(found.metric, counts), interval),
    )
