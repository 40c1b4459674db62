"""What a person may ask for by law: everything that is held about them, and to be forgotten."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from surveys import wording
from surveys.contact import Contact
from surveys.disclosing import Teller
from surveys.erasure import Erasure
from surveys.holding import Subject, Told, all_holdings
from surveys.survey import Survey
from surveys.version import Version

bp = Blueprint("erasing", __name__)


@bp.get("/w/<workspace>/contacts/<uuid:ident>/data.zip")
@requires("contacts.edit")
def data(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    """Everything held about one person: for programs as JSON, for the person as a page."""
    contact = Contact.of(workspace.id, ident)
    told = everything(contact)
    page = _handed_out(workspace, contact, told)
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


def _handed_out(workspace: Workspace, contact: Contact, told: Mapping[str, Told]) -> str:
    """The page for the person: in their language and their time, whoever asks for it."""
    locale = contact.locale or workspace.default_locale
    surveys = {str(survey.id): survey.name for survey in Survey.all_of(workspace.id)}
    asked = dict(_asked(workspace, told, locale))
    teller = Teller.of(locale, contact.zone or workspace.zone, surveys=surveys, asked=asked)
    return render_template(
        "surveys/person_data.html",
        teller=teller,
        title=teller.say("title", company=workspace.name),
        person=f"{contact.name} ({contact.email})" if contact.name else contact.email,
        chapters=teller.chapters(told),
        at=clock.now(),
    )


def _asked(workspace: Workspace, told: Mapping[str, Told], locale: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The words of every version that the person was asked with, or answered."""
    rows = [row for name in ("invitations", "responses") for row in told.get(name, ())]
    for row in rows:
        version = db.session.get_one(Version, uuid.UUID(row["version_id"]))
        words = wording.effective(version.document, row["locale"] or locale)
        yield row["version_id"], wording.named(words, workspace.name)


def _page(contact: Contact, *, problem: str = "") -> str:
    counts = {name: len(told) for name, told in everything(contact).items()}
    return render_template(
        "surveys/erase.html", contact=contact, counts=counts, problem=problem, chosen=request.form if problem else None
    )
