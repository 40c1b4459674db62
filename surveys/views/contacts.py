"""The people who may be asked: their list, one person's page, and what staff may change about them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.forms.correcting import ContactForm, one_line
from surveys.history import History
from surveys.paging import language_name
from surveys.reply import REPLIES, Replies
from surveys.roster import Roster, Wanted, size

bp = Blueprint("contacts", __name__)

PAGE = 50
SEARCH_LIMIT = 100
"""Characters of a search that count."""


@bp.get("/w/<workspace>/contacts")
@requires("contacts.view")
def index(*, workspace: Workspace) -> ResponseReturnValue:
    wish = one_line(request.args.get("q"))[:SEARCH_LIMIT]
    suppressed = request.args.get("only") == "suppressed"
    wanted = Wanted.read(workspace.id, wish, suppressed=suppressed)
    after, before = (request.args.get(name, type=uuid.UUID) for name in ("after", "before"))

    def here(**changes: Any) -> str:
        kept: dict[str, Any] = {"q": wish, "only": "suppressed" if suppressed else None} | changes
        return url_for(".index", workspace=workspace.slug, **{k: v for k, v in kept.items() if v})

    return render_template(
        "surveys/contacts.html",
        roster=Roster.page(wanted, limit=PAGE, after=after, before=before),
        everybody=size(Wanted(workspace.id)),
        not_asked=size(Wanted(workspace.id, suppressed=True)),
        matching=size(wanted) if wanted.words else None,
        wish=wish,
        suppressed=suppressed,
        here=here,
        language_name=language_name,
    )


@bp.get("/w/<workspace>/contacts/<uuid:ident>")
@requires("contacts.view")
def show(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    contact = Contact.of(workspace.id, ident)
    return _page(contact, ContactForm.of(contact))


@bp.post("/w/<workspace>/contacts/<uuid:ident>")
@requires("contacts.edit")
def correct(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    contact = Contact.of(workspace.id, ident)
    form = ContactForm.of(contact)
    if not form.validate():
        return _page(contact, form), 422
    with transaction():
        contact.correct(name=form.name.data, locale=form.locale.data, at=clock.now(), actor=actor())
    flash(_("Saved."), "success")
    return _back(workspace, ident)


@bp.post("/w/<workspace>/contacts/<uuid:ident>/suppress")
@requires("contacts.edit")
def suppress(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Contact.of(workspace.id, ident).suppress("by hand", at=clock.now(), actor=actor())
    flash(_("They are not asked any more. What was waiting for them is taken back."), "success")
    return _back(workspace, ident)


@bp.post("/w/<workspace>/contacts/<uuid:ident>/welcome")
@requires("contacts.edit")
def welcome(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Contact.of(workspace.id, ident).welcome_back(at=clock.now(), actor=actor())
    flash(_("They may be asked again, from their next interaction on."), "success")
    return _back(workspace, ident)


def _page(contact: Contact, form: ContactForm) -> str:
    history = History.of(contact)
    return render_template(
        "surveys/contact.html",
        contact=contact,
        history=history,
        returned=Bounce.about(contact.id),
        replies=_replies()(history.invitation_ids),
        form=form,
        language_name=language_name,
    )


def _back(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", workspace=workspace.slug, ident=ident), 303)


def _replies() -> Replies:
    def nothing(_invitation_ids: object) -> dict[object, object]:
        return {}

    return current_app.extensions.get(REPLIES, nothing)  # type: ignore[no-any-return]
