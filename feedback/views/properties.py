"""Which properties of interactions results are compared by."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import InvalidError
from feedback.tracked import MOST, Seen, TrackedProperty, seen

bp = Blueprint("properties", __name__)

FIELD = "property:"


@bp.get("/w/<workspace>/properties")
@requires("surveys.edit")
def show(workspace: Workspace) -> ResponseReturnValue:
    return _page(workspace, TrackedProperty.of(workspace.id))


@bp.post("/w/<workspace>/properties")
@requires("surveys.edit")
def choose(workspace: Workspace) -> ResponseReturnValue:
    named = {name.removeprefix(FIELD): value for name, value in request.form.items() if name.startswith(FIELD)}
    chosen = {name: value == "numbers" for name, value in named.items() if value in ("numbers", "values")}
    try:
        with transaction():
            TrackedProperty.choose(workspace.id, chosen, at=clock.now(), actor=actor())
    except InvalidError:
        problem = _("Choose at most %(most)s: each is looked up in every answer of the period.", most=MOST)
        return _page(workspace, chosen, problem), 422
    flash(_("Saved. Pages of results compare by these from now on."), "success")
    return redirect(url_for(".show", workspace=workspace.slug), 303)


def _page(workspace: Workspace, chosen: dict[str, bool], problem: str | None = None) -> str:
    """What is chosen stays in the list, even when no new answer has it."""
    found = seen(workspace.id)
    known = {one.name for one in found}
    rows = found + [Seen(name, 0, (), numeric) for name, numeric in chosen.items() if name not in known]
    return render_template(
        "feedback/properties.html", rows=rows, chosen=chosen, problem=problem, most=MOST, field=FIELD
    )
