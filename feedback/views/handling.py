"""What staff do to a case."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.errors import ConflictError, InvalidError
from feedback import casebook, casework
from feedback.case import STAGES, By, Case
from feedback.case_owner import workers
from feedback.case_reason import CaseReason
from feedback.case_rule import CaseRule
from feedback.forms.handling import CloseForm, DueForm, NoteForm, OwnerForm, WriteForm
from feedback.mentioning import mentions
from feedback.views import cases

bp = Blueprint("handling", __name__)


def _do(workspace: Workspace, case_id: uuid.UUID, verb: Callable[[Case, By], object]) -> Case:
    """Do something to a case, which nobody else changes meanwhile."""
    known = Case.of(workspace.id, case_id)
    with transaction():
        case = Case.locked(known.id) or Case.of(workspace.id, case_id)
        verb(case, By(clock.now(), g.user.id))
    return known


@bp.post("/w/<workspace>/responses/<uuid:ident>/case")
@requires("cases.work")
def follow_up(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    try:
        with transaction():
            case_id = casebook.follow_up(workspace.id, ident, By(clock.now(), g.user.id)).id
    except ConflictError:
        flash(_("This answer cannot be followed up: nobody is known whom one could write to."), "warning")
        return redirect(url_for("responses.show", workspace=workspace.slug, ident=ident), 303)
    return _back(workspace, case_id)


def _back(workspace: Workspace, case_id: uuid.UUID, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("cases.show", workspace=workspace.slug, case_id=case_id, _anchor=anchor), 303)


@bp.post("/w/<workspace>/cases/<uuid:case_id>/stages")
@requires("cases.work")
def stages(workspace: Workspace, case_id: uuid.UUID) -> ResponseReturnValue:
    stage, rule = request.form.get("stage", ""), CaseRule.of(workspace)
    known = Case.of(workspace.id, case_id)
    if stage not in STAGES:
        flash(_("Choose one of the five stages."), "error")
        return cases.page(workspace, known), 422
    if request.form.get("undo"):
        with transaction():
            casework.undo(known.id, stage, By(clock.now(), g.user.id))
    else:
        _do(workspace, case_id, lambda case, by: case.reach(stage, by, rule=rule))
    return _back(workspace, case_id, "stages")


@bp.post("/w/<workspace>/cases/<uuid:case_id>/notes")
@requires("cases.work")
def note(workspace: Workspace, case_id: uuid.UUID) -> ResponseReturnValue:
    known, form = Case.of(workspace.id, case_id), NoteForm()
    if not form.validate():
        return cases.page(workspace, known, note_form=form), 422
    people = [(str(one.id), one.name, one.email) for one in workers(workspace.id)]
    words = form.note.data or ""
    found = mentions(words, people)
    _do(workspace, case_id, lambda case, by: case.note(words, by, ident=form.ident, told=found.found))
    if found.unknown:
        names = ", ".join(f"@{name}" for name in found.unknown)
        flash(_("The note is kept. Nobody here is called %(names)s, so nobody was written to.", names=names), "warning")
    return _back(workspace, case_id, "trail")


@bp.post("/w/<workspace>/cases/<uuid:case_id>/write")
@requires("cases.work")
def write(workspace: Workspace, case_id: uuid.UUID) -> ResponseReturnValue:
    known, form = Case.of(workspace.id, case_id), WriteForm()
    if not form.validate():
        return cases.page(workspace, known, write_form=form), 422
    words, key = form.words.data or "", form.ident
    try:
        _do(workspace, case_id, lambda case, by: casework.write_to(case, words, g.user, key=key, at=by.at))
    except ConflictError:
        form.words.errors = [_("Nothing can be written to this address. The reason stands above; your words are kept.")]
        return cases.page(workspace, known, write_form=form), 409
    except InvalidError:
        form.words.errors = [_("No mail can go to this address: it is not one that mail servers take.")]
        return cases.page(workspace, known, write_form=form), 422
    flash(_("Your mail is on its way."), "success")
    return _back(workspace, case_id, "trail")


@bp.post("/w/<workspace>/cases/<uuid:case_id>/owner")
@requires("cases.work")
def owner(workspace: Workspace, case_id: uuid.UUID) -> ResponseReturnValue:
    known, form = Case.of(workspace.id, case_id), OwnerForm.over(workers(workspace.id))
    if not form.validate():
        return cases.page(workspace, known, owner_form=form), 422
    _do(workspace, case_id, lambda case, by: case.assign(form.chosen, by))
    return _back(workspace, case_id)


@bp.post("/w/<workspace>/cases/<uuid:case_id>/due")
@requires("cases.work")
def due(workspace: Workspace, case_id: uuid.UUID) -> ResponseReturnValue:
    known, form, zone = Case.of(workspace.id, case_id), DueForm(), CaseRule.of(workspace).zone
    if not form.validate():
        return cases.page(workspace, known, due_form=form), 422
    _do(workspace, case_id, lambda case, by: case.put_off(form.moment(zone), by))
    return _back(workspace, case_id)


@bp.post("/w/<workspace>/cases/<uuid:case_id>/close")
@requires("cases.work")
def close(workspace: Workspace, case_id: uuid.UUID) -> ResponseReturnValue:
    known, form = Case.of(workspace.id, case_id), CloseForm.over(CaseReason.all_of(workspace.id))
    if not form.validate():
        return cases.page(workspace, known, close_form=form), 422

    def end(case: Case, by: By) -> None:
        case.close(db.session.get_one(CaseReason, uuid.UUID(form.reason.data)), by)

    try:
        _do(workspace, case_id, end)
    except ConflictError:
        flash(_("Somebody closed this case meanwhile."), "warning")
    else:
        flash(_("The case is closed."), "success")
    return _back(workspace, case_id)


@bp.post("/w/<workspace>/cases/<uuid:case_id>/reopen")
@requires("cases.work")
def reopen(workspace: Workspace, case_id: uuid.UUID) -> ResponseReturnValue:
    _do(workspace, case_id, lambda case, by: case.reopen(by))
    return _back(workspace, case_id)
