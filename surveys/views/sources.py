"""Sources: the ways in for helpdesks and shops. Made, told whom to ask, secured, renewed, closed."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys.forms.sourcing import KIND_HELPS, ConnectForm, NamedForm, NewSourceForm, SecureForm, product_of
from surveys.received_call import ReceivedCall
from surveys.source import Once, Source
from surveys.survey import Survey
from surveys.views import sourcing

bp = Blueprint("sources", __name__)

HERE = "/w/<workspace>/sources"


@bp.get(HERE)
@requires("sources.edit")
def index(*, workspace: Workspace) -> ResponseReturnValue:
    sources = Source.all_of(workspace.id)
    return render_template(
        "surveys/sources.html",
        sources=[(source, product_of(source.recipe), source.surveys()) for source in sources],
        last=ReceivedCall.last_by_source([source.id for source in sources]),
    )


@bp.route(f"{HERE}/new", methods=["GET", "POST"])
@requires("sources.edit")
def new(*, workspace: Workspace) -> ResponseReturnValue:
    """The answer itself shows the address: its secret is kept nowhere, so there is no page to be sent on to. Loaded
    again, it is the same answer.
    """
    form = NewSourceForm()
    form.offer(Survey.all_of(workspace.id))
    form.offer_kinds()
    once = form.begin(workspace.id)
    if not form.validate_on_submit():
        return _form(form, 422 if form.errors else 200)
    with transaction():
        source, new = _made(workspace, form, once)
    if not new and not form.tells_of(source):
        form.begin_anew(workspace.id)
        said = _("This form has added “%(name)s” already. Press the button once more to add another.", name=source.name)
        form.name.errors = [said]
        return _form(form, 409)
    address = once.secret if source.opens_by(once.secret) else None
    return sourcing.page(workspace, source, address=address), 201 if new else 200


def _form(form: NewSourceForm, status: int) -> ResponseReturnValue:
    return render_template("surveys/source_new.html", form=form, helps=KIND_HELPS), status


def _made(workspace: Workspace, form: NewSourceForm, once: Once) -> tuple[Source, bool]:
    """The source of the form, and whether it is new."""
    known, now = Source.made(workspace.id, once), clock.now()
    if known is not None:
        return known, False
    source, _secret = Source.create(workspace.id, form.name.data or "", form.kind.data, at=now, by=g.user.id, once=once)
    source.change(name=source.name, survey_ids=form.surveys.data or [], at=now, by=g.user.id)
    return source, True


@bp.get(f"{HERE}/<uuid:ident>")
@requires("sources.edit")
def show(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    return sourcing.page(workspace, Source.of(workspace.id, ident))


@bp.post(f"{HERE}/<uuid:ident>")
@requires("sources.edit")
def save(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    source, form = Source.of(workspace.id, ident), NamedForm()
    form.offer(Survey.all_of(workspace.id), source.surveys())
    if not form.validate():
        return sourcing.page(workspace, source, forms={"named": form}), 422
    with transaction():
        Source.of(workspace.id, ident).change(
            name=form.name.data or "", survey_ids=form.surveys.data or [], at=clock.now(), by=g.user.id
        )
    flash(_("Saved."), "success")
    return _back(workspace, ident)


@bp.post(f"{HERE}/<uuid:ident>/signature")
@requires("sources.edit")
def secure(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    source, form = Source.of(workspace.id, ident), SecureForm()
    if not form.validate():
        return sourcing.page(workspace, source, forms={"secure": form}), 422
    with transaction():
        source = Source.of(workspace.id, ident)
        secret = None if form.unsigned.data else form.secret.data or source.signature_secret
        source.secure(
            secret=secret,
            header=form.header.data or source.signature_header,
            scheme=form.scheme.data,
            at=clock.now(),
            by=g.user.id,
        )
    flash(_("Only signed calls are taken from now on.") if secret else _("Calls need no signature now."), "success")
    return _back(workspace, ident)


@bp.post(f"{HERE}/<uuid:ident>/helpdesk")
@requires("sources.edit")
def connect(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    source, form = Source.of(workspace.id, ident), ConnectForm()
    known = source.settings.get("api_key", "")
    if form.validate() and not form.api_key.data and not (known and _same_account(source, form)):
        form.api_key.errors = [_("Enter the key that belongs to this account.")]
    if form.errors:
        return sourcing.page(workspace, source, forms={"connect": form}), 422
    settings = {"base_url": form.base_url.data or "", "api_key": form.api_key.data or known}
    with transaction():
        Source.of(workspace.id, ident).connect(settings, at=clock.now(), by=g.user.id)
    flash(_("Saved. The next call is completed from there."), "success")
    return _back(workspace, ident)


def _same_account(source: Source, form: ConnectForm) -> bool:
    """A key that is kept already goes to no other address than the one that it was entered for."""
    return bool(source.settings.get("base_url") == form.base_url.data)


@bp.post(f"{HERE}/<uuid:ident>/rotate")
@requires("sources.edit")
def rotate(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    """The answer itself shows the new address, as when the source was made."""
    with transaction():
        source = Source.of(workspace.id, ident)
        secret = source.rotate(at=clock.now(), by=g.user.id)
    return sourcing.page(workspace, source, address=secret)


@bp.post(f"{HERE}/<uuid:ident>/close")
@requires("sources.edit")
def close(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Source.of(workspace.id, ident).close(at=clock.now(), by=g.user.id)
    flash(_("Closed. Calls to its address are refused."), "success")
    return _back(workspace, ident)


@bp.post(f"{HERE}/<uuid:ident>/reopen")
@requires("sources.edit")
def reopen(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Source.of(workspace.id, ident).reopen(at=clock.now(), by=g.user.id)
    flash(_("Open again, at the same address."), "success")
    return _back(workspace, ident)


def _back(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", workspace=workspace.slug, ident=ident), 303)
