"""The results of one survey: its numbers in a period, and the answers behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.errors import InvalidError
from feedback import detail, feed, further, ranging
from feedback.case_tally import CaseTally
from feedback.dashboard import Dashboard
from feedback.feed import Place
from feedback.forms.filtering import ABOUT_ANSWERS, FACTS, PERIOD, SENTIMENTS, ResultsForm
from feedback.gap import Gaps
from feedback.plotting import Ruler
from feedback.ranging import BadRange, Range
from feedback.tally import Filters
from feedback.views.drawing import bands_of, distribution_of, language_name, marks_of, trend_of
from surveys.scale import SCALES
from surveys.survey import Survey
from surveys.version import Version
from surveys.versioning import Turn
from surveys.versioning import turns as turns_of

bp = Blueprint("results", __name__)

PAGE = 25
NOTHING: dict[str, Any] = dict.fromkeys(ABOUT_ANSWERS)
"""Narrows the list of answers by nothing."""


@bp.get("/w/<workspace>/surveys/<slug>/results")
@requires("results.view")
def show(workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    form = ResultsForm.read(request.args)
    period, problem = _period(workspace.zone)
    page = Dashboard.of(survey, period, form.columns(period), form.facts)
    query = _query(survey, period, form)
    window = feed.window(query, limit=PAGE, order=form.sequence, after=place_of("after"), before=place_of("before"))

    def here(**changes: Any) -> str:
        return _address(workspace, survey, changes)

    return render_template(
        "feedback/results.html",
        survey=survey,
        form=form,
        period=period,
        problem=problem,
        page=page,
        ever=page.score.n or sum(page.by_version.values()),
        matching=page.score.n if form.all == form.facts and not form.commented.data else feed.size(query),
        window=window,
        said=detail.of(window.entries, workspace.name) if form.about_answers else {},
        scale=SCALES[survey.metric],
        sentiments=SENTIMENTS,
        line=page.line,
        bands=bands_of(page),
        distribution=distribution_of(page),
        trend=trend_of(page, lambda column: _days(here, column.first_day, column.last_day)),
        cases=CaseTally.of(survey.id, period.interval, now=clock.now()),
        here=here,
        kept=_kept,
        language_name=language_name,
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
        filters=form.all,
    )


def _of_versions(
    survey: Survey, workspace: Workspace, page: Dashboard, period: Range, facts: Filters
) -> dict[str, Any]:
    """What depends on what was asked: further questions, gaps, and where versions make answers hard to compare."""
    versions = Version.all_of(survey.id)
    turns = _turns(versions, period) if not facts.version else []
    gaps = Gaps.of(survey, versions, period.interval, facts)
    return {
        **_segments(versions, page),
        "versions": versions,
        "by_version": page.by_version,
        "turns": turns,
        "marks": marks_of(page, turns),
        "further": further.of(survey, versions, workspace.name, period.interval, facts),
        "gaps": gaps,
        "ruler": Ruler(gaps.low, gaps.high) if gaps else None,
    }


def _links(here: Any) -> dict[str, Any]:
    """Where values of questions lead: to the responses behind them."""

    def behind(question: str) -> Any:
        return lambda value: here(**NOTHING | {"question": question, "value": value, "_anchor": "answers"})

    return {"behind": behind, "wishes": here(**NOTHING | {"wants_contact": 1, "_anchor": "answers"})}


def _turns(versions: Sequence[Version], period: Range) -> list[Turn]:
    """Versions of this period whose answers are hard to compare with those before."""
    if len(versions) < 2:
        return []
    # What was published before the period began is needed only as what the first of the period changed.
    within = [version for version in versions if version.published_at >= period.interval.start]
    oldest_first = [*versions[len(within) : len(within) + 1], *reversed(within)]
    found = turns_of([(version.number, version.published_at, version.document) for version in oldest_first])
    return [turn for turn in found if turn.at in period.interval]


def place_of(name: str) -> Place | None:
    """The place in a list that the address names; a damaged one is the beginning."""
    text = request.args.get(name)
    try:
        return Place.read(text) if text else None
    except InvalidError:
        return None


def _period(zone: str) -> tuple[Range, BadRange | None]:
    """The period asked for; one that makes no sense is told, and the usual one shown."""
    now = clock.now()
    try:
        return ranging.chosen(request.args, now, zone), None
    except BadRange as error:
        return ranging.chosen({}, now, zone), error


def _kept(*names: str) -> dict[str, str]:
    """What the address says now, without `names` and without the place in the list."""
    known = (*PERIOD, *FACTS, *ABOUT_ANSWERS)
    return {name: request.args[name] for name in known if name not in names and request.args.get(name)}


def _address(workspace: Workspace, survey: Survey, changes: dict[str, Any]) -> str:
    """The page with some of its address changed; None takes something away."""
    values = _kept() | changes
    kept = {name: value for name, value in values.items() if value not in (None, "")}
    return url_for("results.show", workspace=workspace.slug, slug=survey.slug, **kept)


def _days(here: Any, first: Any, last: Any) -> str:
    changes = {"period": None, "by": None, "from": first.isoformat(), "to": last.isoformat(), "_anchor": "answers"}
    return str(here(**changes))
