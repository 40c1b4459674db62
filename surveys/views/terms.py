"""Who is asked by a survey, and when: its terms, looked at and changed."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys.forms.terms import TermsForm
from surveys.rule import SendingRule
from surveys.survey import Survey

bp = Blueprint("terms", __name__)


@bp.route("/w/<workspace>/surveys/<survey>/sending", methods=["GET", "POST"])
@requires("surveys.edit")
def edit(*, workspace: Workspace, survey: str) -> ResponseReturnValue:
    found = Survey.of(workspace.id, survey)
    form = TermsForm() if request.method == "POST" else TermsForm.of(SendingRule.of(found.id))
    if not form.validate_on_submit():
        refused = request.method == "POST"
        return render_template("surveys/terms.html", survey=found, form=form), 422 if refused else 200
    with transaction():
        SendingRule.decide(found.id, form.terms(), workspace_id=workspace.id, at=clock.now(), by=g.user.id)
    flash(_("Saved. It holds for everything that happens from now on."), "success")
    return redirect(url_for("surveys.overview", workspace=workspace.slug, slug=survey), 303)
