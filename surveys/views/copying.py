"""A copy of a survey: the way to measure something else with words that are written already."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys.forms.editing import NAME_LIMIT
from surveys.forms.restoring import CopyForm
from surveys.survey import Survey

bp = Blueprint("copying", __name__)


@bp.route("/w/<workspace>/surveys/<slug>/copy", methods=["GET", "POST"])
@requires("surveys.edit")
def copy(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    name = _("%(name)s (copy)", name=survey.name[: NAME_LIMIT - 20])
    form = CopyForm(data={"name": name, "metric": survey.metric})
    if form.validate_on_submit():
        with transaction():
            made = survey.copy(form.name.data or name, metric=form.metric.data, at=clock.now(), by=g.user.id)
            address = made.slug
        flash(_("The copy is ready to edit. Nobody is asked before you publish it."), "success")
        return redirect(url_for("editing.edit", workspace=workspace.slug, slug=address), 303)
    return render_template("surveys/copy.html", survey=survey, form=form), 422 if form.errors else 200
