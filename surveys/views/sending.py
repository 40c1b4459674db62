"""The sending of a survey: how far it is; held back, let go, stopped."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys import jobs
from surveys.funnel import Funnel
from surveys.reminder import Reminder
from surveys.survey import Survey

bp = Blueprint("sending", __name__)


@bp.get("/w/<workspace>/surveys/<slug>/progress")
@requires("surveys.view")
def progress(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    funnel, planned = Funnel.of(survey.id), Reminder.any_planned(survey.id)
    return render_template("surveys/_progress.html", survey=survey, funnel=funnel, reminders_planned=planned)


@bp.post("/w/<workspace>/surveys/<slug>/pause")
@requires("surveys.pause")
def pause(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    with transaction():
        Survey.of(workspace.id, slug).pause(at=clock.now(), by=g.user.id)
    flash(_("Sending is paused. Who has the mail can still answer."), "success")
    return _back(workspace, slug)


@bp.post("/w/<workspace>/surveys/<slug>/resume")
@requires("surveys.pause")
def resume(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    with transaction():
        Survey.of(workspace.id, slug).resume(at=clock.now(), by=g.user.id)
    flash(_("Sending goes on."), "success")
    return _back(workspace, slug)


@bp.post("/w/<workspace>/surveys/<slug>/stop")
@requires("surveys.pause")
def stop(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    with transaction():
        jobs.stop(Survey.of(workspace.id, slug), at=clock.now(), by=g.user.id)
    flash(_("Who was waiting is not asked."), "success")
    return _back(workspace, slug)


def _back(workspace: Workspace, slug: str) -> Response:
    return redirect(url_for("surveys.overview", workspace=workspace.slug, slug=slug), 303)
