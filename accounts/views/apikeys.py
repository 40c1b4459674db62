"""Keys of programs: made, shown once, revoked."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.apikey import ApiKey, Once
from accounts.forms import KeyForm
from accounts.workspace import Workspace
from base import clock, tokens
from base.db import transaction

bp = Blueprint("apikeys", __name__)


def _page(workspace: Workspace, form: KeyForm, made: tuple[str, str] | None = None) -> str:
    form.begin(workspace.id)
    keys = ApiKey.of_workspace(workspace.id)
    return render_template(
        "accounts/apikeys.html", form=form, keys=keys, made=made, example=tokens.link("/api/v1/surveys")
    )


@bp.get("/w/<workspace>/settings/keys")
@requires("apikeys.manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    return _page(workspace, KeyForm())


@bp.post("/w/<workspace>/settings/keys")
@requires("apikeys.manage")
def create(workspace: Workspace) -> ResponseReturnValue:
    """The answer itself shows the key: it is kept nowhere, so there is no page to be sent on to. Loaded again, it is
    the same answer, unless the key was revoked meanwhile.
    """
    form = KeyForm()
    once = form.begin(workspace.id)
    if not form.validate():
        return _page(workspace, form), 422
    with transaction():
        key, new = _made(workspace, form, once)
    if not new and form.name.data != key.name:
        form.begin_anew(workspace.id)
        said = _("This form has made “%(name)s” already. Press the button once more to make another.", name=key.name)
        form.name.errors = [said]
        return _page(workspace, form), 409
    shown = None if key.revoked_at else (key.name, once.text)
    return _page(workspace, KeyForm(formdata=None), shown), 201 if new else 200


def _made(workspace: Workspace, form: KeyForm, once: Once) -> tuple[ApiKey, bool]:
    """The key of the form, and whether it is new."""
    known = ApiKey.made(workspace.id, once)
    if known is not None:
        return known, False
    key, _text = ApiKey.create(workspace.id, form.name.data, at=clock.now(), by=g.user.id, once=once)
    return key, True


@bp.post("/w/<workspace>/settings/keys/<uuid:key_id>/revoke")
@requires("apikeys.manage")
def revoke(workspace: Workspace, key_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        key = ApiKey.get(workspace.id, key_id)
        key.revoke(at=clock.now(), actor=actor())
    flash(_("The key “%(name)s” opens nothing any more.", name=key.name), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)
