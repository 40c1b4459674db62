"""Files of responses: ask for one, watch it grow, fetch it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import can, requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import ConflictError, NotFoundError
from base.jobs import enqueue
from feedback import exporter, feed, inbox
from feedback.export import Export, Wish
from feedback.export_run import ExportRun
from feedback.export_schedule import ExportSchedule
from feedback.exporting import FORMATS, columns_of, suffix
from feedback.forms.looking import FLAGGED, KEPT, InboxForm, period_of
from feedback.harvest import documents_of
from feedback.tally import EVERYTHING
from feedback.views import phrasing
from surveys.survey import Survey

bp = Blueprint("exports", __name__)

MOST_COUNTED = 100_000


@bp.get("/w/<workspace>/exports")
@requires("responses.export")
def index(workspace: Workspace) -> ResponseReturnValue:
    exports = Export.recent(workspace.id)
    names = {one.id: one.name for one in Survey.all_of(workspace.id)}
    making = any(export.open for export in exports)
    schedules = ExportSchedule.all_of(workspace.id)
    return render_template(
        "feedback/exports.html",
        exports=exports,
        names=names,
        making=making,
        suffix=suffix,
        schedules=schedules,
        newest=ExportRun.newest_of([one.id for one in schedules]),
        phrasing=phrasing,
    )


@bp.get("/w/<workspace>/exports/new")
@requires("responses.export")
def new(workspace: Workspace) -> ResponseReturnValue:
    survey, query = _asked(workspace)
    documents = documents_of(workspace.id, survey.id) if survey else []
    return render_template(
        "feedback/export_form.html",
        survey=survey,
        surveys=Survey.all_of(workspace.id),
        matching=_size(query),
        query=query,
        formats=FORMATS,
        columns=columns_of(documents, people=can("contacts.view")),
        asked=_named(),
        kept={name: value for name, value in _named().items() if name != "survey"},
    )


@bp.post("/w/<workspace>/exports")
@requires("responses.export")
def ask(workspace: Workspace) -> ResponseReturnValue:
    survey, query = _asked(workspace)
    kind = request.form.get("kind", "csv")
    if kind not in FORMATS:
        flash(_("Choose one of the formats."), "error")
        return redirect(_back(workspace), 303)
    people = bool(request.form.get("people")) and can("contacts.view")
    wish = Wish(
        kind=kind,
        survey_id=survey.id if survey else None,
        wanted=exporter.wanted_of(query),
        people=people,
        total=_size(query).n,
    )
    try:
        with transaction():
            export = Export.ask(workspace.id, wish, at=clock.now(), by=g.user.id)
            enqueue(exporter.write_export, export.id)
    except ConflictError as error:
        flash(error.detail, "error")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


@bp.get("/w/<workspace>/exports/<uuid:ident>/file")
@requires("responses.export")
def fetch(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    export = Export.of(workspace.id, ident)
    path = exporter.file_of(export)
    over = export.over(clock.now())  # as after an erasure, before the next tick takes the file away
    if over or export.state != "done" or not path.exists() or (export.people and not can("contacts.view")):
        raise NotFoundError("file", ident)
    slug = next((one.slug for one in Survey.all_of(workspace.id) if one.id == export.survey_id), workspace.slug)
    name = f"{slug}-{clock.local_date(export.created_at, workspace.zone)}.{suffix(export.kind)}"
    answer = send_file(path, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/w/<workspace>/exports/<uuid:ident>/stop")
@requires("responses.export")
def stop(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Export.of(workspace.id, ident).stop(at=clock.now())
    return redirect(url_for(".index", workspace=workspace.slug), 303)


def _back(workspace: Workspace) -> str:
    kept: dict[str, Any] = _named()
    return url_for(".new", workspace=workspace.slug, **kept)


def _named() -> dict[str, str]:
    """What the address narrows answers by, and nothing else that it says: other names mean something to `url_for`."""
    return {name: request.args[name] for name in KEPT if name in request.args}


def _size(query: feed.Query) -> inbox.Size:
    """How many responses there are; of narrowed ones only up to where counting ends."""
    narrowed = query.filters != EVERYTHING or query.tags or inbox.searched(query)
    return inbox.size(query, most=MOST_COUNTED) if narrowed else inbox.Size(feed.size(query))


def _asked(workspace: Workspace) -> tuple[Survey | None, feed.Query]:
    """The survey and the responses that the address names, as lists read it; without a survey all of the workspace."""
    slug = request.args.get("survey")
    survey = Survey.of(workspace.id, slug) if slug else None
    flagged = FLAGGED.get(request.args.get("flagged", ""), False)
    period = period_of(request.args, workspace.zone)
    return survey, InboxForm.read(request.args).query(workspace, survey, period=period, flagged=flagged)
