"""What a workspace is called, speaks, and where its days begin."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.access import actor, requires
from accounts.forms import WorkspaceForm
from accounts.workspace import Workspace
from base import clock
from base.db import transaction

bp = Blueprint("settings", __name__)


@bp.get("/w/<workspace>/settings")
@requires("workspace.edit")
def show(workspace: Workspace) -> ResponseReturnValue:
    return render_template("accounts/settings.html", form=WorkspaceForm(obj=workspace))


@bp.post("/w/<workspace>/settings")
@requires("workspace.edit")
def change(workspace: Workspace) -> ResponseReturnValue:
    form = WorkspaceForm()
    if not form.validate():
        return render_template("accounts/settings.html", form=form), 422
    with transaction():
        workspace.change(
            {
                "name": form.name.data,
                "default_locale": form.default_locale.data,
                "zone": form.zone.data,
                "reply_to": form.reply_to.data or None,
                "quarantine_days": form.quarantine_days.data,
            },
            at=clock.now(),
            actor=actor(),
        )
    flash(gettext("The settings are saved."), "success")
    return redirect(url_for(".show", workspace=workspace.slug), 303)
