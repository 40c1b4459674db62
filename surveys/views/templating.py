"""The workspace's own templates: a survey kept as one, called otherwise, deleted."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys.forms.keeping import TemplateForm
from surveys.survey import Survey
from surveys.template import SurveyTemplate

bp = Blueprint("templating", __name__)


@bp.route("/w/<workspace>/surveys/<slug>/template", methods=["GET", "POST"])
@requires("surveys.edit")
def keep(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    form = TemplateForm(data={"name": survey.name})
    if form.validate_on_submit():
        with transaction():
            name, description = form.name.data or survey.name, form.description.data or ""
            draft = Survey.of(workspace.id, slug).draft
            SurveyTemplate.keep(workspace.id, name, description, draft, at=clock.now(), by=g.user.id)
        flash(_("“%(name)s” is in the library now.", name=name), "success")
        return redirect(_library(workspace), 303)
    return render_template("surveys/template.html", form=form, survey=survey), 422 if form.errors else 200


@bp.route("/w/<workspace>/templates/<uuid:template_id>", methods=["GET", "POST"])
@requires("surveys.edit")
def edit(*, workspace: Workspace, template_id: uuid.UUID) -> ResponseReturnValue:
    template = SurveyTemplate.of(workspace.id, template_id)
    form = TemplateForm(data={"name": template.name, "description": template.description})
    if form.validate_on_submit():
        with transaction():
            kept = SurveyTemplate.of(workspace.id, template_id)
            kept.rename(form.name.data or kept.name, form.description.data or "", at=clock.now(), by=g.user.id)
        flash(_("The template is saved."), "success")
        return redirect(_library(workspace), 303)
    return render_template("surveys/template.html", form=form, template=template), 422 if form.errors else 200


@bp.post("/w/<workspace>/templates/<uuid:template_id>/delete")
@requires("surveys.edit")
def delete(*, workspace: Workspace, template_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        template = SurveyTemplate.of(workspace.id, template_id)
        name = template.name
        template.delete(at=clock.now(), by=g.user.id)
    flash(_("“%(name)s” is deleted. Surveys made of it stay as they are.", name=name), "success")
    return redirect(_library(workspace), 303)


def _library(workspace: Workspace) -> str:
    return url_for("starting.library", workspace=workspace.slug)
