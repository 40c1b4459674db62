"""Two rows that are one person: choose the other one, look at what moves, join them."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import NotFoundError
from surveys.contact import Contact
from surveys.forms.correcting import one_line
from surveys.forms.narrowing import SEARCH_LIMIT
from surveys.holding import Subject, all_holdings
from surveys.merger import Merger
from surveys.roster import Roster, Wanted

bp = Blueprint("merging", __name__)

OFFERED = 8
"""People whom one search shows."""


@bp.get("/w/<workspace>/contacts/<uuid:ident>/merge")
@requires("contacts.edit")
def look(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    contact = Contact.of(workspace.id, ident)
    other = _other(workspace, contact, request.args.get("with", type=uuid.UUID))
    return _page(workspace, contact, other)


@bp.post("/w/<workspace>/contacts/<uuid:ident>/merge")
@requires("contacts.edit")
def join(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    contact = Contact.of(workspace.id, ident)
    other = _other(workspace, contact, request.form.get("with", type=uuid.UUID))
    email = request.form.get("email", "")
    if other is None or email not in (contact.email, other.email):
        return _page(workspace, contact, other, problem=_("Choose the other person, and the address that stays.")), 422
    with transaction():
        one, two = Contact.of(workspace.id, contact.id), Contact.of(workspace.id, other.id)
        kept = Merger.join(one, two, email=email, at=clock.now(), actor=actor())
    flash(_("The two are one person now."), "success")
    return redirect(url_for("contacts.show", workspace=workspace.slug, ident=kept.id), 303)


def _other(workspace: Workspace, contact: Contact, ident: uuid.UUID | None) -> Contact | None:
    if ident is None or ident == contact.id:
        return None
    try:
        return Contact.of(workspace.id, ident)
    except NotFoundError:
        return None


def _page(workspace: Workspace, contact: Contact, other: Contact | None, *, problem: str = "") -> str:
    wish = one_line(request.args.get("q"))[:SEARCH_LIMIT]
    wanted = Wanted.read(workspace.id, wish)
    found = Roster.page(wanted, limit=OFFERED + 1).people if other is None and wanted.words else []
    kept, gone = (contact, other) if other is None or contact.id < other.id else (other, contact)
    return render_template(
        "surveys/merge.html",
        contact=contact,
        other=other,
        kept=kept,
        gone=gone,
        moves=_moves(gone) if gone is not None else {},
        problem=problem,
        wish=wish,
        found=[one for one, _last in found if one.id != contact.id][:OFFERED],
    )


def _moves(gone: Contact) -> dict[str, int]:
    """What goes over to the other row: how many of each."""
    subject = Subject.of(gone)
    return {one.name: len(one.tell(subject)) for one in all_holdings() if one.move is not None}
