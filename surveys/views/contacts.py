"""The people who may be asked: their list, one person's page, and what staff may change about them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.language import LANGUAGE_NAMES
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.forms.correcting import ContactForm
from surveys.forms.narrowing import DAYS, Narrowing
from surveys.history import History
from surveys.paging import language_name
from surveys.reply import REPLIES, Replies
from surveys.roster import Filters, Roster, Wanted, size
from surveys.suppressing import EVERYTHING, REASONS
from surveys.suppression import Suppression
from surveys.survey import Survey

bp = Blueprint("contacts", __name__)

PAGE = 50
LANGUAGES = tuple(dict.fromkeys(tag.partition("-")[0] for tag in LANGUAGE_NAMES))
"""Those that the list is narrowed by: the built-in ones, whatever their region and script."""


@bp.get("/w/<workspace>/contacts")
@requires("contacts.view")
def index(*, workspace: Workspace) -> ResponseReturnValue:
    asked = Narrowing.read(request.args)
    wanted = Wanted.read(workspace.id, asked.wish, asked.filters(clock.now()))
    after, before = (request.args.get(name, type=uuid.UUID) for name in ("after", "before"))

    def here(**changes: Any) -> str:
        kept: dict[str, Any] = asked.values | changes
        return url_for(".index", workspace=workspace.slug, **{k: v for k, v in kept.items() if v})

    return render_template(
        "surveys/contacts.html",
        roster=Roster.page(wanted, limit=PAGE, after=after, before=before),
        everybody=size(Wanted(workspace.id)),
        not_asked=size(Wanted(workspace.id, filters=Filters(suppressed=True))),
        matching=size(wanted) if asked.narrow else None,
        asked=asked,
        wish=asked.wish,
        suppressed=asked.suppressed,
        reasons=REASONS,
        languages=LANGUAGES,
        days=DAYS,
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
    lines = [request.form.getlist(f"property_{part}") for part in ("name", "value", "kind")]
    fits = form.take_properties(*lines) if "property_name" in request.form else True
    if not form.validate() or not fits:
        return _page(contact, form, open_form=True), 422
    email = str(form.email.data)
    other = Contact.by_email(workspace.id, email)
    if other is not None and other.id != contact.id:
        return _page(contact, form, open_form=True, other=other), 409
    now, by = clock.now(), actor()
    with transaction():
        contact = Contact.of(workspace.id, ident)
        known = {"name": form.name.data, "locale": form.locale.data, "zone": form.zone.data}
        if "property_name" in request.form:
            known["properties"] = form.known_properties
        contact.correct(at=now, actor=by, **known)
        contact.readdress(email, at=now, actor=by)
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
    survey_id = request.form.get("survey", type=uuid.UUID)
    with transaction():
        Contact.of(workspace.id, ident).welcome_back(at=clock.now(), actor=actor(), survey_id=survey_id)
    flash(_("They may be asked again, from their next interaction on."), "success")
    return _back(workspace, ident)


def _page(contact: Contact, form: ContactForm, *, open_form: bool = False, other: Contact | None = None) -> str:
    history = History.of(contact)
    rows = Suppression.of_contact(contact.id)
    names = {survey.id: survey for survey in Survey.all_of(contact.workspace_id)} if rows else {}
    return render_template(
        "surveys/contact.html",
        contact=contact,
        history=history,
        returned=Bounce.about(contact.id),
        replies=_replies()(history.invitation_ids),
        form=form,
        open_form=open_form,
        other=other,
        standing=next((row for row in rows if row.scope == EVERYTHING), None),
        unwilling=[(row, names[row.scope]) for row in rows if row.scope in names],
        left={row.scope for row in rows},
        language_name=language_name,
    )


def _back(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", workspace=workspace.slug, ident=ident), 303)


def _replies() -> Replies:
    def nothing(_invitation_ids: object) -> dict[object, object]:
        return {}

    return current_app.extensions.get(REPLIES, nothing)  # type: ignore[no-any-return]
