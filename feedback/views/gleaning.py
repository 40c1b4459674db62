"""What comments of a survey or a workspace speak of: phrases, own topics and tags, narrowed as results are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from feedback import inbox
from feedback.forms.filtering import NARROWING, PERIOD, ResultsForm
from feedback.forms.naming import language_name
from feedback.snapshot import snapshot
from feedback.tally import EVERYTHING
from feedback.topic_tally import MOST, Scope, TopicTally
from feedback.tracked import TrackedProperty, seen
from feedback.views.composing import period_of
from feedback.weighing import FEWEST
from feedback.zoning import local_date
from surveys.scale import SCALES
from surveys.survey import Survey
from surveys.version import Version

bp = Blueprint("gleaning", __name__)

MOST_PROPERTIES = 20
"""Properties that the menu offers beside those that results are compared by: the most frequent ones."""
KEPT = (*PERIOD[:3], *NARROWING, "phrases")


@bp.get("/w/<workspace>/surveys/<slug>/results/topics")
@requires("results.view")
def of_survey(workspace: Workspace, slug: str) -> ResponseReturnValue:
    return _page(workspace, Survey.of(workspace.id, slug))


@bp.get("/w/<workspace>/results/topics")
@requires("results.view")
def of_workspace(workspace: Workspace) -> ResponseReturnValue:
    return _page(workspace, None)


def kept(*names: str) -> dict[str, str]:
    """What the address says now, without `names`."""
    return {name: request.args[name] for name in KEPT if name not in names and request.args.get(name)}


def _offered(workspace: Workspace, survey: Survey | None) -> dict[str, Any]:
    """What the filter menu offers: names of the newest answers, versions, and properties with some of their values."""
    known = inbox.known(workspace.id, survey.id if survey else None)
    segments = {
        name: [{"name": one} for one in (*names, None) if one != "und"] for name, names in known.items() if names
    }
    properties: dict[str, tuple[str, ...]] = dict.fromkeys(TrackedProperty.of(workspace.id), ())
    properties |= {one.name: one.examples for one in seen(workspace.id)[:MOST_PROPERTIES]}
    versions = Version.all_of(survey.id) if survey else []
    return {"segments": segments, "versions": versions, "properties": properties}


def _metric(survey: Survey | None) -> str | None:
    """Whose metric the address asks for; a survey has one alone."""
    wished = request.args.get("metric")
    return wished if wished in SCALES and survey is None else None


def _page(workspace: Workspace, survey: Survey | None) -> str:
    period, problem = period_of(workspace.zone)
    form = ResultsForm.read(request.args)
    facts = replace(form.facts, metric=_metric(survey))
    named: dict[str, Any] = {"slug": survey.slug} if survey else {}
    scope = Scope(workspace.id, survey.id if survey else None, facts)
    with snapshot():
        page = TopicTally.of(scope, period, language=request.args.get("phrases"))
    narrowing = {name: value for name, value in kept().items() if name in NARROWING}
    first = local_date(page.since, period.zone) if page.since else period.first_day
    days = {"from": first.isoformat(), "to": period.last_day.isoformat()}

    def here(**changes: Any) -> str:
        values = named | {name: value for name, value in (kept() | changes).items() if value}
        return url_for(str(request.endpoint), workspace=workspace.slug, **values)

    def behind(**what: str) -> str:
        """The comments that a line is made of."""
        where: dict[str, Any] = narrowing | {"survey": survey and survey.slug, "metric": facts.metric} | days | what
        return url_for("responses.index", workspace=workspace.slug, commented=1, **where)

    return render_template(
        "feedback/gleaned.html",
        survey=survey,
        form=form,
        narrowed=facts != EVERYTHING,
        period=period,
        problem=problem,
        page=page,
        here=here,
        behind=behind,
        kept=kept,
        narrowing=narrowing,
        metric=facts.metric,
        of_all_versions=True,
        **_offered(workspace, survey),
        language_name=language_name,
        fewest=FEWEST,
        most=MOST,
    )
