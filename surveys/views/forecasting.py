"""What becomes of a table before anybody is asked: who will be, who will not and why; then Send."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts import access
from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.jobs import enqueue
from surveys import forecaster, importer
from surveys.forms.ends import ends_of
from surveys.forms.uploading import AskForm
from surveys.rule import SendingRule
from surveys.survey import Survey
from surveys.upload import Upload

bp = Blueprint("forecasting", __name__)


@bp.get("/w/<workspace>/import/<uuid:ident>/forecast")
@requires("contacts.import")
def show(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    upload = Upload.of(workspace.id, ident)
    if upload.state != "mapped":
        return _to("uploading.show", workspace, ident)
    return _page(workspace, upload, AskForm.of(upload, Survey.all_of(workspace.id)))


@bp.post("/w/<workspace>/import/<uuid:ident>/forecast")
@requires("contacts.import")
def again(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    """Count anew, for the chosen survey."""
    upload = Upload.of(workspace.id, ident)
    if upload.state != "mapped":
        return _to("uploading.show", workspace, ident)
    form = AskForm.of(upload, Survey.all_of(workspace.id))
    if not form.validate():
        return _page(workspace, upload, form), 422
    with transaction():
        _count_anew(Upload.of(workspace.id, ident), form.survey_id)
    return _to(".show", workspace, ident)


@bp.post("/w/<workspace>/import/<uuid:ident>/send")
@requires("contacts.import")
def send(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    """Do what was foreseen, if that can still be believed."""
    now = clock.now()
    with transaction():
        upload = Upload.of(workspace.id, ident)
        if upload.state != "mapped":
            return _to("uploading.show", workspace, ident)
        believed = _believed(upload)
        if not believed or request.form.get("key") != upload.forecast["key"]:
            if not believed and upload.forecast.get("state") != "counting":
                _count_anew(upload, upload.survey_id)
            flash(_("Nothing was sent yet: things may have changed since these numbers. Look at the new ones."), "warn")
            return _to(".show", workspace, ident)
        upload.start(at=now, by=access.actor())
        enqueue(importer.import_upload, upload.id)
    flash(_("The file is being taken in. You may leave this page."))
    return _to("uploading.show", workspace, ident)


def _believed(upload: Upload) -> bool:
    """Whether the forecast is of now, and of the terms of now."""
    at = upload.foreseen_at
    if at is None or not upload.is_fresh(clock.now()):
        return False
    return upload.survey_id is None or not SendingRule.changed_since(upload.survey_id, at)


def _count_anew(upload: Upload, survey_id: uuid.UUID | None) -> None:
    upload.plan(upload.mapping["choices"], survey_id, at=clock.now())
    enqueue(forecaster.foresee_upload, upload.id)


def _page(workspace: Workspace, upload: Upload, form: AskForm) -> str:
    tally, survey = upload.foreseen, Survey.of(workspace.id, upload.survey_id) if upload.survey_id else None
    return render_template(
        "surveys/import_forecast.html",
        upload=upload,
        survey=survey,
        form=form,
        tally=tally,
        ends=ends_of(tally) if tally else [],
        fresh=_believed(upload),
    )


def _to(endpoint: str, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(endpoint, workspace=workspace.slug, ident=ident), 303)
