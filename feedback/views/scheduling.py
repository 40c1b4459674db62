"""Exports by the clock: order one, see what was sent when, change, pause and remove it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.access import can, requires
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.errors import ConflictError
from base.jobs import enqueue
from feedback import exporter, shipper
from feedback.export import Export
from feedback.export_run import ExportRun
from feedback.export_schedule import ExportSchedule
from feedback.exporting import suffix
from feedback.forms.looking import FLAGGED, InboxForm
from feedback.forms.scheduling import ScheduleForm
from feedback.views import phrasing
from feedback.wording import VOICES
from surveys.survey import Survey

bp = Blueprint("scheduling", __name__)

PAGE = 30


@bp.get("/w/<workspace>/exports/scheduled/new")
@requires("responses.export")
def new(workspace: Workspace) -> ResponseReturnValue:
    locale = workspace.default_locale if workspace.default_locale in VOICES else "en"
    form = ScheduleForm.over(
        *_choices(workspace), survey=request.args.get("survey", ""), locale=locale, readers=[g.user.id]
    )
    return _form(workspace, form, _narrowing(workspace))


@bp.post("/w/<workspace>/exports/scheduled/new")
@requires("responses.export")
def order(workspace: Workspace) -> ResponseReturnValue:
    surveys, people = _choices(workspace)
    form, wanted = ScheduleForm.over(surveys, people), _narrowing(workspace)
    if not form.validate():
        return _form(workspace, form, wanted, status=422)
    standing = form.standing(workspace, surveys, wanted, may_name=can("contacts.view"))
    with transaction():
        made = ExportSchedule.make(workspace.id, standing, at=clock.now(), by=g.user.id)
    flash(gettext("The export is scheduled. The first file comes on %(when)s.", when=_next(made, workspace)), "success")
    return _shown(workspace, made.id)


@bp.get("/w/<workspace>/exports/scheduled/<uuid:schedule_id>")
@requires("responses.export")
def show(workspace: Workspace, schedule_id: uuid.UUID) -> ResponseReturnValue:
    schedule = ExportSchedule.of(workspace.id, schedule_id)
    runs = ExportRun.page(schedule.id, before=_day(request.args.get("before", "")), limit=PAGE + 1)
    wanted = [run.export_id for run in runs if run.export_id]
    exports = {one.id: one for one in db.session.scalars(db.select(Export).where(Export.id.in_(wanted)))}
    today = clock.local_date(clock.now(), workspace.zone)
    return render_template(
        "feedback/export_schedule.html",
        schedule=schedule,
        survey=db.session.get(Survey, schedule.survey_id) if schedule.survey_id else None,
        author=db.session.get(User, schedule.created_by) if schedule.created_by else None,
        runs=runs[:PAGE],
        older=runs[PAGE - 1].local_date if len(runs) > PAGE else None,
        todays=any(run.local_date == today for run in runs),
        exports=exports,
        folder=f"{workspace.slug}/{schedule.stem}/",
        narrowed=narrowed_words(schedule.wanted),
        suffix=suffix,
        now=clock.now(),
        phrasing=phrasing,
    )


@bp.get("/w/<workspace>/exports/scheduled/<uuid:schedule_id>/edit")
@requires("responses.export")
def edit(workspace: Workspace, schedule_id: uuid.UUID) -> ResponseReturnValue:
    schedule = ExportSchedule.living(workspace.id, schedule_id)
    return _form(workspace, ScheduleForm.over(*_choices(workspace), schedule), schedule.wanted, schedule)


@bp.post("/w/<workspace>/exports/scheduled/<uuid:schedule_id>/edit")
@requires("responses.export")
def change(workspace: Workspace, schedule_id: uuid.UUID) -> ResponseReturnValue:
    schedule = ExportSchedule.living(workspace.id, schedule_id)
    surveys, people = _choices(workspace)
    form = ScheduleForm.over(surveys, people)
    if not form.validate():
        return _form(workspace, form, schedule.wanted, schedule, status=422)
    with transaction():
        found = ExportSchedule.living(workspace.id, schedule_id)
        standing = form.standing(workspace, surveys, found.wanted, may_name=can("contacts.view"))
        found.change(standing, at=clock.now(), by=g.user.id)
    flash(gettext("The scheduled export is changed."), "success")
    return _shown(workspace, schedule_id)


@bp.post("/w/<workspace>/exports/scheduled/<uuid:schedule_id>/pause")
@requires("responses.export")
def pause(workspace: Workspace, schedule_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        ExportSchedule.living(workspace.id, schedule_id).pause(at=clock.now(), by=g.user.id)
    return _shown(workspace, schedule_id)


@bp.post("/w/<workspace>/exports/scheduled/<uuid:schedule_id>/resume")
@requires("responses.export")
def resume(workspace: Workspace, schedule_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        ExportSchedule.living(workspace.id, schedule_id).resume(workspace.zone, at=clock.now(), by=g.user.id)
    return _shown(workspace, schedule_id)


@bp.post("/w/<workspace>/exports/scheduled/<uuid:schedule_id>/remove")
@requires("responses.export")
def remove(workspace: Workspace, schedule_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        ExportSchedule.living(workspace.id, schedule_id).end(at=clock.now(), by=g.user.id)
    flash(gettext("No more files are made. Those in the folder stay for up to 90 days."), "success")
    return redirect(url_for("exports.index", workspace=workspace.slug), 303)


@bp.post("/w/<workspace>/exports/scheduled/<uuid:schedule_id>/run")
@requires("responses.export")
def run(workspace: Workspace, schedule_id: uuid.UUID) -> ResponseReturnValue:
    try:
        with transaction():
            ExportSchedule.living(workspace.id, schedule_id)
            schedule = ExportSchedule.locked(schedule_id)
            assert schedule is not None
            taken = ExportRun.claim_by_hand(schedule, workspace.zone, at=clock.now())
            enqueue(shipper.make_run, taken.id)
    except ConflictError:
        flash(gettext("Today's file of this export exists already."), "error")
    return _shown(workspace, schedule_id)


@bp.post("/w/<workspace>/exports/scheduled/<uuid:schedule_id>/runs/<uuid:run_id>/again")
@requires("responses.export")
def again(workspace: Workspace, schedule_id: uuid.UUID, run_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        schedule = ExportSchedule.living(workspace.id, schedule_id)
        ExportRun.of(schedule, run_id)
        found = ExportRun.locked(run_id)
        export = db.session.get(Export, found.export_id) if found is not None and found.export_id else None
        waits = export is not None and export.state == "done" and not export.over(clock.now())
        if found is not None and found.renewable and not waits:
            found.again(at=clock.now())
            enqueue(shipper.make_run, run_id)
    return _shown(workspace, schedule_id)


def _shown(workspace: Workspace, schedule_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", workspace=workspace.slug, schedule_id=schedule_id), 303)


def _form(
    workspace: Workspace,
    form: ScheduleForm,
    wanted: dict[str, Any],
    schedule: ExportSchedule | None = None,
    *,
    status: int = 200,
) -> ResponseReturnValue:
    broken = form.cadence.errors or form.weekday.errors or form.day.errors or form.time.errors
    page = render_template(
        "feedback/export_schedule_form.html",
        form=form,
        schedule=schedule,
        narrowed=narrowed_words(wanted),
        folder=f"{workspace.slug}/{schedule.stem if schedule else '…'}/",
        dates=phrasing.next_dates(None if broken else form.cadence_in(workspace.zone), clock.now()),
    )
    return page, status


def _choices(workspace: Workspace) -> tuple[list[Survey], list[tuple[User, str]]]:
    return Survey.all_of(workspace.id), User.of_workspace(workspace.id)


def _narrowing(workspace: Workspace) -> dict[str, Any]:
    """What the address narrows it by, as lists read it; the days are the schedule's own."""
    flagged = FLAGGED.get(request.args.get("flagged", ""), False)
    query = InboxForm.read(request.args).query(workspace, None, period=None, flagged=flagged)
    return exporter.wanted_of(query)


def narrowed_words(wanted: dict[str, Any]) -> list[str]:
    """What narrows it, for people to read."""
    found = [f"{name}: {value}" for name, value in wanted.get("filters", {}).items()]
    found += [_said(part) for part in wanted.get("wish") or ()]
    if either := wanted.get("either"):
        found.append(str(gettext("any of: %(words)s", words=", ".join(map(_said, either)))))
    found += _set_aside(wanted)
    found += [str(gettext("with a comment"))] if wanted.get("commented") else []
    return found + ([str(gettext("with a certain tag"))] if wanted.get("tags") else [])


def _said(part: Sequence[Any]) -> str:
    *words, prefix = part
    return " ".join(words) + ("*" if prefix else "")


def _set_aside(wanted: dict[str, Any]) -> list[str]:
    if wanted.get("flagged", False) is False:
        return []
    only = wanted["flagged"] is True
    return [str(gettext("set aside as suspicious") if only else gettext("those set aside as suspicious, too"))]


def _next(schedule: ExportSchedule, workspace: Workspace) -> str:
    return phrasing.when(schedule.next_due_at, workspace.zone) if schedule.next_due_at else "—"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
