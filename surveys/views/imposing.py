"""Many people at once who are to be left alone: an uploaded list, or all whom the search of the list finds."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accounts import access
from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import new_id, transaction
from base.jobs import enqueue
from base.mail import one_line as short
from base.web import body_up_to
from surveys import importer, list_importer
from surveys.decoding import recognise
from surveys.forms.narrowing import Narrowing
from surveys.forms.refusing import ListForm
from surveys.forms.uploading import PROBLEMS
from surveys.roster import Wanted, size
from surveys.upload import MATCHING, SUPPRESSIONS, Upload

bp = Blueprint("imposing", __name__)

LARGEST = 200 * 1024 * 1024
"""Bytes of a list: several million addresses."""


@bp.get("/w/<workspace>/suppressions/import")
@requires("contacts.edit")
def start(*, workspace: Workspace) -> ResponseReturnValue:
    return _start(workspace, ListForm())


def _start(workspace: Workspace, form: ListForm) -> str:
    earlier = Upload.recent(workspace.id, source=SUPPRESSIONS)
    return render_template("surveys/suppressions_import.html", form=form, uploads=earlier)


@bp.post("/w/<workspace>/suppressions/import")
@requires("contacts.edit")
@body_up_to(LARGEST)
def upload(*, workspace: Workspace) -> ResponseReturnValue:
    form = ListForm()
    if not form.validate():
        return _start(workspace, form), 422
    data = form.file.data.read()
    decoding = recognise(data)
    encoding = decoding.encoding or next((one.encoding for one in decoding.candidates), None)
    if encoding is None:
        form.file.errors = [str(_("This file is empty, or not text that we can read. Save it as CSV (UTF-8)."))]
        return _start(workspace, form), 422
    name = short(form.file.data.filename or "list.csv", 200)
    ident = _begin(workspace, source=SUPPRESSIONS, filename=name, size=len(data), encoding=encoding, data=data)
    return redirect(url_for(".show", workspace=workspace.slug, list_id=ident), 303)


@bp.get("/w/<workspace>/suppressions/import/<uuid:list_id>")
@requires("contacts.edit")
def show(*, workspace: Workspace, list_id: uuid.UUID) -> ResponseReturnValue:
    found = Upload.of(workspace.id, list_id, source=SUPPRESSIONS)
    return render_template("surveys/suppressions_done.html", upload=found, problems=PROBLEMS)


@bp.get("/w/<workspace>/contacts/suppressing/<uuid:matching_id>")
@requires("contacts.edit")
def show_matching(*, workspace: Workspace, matching_id: uuid.UUID) -> ResponseReturnValue:
    found = Upload.of(workspace.id, matching_id, source=MATCHING)
    return render_template("surveys/suppressions_done.html", upload=found, problems=PROBLEMS)


@bp.post("/w/<workspace>/contacts/suppress")
@requires("contacts.edit")
def suppress_matching(*, workspace: Workspace) -> ResponseReturnValue:
    """Leave everybody alone whom the search of the list finds."""
    asked, now = Narrowing.read(request.form), clock.now()
    wanted = Wanted.read(workspace.id, asked.wish, asked.filters(now))
    count = size(wanted)
    if not asked.narrow or not count:
        flash(_("Search for somebody first; nobody was changed."), "warning")
        return redirect(f"{url_for('contacts.index', workspace=workspace.slug)}?{urlencode(asked.values)}", 303)
    filters = {"reason": wanted.filters.reason, "language": wanted.filters.language}
    filters["asked_since"] = wanted.filters.asked_since.isoformat() if wanted.filters.asked_since else None
    mapping = {"reason": "by hand", "words": list(wanted.words), "filters": filters}
    name = ngettext("%(num)s person of a search", "%(num)s people of a search", count)
    ident = _begin(workspace, source=MATCHING, filename=name, size=0, mapping=mapping)
    return redirect(url_for(".show_matching", workspace=workspace.slug, matching_id=ident), 303)


def _begin(workspace: Workspace, *, data: bytes | None = None, **known: Any) -> uuid.UUID:
    """Keep what is to be taken in, and ask for it."""
    ident, user = new_id(), access.current_user()
    if data is not None:
        path = importer.file_of(ident)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with transaction() as session:
        by = user.id if user else None
        more = {"state": "importing", "created_at": clock.now(), "created_by": by}
        session.add(Upload(id=ident, workspace_id=workspace.id, **known, **more))
        session.flush()
        enqueue(list_importer.import_list if data is not None else list_importer.suppress_matching, ident)
    return ident
