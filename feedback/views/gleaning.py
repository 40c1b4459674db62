"""What comments of a survey or a workspace speak of: phrases, own topics and tags, narrowed as results are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from feedback.forms.filtering import NARROWING, PERIOD, ResultsForm
from feedback.snapshot import snapshot
from feedback.tally import EVERYTHING
from feedback.topic_tally import MOST, Scope, TopicTally
from feedback.views.composing import period_of
from feedback.views.drawing import language_name
from feedback.weighing import FEWEST
from feedback.zoning import local_date
from surveys.survey import Survey

bp = Blueprint("gleaning", __name__)

KEPT = (*PERIOD[:3], *NARROWING, "phrases")


@bp.get("/w/<workspace>/surveys/<slug>/results/topics")
@requires("results.view")
def of_survey(workspace: Workspace, slug: str) -> ResponseReturnValue:
    return _page(workspace, Survey.of(workspace.id, slug))


@bp.get("/w/<workspace>/results/topics")
@requires("results.view")
def of_workspace(workspace: Workspace) -> ResponseReturnValue:
    return _page(workspace, None)


def _page(workspace: Workspace, survey: Survey | None) -> str:
    period, problem = period_of(workspace.zone)
    form = ResultsForm.read(request.args)
    facts = form.facts if survey else replace(form.facts, version=None)
    named: dict[str, Any] = {"slug": survey.slug} if survey else {}
    scope = Scope(workspace.id, survey.id if survey else None, facts)
    with snapshot():
        page = TopicTally.of(scope, period, language=request.args.get("phrases"))
    kept = {name: request.args[name] for name in KEPT if request.args.get(name)}
    narrowing = {name: value for name, value in kept.items() if name in NARROWING and (survey or name != "version")}
    first = local_date(page.since, period.zone) if page.since else period.first_day
    days = {"from": first.isoformat(), "to": period.last_day.isoformat()}

    def here(**changes: Any) -> str:
        values: dict[str, Any] = {name: value for name, value in (kept | changes).items() if value}
        return url_for(str(request.endpoint), workspace=workspace.slug, **named, **values)

    def behind(**what: str) -> str:
        """The comments that a line is made of."""
        where: dict[str, Any] = narrowing | {"survey": survey.slug if survey else None, "metric": None} | days | what
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
        language_name=language_name,
        fewest=FEWEST,
        most=MOST,
    )
