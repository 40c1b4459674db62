"""The list of surveys, and the page of one."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.language import LANGUAGE_NAMES
from accounts.workspace import Workspace
from base import clock, tokens
from surveys import wording
from surveys.funnel import Funnel
from surveys.open_link import OpenLink
from surveys.recurrence import Recurrence
from surveys.reminder import Reminder, Reminders
from surveys.rule import SendingRule
from surveys.scale import SCALES
from surveys.summary import SUMMARIES, Summaries, Summary
from surveys.survey import Survey
from surveys.turn import Turn
from surveys.version import Version

bp = Blueprint("surveys", __name__)


@bp.get("/w/<workspace>/surveys")
@requires("surveys.view")
def index(*, workspace: Workspace) -> ResponseReturnValue:
    summaries = _summaries()(workspace.id)
    return render_template(
        "surveys/index.html",
        surveys=Survey.all_of(workspace.id),
        funnels={ident: _counted(of, summaries.get(ident)) for ident, of in Funnel.all_of(workspace.id).items()},
        summaries=summaries,
        nobody=Funnel(),
    )


@bp.get("/w/<workspace>/surveys/<slug>")
@requires("surveys.view")
def overview(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    version = Version.newest(survey.id)
    document = version.document if version else survey.draft
    locale, recurrence = document["default_locale"], Recurrence.of(survey.id)
    summary = _summaries()(workspace.id).get(survey.id)
    return render_template(
        "surveys/overview.html",
        survey=survey,
        funnel=_counted(Funnel.of(survey.id), summary),
        reminders=Reminders.of(survey.id),
        reminders_planned=Reminder.any_planned(survey.id),
        summary=summary,
        document=document,
        scale=SCALES[document["metric"]],
        direction=wording.direction,
        words=wording.named(wording.effective(document, locale), workspace.name),
        languages=LANGUAGE_NAMES,
        api_url=tokens.link("/api/v1/invitations"),
        chosen=request.args.get("locale", locale),
        links=OpenLink.all_of(survey.id),
        terms=SendingRule.of(survey.id),
        recurrence=recurrence,
        turns=Turn.ahead(recurrence) if recurrence else (0, None),
        today=clock.local_date(clock.now(), workspace.zone),
    )


def _counted(funnel: Funnel, summary: Summary | None) -> Funnel:
    """What the page of results counts, too."""
    return funnel.without(summary.aside) if summary else funnel


def _summaries() -> Summaries:
    def nothing(_workspace_id: object) -> dict[object, object]:
        return {}

    return current_app.extensions.get(SUMMARIES, nothing)  # type: ignore[no-any-return]
