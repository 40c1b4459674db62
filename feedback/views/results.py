"""The results of one survey: its numbers in a period, and the answers behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from feedback import feed, further
from feedback.case_tally import CaseTally
from feedback.dashboard import Dashboard
from feedback.forms.filtering import ABOUT_ANSWERS, ResultsForm
from feedback.gap import Gaps
from feedback.milestone import within as milestones
from feedback.plotting import Ruler
from feedback.ranging import Range
from feedback.snapshot import snapshot
from feedback.tally import Filters
from feedback.views.composing import Here, Scene, period_of
from feedback.views.drawing import marks_of
from surveys.survey import Survey
from surveys.version import Version

bp = Blueprint("results", __name__)

NOTHING: dict[str, Any] = dict.fromkeys(ABOUT_ANSWERS)
"""Narrows the list of answers by nothing."""


@bp.get("/w/<workspace>/surveys/<slug>/results")
@requires("results.view")
def show(workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    form = ResultsForm.read(request.args)
    period, problem = period_of(workspace.zone)
    with snapshot():  # the numbers, further answers and the list below are of one moment
        page = Dashboard.of(survey, period, form.columns(period), form.facts)

        here = Here("results.show", workspace=workspace.slug, slug=survey.slug)

        scene = Scene(workspace, page, period, form, form.facts, [survey.id], survey.id)
        return render_template(
            "feedback/results.html",
            survey=survey,
            problem=problem,
            cases=CaseTally.of(survey.id, period.interval, now=clock.now()),
            ever=page.score.n or sum(page.by_version.values()),
            **scene.context(_query(survey, period, form), here),
            **_of_versions(survey, workspace, page, period, form.facts),
            **_links(here),
        )


def _segments(versions: Sequence[Version], page: Dashboard) -> dict[str, Any]:
    """What answers are compared by. An anonymous survey keeps no names, unless it was not anonymous once."""
    anonymous = bool(versions and versions[0].document.get("anonymous"))
    kept = {
        segment: rows
        for segment, rows in page.segments.items()
        if not anonymous or segment == "language" or any(row.name is not None for row in rows)
    }
    return {"anonymous": anonymous and len(kept) < len(page.segments), "segments": kept}


def _query(survey: Survey, period: Range, form: ResultsForm) -> feed.Query:
    """The answers that the page lists."""
    return feed.Query(
        workspace_id=survey.workspace_id,
        survey_id=survey.id,
        since=period.interval.start,
        until=period.interval.end,
        flagged=False,
        commented=form.commented.data,
        filters=form.wanted(period),
    )


def _of_versions(
    survey: Survey, workspace: Workspace, page: Dashboard, period: Range, facts: Filters
) -> dict[str, Any]:
    """What depends on what was asked: further questions, gaps, and where versions make answers hard to compare."""
    versions = Version.all_of(survey.id)
    stones = milestones(survey.id, versions, period.interval)
    if facts.version:  # of one version alone there is nothing to compare with
        stones = [one for one in stones if one.kind != "version"]
    turns = [one for one in stones if one.shifts]
    gaps = Gaps.of(survey, versions, period.interval, facts)
    return {
        **_segments(versions, page),
        "versions": versions,
        "by_version": page.by_version,
        "turns": turns,
        "marks": marks_of(page, stones),
        "further": further.of(survey, versions, workspace.name, period.interval, facts),
        "gaps": gaps,
        "ruler": Ruler(gaps.low, gaps.high) if gaps else None,
    }


def _links(here: Any) -> dict[str, Any]:
    """Where values of questions lead: to the responses behind them."""

    def behind(question: str) -> Any:
        return lambda value: here(**NOTHING | {"question": question, "value": value, "_anchor": "answers"})

    return {"behind": behind, "wishes": here(**NOTHING | {"wants_contact": 1, "_anchor": "answers"})}
