"""Keys of programs: made, shown once, revoked."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.access import actor, requires
from accounts.apikey import ApiKey
from accounts.forms import KeyForm
from accounts.workspace import Workspace
from base import clock, tokens
from base.db import transaction

bp = Blueprint("apikeys", __name__)


def _page(workspace: Workspace, form: KeyForm, made: tuple[str, str] | None = None) -> str:
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
    """The answer itself shows the key: it is kept nowhere, so there is no page to be sent on to."""
    form = KeyForm()
    if not form.validate():
        return _page(workspace, form), 422
    with transaction():
        key, secret = ApiKey.create(workspace.id, form.name.data, at=clock.now(), by=g.user.id)
    return _page(workspace, KeyForm(formdata=None), (key.name, secret)), 201


@bp.post("/w/<workspace>/settings/keys/<uuid:key_id>/revoke")
@requires("apikeys.manage")
def revoke(workspace: Workspace, key_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        key = ApiKey.get(workspace.id, key_id)
        key.revoke(at=clock.now(), actor=actor())
    flash(gettext("The key “%(name)s” opens nothing any more.", name=key.name), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)
