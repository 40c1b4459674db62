"""A CSV of interactions on its way in: choose the file, look at its columns, see what became of it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.datastructures import FileStorage

from accounts import access
from accounts.access import requires
from accounts.forms import offered
from accounts.workspace import Workspace
from base import clock
from base.db import new_id, transaction
from base.errors import NotFoundError
from base.jobs import enqueue
from base.mail import one_line
from base.web import body_up_to
from surveys import forecaster, importer, mapping
from surveys.decoding import Candidate
from surveys.delimiting import Dialect
from surveys.forms.ends import differences, ends_of
from surveys.forms.uploading import FIELD_NAMES, PROBLEMS, EncodingForm, UploadForm, column_choices
from surveys.importing import Row, RowError, preview, read_rows
from surveys.mapping import FIELDS, IGNORE, PROPERTY, Mapping
from surveys.survey import Survey
from surveys.upload import Upload

bp = Blueprint("uploading", __name__)

LARGEST = 200 * 1024 * 1024
"""Bytes of a file: about a million rows."""

TABLE_PROBLEMS = {
    "empty": lazy_gettext("This file has no rows. Export it again and choose the new file."),
    "no_header": lazy_gettext("The first row holds a customer instead of column names. Add a row of names above it."),
    "wide": lazy_gettext("This file has more than 500 columns. Export only those that matter and choose it again."),
    "undecodable": lazy_gettext("This file is not text that we can read. Save it as CSV (UTF-8) and choose it again."),
    "only_header": lazy_gettext("This file has column names and no rows below them. Export it again with its rows."),
    "workbook": lazy_gettext(
        "This is a workbook of a spreadsheet program, whatever its name says. "
        "Open it there, choose Save as → CSV (UTF-8), and choose that file here."
    ),
    "other": lazy_gettext("This is no table but another kind of file. Choose a CSV file."),
}
FATAL = ("empty", "undecodable", "wide", "only_header")
"""Problems of a table with which nothing can be done but to choose another."""


@bp.get("/w/<workspace>/import")
@requires("contacts.import")
def start(workspace: Workspace) -> ResponseReturnValue:
    form = UploadForm()
    wanted = request.args.get("survey", "")
    offered = Survey.open_of(workspace.id)
    form.offer(offered)
    form.survey.data = next((str(s.id) for s in offered if wanted in (s.slug, str(s.id))), form.first_choice)
    return render_template("surveys/import.html", form=form, uploads=Upload.recent(workspace.id))


@bp.post("/w/<workspace>/import")
@requires("contacts.import")
@body_up_to(LARGEST)
def upload(workspace: Workspace) -> ResponseReturnValue:
    form = UploadForm()
    form.offer(Survey.open_of(workspace.id))
    if not form.validate():
        return render_template("surveys/import.html", form=form, uploads=Upload.recent(workspace.id)), 422
    ident = new_id()
    path = _keep_file(form.file.data, ident)
    decoding = importer.recognised(path)
    problem = decoding.problem or importer.problem_of(path, decoding.encoding)
    if problem in TABLE_PROBLEMS and problem != "no_header":
        path.unlink()
        form.file.errors = [str(TABLE_PROBLEMS[problem])]
        return render_template("surveys/import.html", form=form, uploads=Upload.recent(workspace.id)), 422
    with transaction() as session:
        user = access.current_user()
        session.add(
            Upload(
                id=ident,
                workspace_id=workspace.id,
                survey_id=uuid.UUID(form.survey.data) if form.survey.data else None,
                filename=one_line(form.file.data.filename or "interactions.csv", 200),
                size=path.stat().st_size,
                encoding=decoding.encoding,
                created_at=clock.now(),
                created_by=user.id if user else None,
            )
        )
    return redirect(url_for(".show", workspace=workspace.slug, ident=ident), 303)


def _keep_file(storage: FileStorage, ident: uuid.UUID) -> Path:
    path = importer.file_of(ident)
    path.parent.mkdir(parents=True, exist_ok=True)
    storage.save(path)
    return path


@bp.get("/w/<workspace>/import/<uuid:ident>")
@requires("contacts.import")
def show(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    found = Upload.of(workspace.id, ident)
    if found.state in ("uploaded", "mapped"):
        chosen = found.mapping.get("choices")
        return _columns(workspace, found, choices=chosen) if found.encoding else _ask_encoding(found)
    survey = Survey.of(workspace.id, found.survey_id) if found.survey_id else None
    foreseen, become = found.foreseen, found.become()
    waits = sum(number for cause, number in become.of("wait").items() if cause != "quarantine")
    return render_template(
        "surveys/import_done.html",
        upload=found,
        survey=survey,
        problems=PROBLEMS,
        tally=become,
        ends=ends_of(become, foreseen or become),
        waits=waits,
        told=foreseen is not None,
        differences=differences(foreseen, become) if foreseen and found.state == "done" and not waits else [],
    )


@bp.post("/w/<workspace>/import/<uuid:ident>/encoding")
@requires("contacts.import")
def choose_encoding(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    found = Upload.of(workspace.id, ident)
    form = EncodingForm()
    form.encoding.choices = offered((c.encoding, c.sample) for c in _candidates(ident))
    if not form.validate():
        return _ask_encoding(found, form), 422
    with transaction():
        Upload.of(workspace.id, ident).encoding = form.encoding.data
    return redirect(url_for(".show", workspace=workspace.slug, ident=ident), 303)


def _candidates(ident: uuid.UUID) -> tuple[Candidate, ...]:
    path = importer.file_of(ident)
    if not path.exists():
        raise NotFoundError("file", ident)
    return importer.recognised(path).candidates


def _ask_encoding(found: Upload, form: EncodingForm | None = None) -> str:
    if form is None:
        form = EncodingForm()
        form.encoding.choices = offered((c.encoding, c.sample) for c in _candidates(found.id))
    return render_template("surveys/import_encoding.html", upload=found, form=form)


@bp.post("/w/<workspace>/import/<uuid:ident>")
@requires("contacts.import")
def map_columns(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    found = Upload.of(workspace.id, ident)
    choices = request.form.getlist("column")
    if found.state not in ("uploaded", "mapped") or found.encoding is None:
        return redirect(url_for(".show", workspace=workspace.slug, ident=ident), 303)
    with importer.opened(found) as (_stream, layout):
        if layout.problem in FATAL or len(choices) != len(layout.headers):
            return _columns(workspace, found)
    problem = _mapping_problem(choices)
    if problem or request.form.get("then") != "forecast":
        return _columns(workspace, found, choices=choices, problem=problem)
    with transaction():
        upload = Upload.of(workspace.id, ident)
        upload.plan(choices, upload.survey_id, at=clock.now())
        enqueue(forecaster.foresee_upload, upload.id)
    return redirect(url_for("forecasting.show", workspace=workspace.slug, ident=ident), 303)


def _mapping_problem(choices: list[str]) -> str | None:
    if not set(choices) <= {*FIELDS, PROPERTY, IGNORE}:
        return str(_("Choose from the list for each column."))
    for field in FIELDS:
        if choices.count(field) > 1:
            return str(_("%(field)s is chosen for two columns; choose one.", field=FIELD_NAMES[field]))
    missing = [str(FIELD_NAMES[field]) for field in ("email", "external_id") if field not in choices]
    return str(_("Say which column is: %(fields)s.", fields=", ".join(missing))) if missing else None


def _columns(
    workspace: Workspace, found: Upload, *, choices: list[str] | None = None, problem: str | None = None
) -> tuple[str, int]:
    with importer.opened(found) as (stream, layout):
        if layout.problem in FATAL:
            return render_template(
                "surveys/import_broken.html", upload=found, problem=TABLE_PROBLEMS[layout.problem]
            ), 422
        width = len(layout.headers)
        if choices is None or len(choices) != width or not set(choices) <= {*FIELDS, PROPERTY, IGNORE}:
            choices = list(mapping.guess(layout.headers, layout.sample).choices(width))
        items = (
            _previewed(stream, layout.dialect, Mapping.chosen(layout.headers, choices), workspace)
            if not problem
            else []
        )
    page = render_template(
        "surveys/import_columns.html",
        upload=found,
        layout=layout,
        warning=TABLE_PROBLEMS.get(layout.problem or ""),
        choices=choices,
        options=column_choices(),
        items=items,
        problem=problem,
        problems=PROBLEMS,
        ignore=IGNORE,
    )
    return page, 422 if problem else 200


def _previewed(stream: TextIO, dialect: Dialect, chosen: Mapping, workspace: Workspace) -> list[Row | RowError]:
    if chosen.missing:
        return []
    rows = read_rows(stream, dialect, mapping=chosen, zone=ZoneInfo(workspace.zone), now=clock.now())
    return preview(rows, 8)
