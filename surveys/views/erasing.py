"""What a person may ask for by law: everything that is held about them, and to be forgotten."""

from __future__ import annotations

import io
import json
import uuid
import zipfile

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys.contact import Contact
from surveys.erasure import Erasure
from surveys.holding import Subject, Told, all_holdings

bp = Blueprint("erasing", __name__)


@bp.get("/w/<workspace>/contacts/<uuid:ident>/data.zip")
@requires("contacts.edit")
def data(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    """Everything held about one person: for programs as JSON, for the person as a page."""
    contact = Contact.of(workspace.id, ident)
    told = everything(contact)
    page = render_template("surveys/person_data.html", contact=contact, told=told, at=clock.now(), company=workspace)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=2))
        file.writestr("data.html", page)
    return Response(
        packed.getvalue(),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="person-{ident.hex[:8]}.zip"'},
    )


@bp.get("/w/<workspace>/contacts/<uuid:ident>/erase")
@requires("contacts.erase")
def look(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    return _page(Contact.of(workspace.id, ident))


@bp.post("/w/<workspace>/contacts/<uuid:ident>/erase")
@requires("contacts.erase")
def erase(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    contact = Contact.of(workspace.id, ident)
    if request.form.get("sure") != "1":
        return _page(contact, problem=_("Tick that you are sure; it cannot be undone.")), 422
    wish = {name: request.form.get(name) == "1" for name in ("answers_too", "never_again")}
    with transaction():
        Erasure.of(Contact.of(workspace.id, ident), at=clock.now(), actor=actor(), **wish)
    flash(_("The person is erased. Nothing that is kept leads to them."), "success")
    return redirect(url_for("contacts.index", workspace=workspace.slug), 303)


def everything(contact: Contact) -> dict[str, Told]:
    """What each holding tells of a person."""
    subject = Subject.of(contact)
    return {holding.name: holding.tell(subject) for holding in reversed(all_holdings())}


def _page(contact: Contact, *, problem: str = "") -> str:
    counts = {name: len(told) for name, told in everything(contact).items()}
    return render_template(
        "surveys/erase.html", contact=contact, counts=counts, problem=problem, chosen=request.form if problem else None
    )
