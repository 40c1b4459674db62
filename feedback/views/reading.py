"""Who reads a workspace's comments, and what it calls the themes in them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from feedback.forms.reading import ReadingForm
from feedback.sentiment.themes import DIMENSIONS
from feedback.themebook import WorkspaceTheme
from feedback.views.theming import built_in_names

bp = Blueprint("reading", __name__)


@bp.get("/w/<workspace>/settings/comments")
@requires("workspace.edit")
def show(workspace: Workspace) -> ResponseReturnValue:
    form = ReadingForm.of(workspace.sentiment_engine, WorkspaceTheme.book(workspace.id))
    return _page(form), 200


@bp.post("/w/<workspace>/settings/comments")
@requires("workspace.edit")
def change(workspace: Workspace) -> ResponseReturnValue:
    form = ReadingForm()
    if not form.validate():
        return _page(form), 422
    with transaction():
        workspace.read_with(form.engine.data, at=clock.now(), actor=actor())
        WorkspaceTheme.change(workspace.id, form.entries, at=clock.now(), actor=actor())
    flash(
        _("Saved. Comments are read this way from now on; `afterword feedback rescore` reads older ones again."),
        "success",
    )
    return redirect(url_for(".show", workspace=workspace.slug), 303)


def _page(form: ReadingForm) -> str:
    dimensions = {
        "tangibles": _("Tangibles"),
        "reliability": _("Reliability"),
        "responsiveness": _("Responsiveness"),
        "assurance": _("Assurance"),
        "empathy": _("Empathy"),
    }
    sides = {theme: dimensions[of] for theme, of in DIMENSIONS.items()}
    return render_template("feedback/reading.html", form=form, names=built_in_names(), sides=sides)
