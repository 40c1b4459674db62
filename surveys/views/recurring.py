"""Asking regularly: whom and how often, started and stopped, and what the next 30 days bring."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import ConflictError, NotFoundError
from surveys.forms.recurring import RhythmForm
from surveys.outlook import foresee
from surveys.question import show_of
from surveys.recurrence import Recurrence, Rhythm
from surveys.rule import SendingRule
from surveys.segment import Segment
from surveys.selection import Asker
from surveys.spreading import pace
from surveys.survey import Survey
from surveys.turn import Turn
from surveys.version import Version

bp = Blueprint("recurring", __name__)


@bp.get("/w/<workspace>/surveys/<survey>/regularly")
@requires("surveys.view")
def show(*, workspace: Workspace, survey: str) -> ResponseReturnValue:
    found, now = Survey.of(workspace.id, survey), clock.now()
    one, version = Recurrence.of(found.id), Version.newest(found.id)
    if one is None:
        return render_template("surveys/recurring.html", survey=found, one=None)
    working = one.running and found.closed_at is None and found.paused_at is None
    outlook = foresee(one, Asker.of(found, version), at=now) if working and version else None
    people, suppressed = (0, 0) if one.running else Segment(workspace.id, one.show).size(found.id)
    return render_template(
        "surveys/recurring.html",
        survey=found,
        one=one,
        blocked=_blocked(workspace, one),
        outlook=outlook,
        turns=Turn.ahead(one),
        people=people,
        suppressed=suppressed,
        pace=pace(people, clock.local_date(now, workspace.zone), one.months, one.most),
    )


def _blocked(workspace: Workspace, one: Recurrence) -> int:
    """Days of a quarantine that lets the turns of this rhythm go; 0 if there is none."""
    terms = SendingRule.of(one.survey_id)
    days = max(terms.quarantine_days, workspace.quarantine_days)
    return days if terms.when_quarantined == "drop" and one.swallowed_by(days) else 0


@bp.route("/w/<workspace>/surveys/<survey>/regularly/edit", methods=["GET", "POST"])
@requires("surveys.edit")
def edit(*, workspace: Workspace, survey: str) -> ResponseReturnValue:
    found = Survey.of(workspace.id, survey)
    one = Recurrence.of(found.id)
    form = RhythmForm() if request.method == "POST" else RhythmForm.of(one.rhythm if one else Rhythm())
    if not form.validate_on_submit():
        refused = request.method == "POST"
        return render_template("surveys/recurring_form.html", survey=found, form=form), 422 if refused else 200
    rhythm = form.rhythm()
    segment = Segment(workspace.id, show_of(rhythm.conditions))
    people, _suppressed = segment.size(found.id) if one and one.running else (0, 0)
    with transaction():
        one = Recurrence.decide(found, rhythm, people=people, at=clock.now(), by=g.user.id)
    flash(_("Saved.") if one.running else _("Saved. Nobody is asked before you start it."), "success")
    return _back(workspace, survey)


@bp.post("/w/<workspace>/surveys/<survey>/regularly/start")
@requires("surveys.publish")
def start(*, workspace: Workspace, survey: str) -> ResponseReturnValue:
    found, now = Survey.of(workspace.id, survey), clock.now()
    if found.published_number is None or found.closed_at is not None:
        raise ConflictError(_("Publish the survey first, and open it if it is closed."))
    known = _known(found)
    people, _suppressed = Segment(workspace.id, known.show).size(found.id)
    with transaction():
        one = Recurrence.locked(found.id)
        if one is not None:
            one.start(people=people, today=clock.local_date(now, workspace.zone), at=now, by=g.user.id)
    flash(_("Started. The plan below says on which workdays people are asked."), "success")
    return _back(workspace, survey)


@bp.post("/w/<workspace>/surveys/<survey>/regularly/stop")
@requires("surveys.publish")
def stop(*, workspace: Workspace, survey: str) -> ResponseReturnValue:
    found = Survey.of(workspace.id, survey)
    _known(found)
    with transaction():
        one = Recurrence.locked(found.id)
        if one is not None:
            one.stop(at=clock.now(), by=g.user.id)
    flash(_("Stopped. Nobody else is asked regularly."), "success")
    return _back(workspace, survey)


def _known(survey: Survey) -> Recurrence:
    one = Recurrence.of(survey.id)
    if one is None:
        raise NotFoundError("recurrence", survey.slug)
    return one


def _back(workspace: Workspace, survey: str) -> ResponseReturnValue:
    return redirect(url_for(".show", workspace=workspace.slug, survey=survey), 303)
