"""The list of surveys, a new one, and the page of one."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock, tokens
from base.db import transaction
from surveys import wording
from surveys.forms.starting import NewSurveyForm
from surveys.funnel import Funnel
from surveys.summary import SUMMARIES, Summaries
from surveys.survey import Survey
from surveys.version import Version

bp = Blueprint("surveys", __name__)


@bp.get("/w/<workspace>/surveys")
@requires("surveys.view")
def index(*, workspace: Workspace) -> ResponseReturnValue:
    return render_template(
        "surveys/index.html",
        surveys=Survey.all_of(workspace.id),
        funnels=Funnel.all_of(workspace.id),
        summaries=_summaries()(workspace.id),
        nobody=Funnel(),
    )


@bp.route("/w/<workspace>/surveys/new", methods=["GET", "POST"])
@requires("surveys.edit")
def new(*, workspace: Workspace) -> ResponseReturnValue:
    main = workspace.default_locale if workspace.default_locale in wording.LOCALES else wording.LAST_RESORT
    form = NewSurveyForm(data={"default_locale": main, "locales": list(wording.LOCALES[:5])})
    if form.validate_on_submit():
        with transaction():
            name, document = form.name.data or "", form.document()
            survey = Survey.create(workspace.id, name, document, at=clock.now(), by=g.user.id)
            slug = survey.slug
        flash(_("The survey is ready to edit. Nobody is asked before you publish it."), "success")
        return redirect(url_for("editing.edit", workspace=workspace.slug, slug=slug), 303)
    questions = {
        metric: {
            tag: wording.named(wording.built_in(tag, metric), workspace.name)["question"] for tag in wording.LOCALES
        }
        for metric in ("nps", "csat", "ces")
    }
    page = render_template("surveys/new.html", form=form, questions=questions)
    return page, 422 if form.errors else 200


@bp.get("/w/<workspace>/surveys/<slug>")
@requires("surveys.view")
def overview(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    version = Version.newest(survey.id)
    document = version.document if version else survey.draft
    locale = document["default_locale"]
    return render_template(
        "surveys/overview.html",
        survey=survey,
        funnel=Funnel.of(survey.id),
        summary=_summaries()(workspace.id).get(survey.id),
        document=document,
        words=wording.named(wording.effective(document, locale), workspace.name),
        languages=wording.LANGUAGE_NAMES,
        api_url=tokens.link("/api/v1/invitations"),
        chosen=request.args.get("locale", locale),
    )


def _summaries() -> Summaries:
    def nothing(_workspace_id: object) -> dict[object, object]:
        return {}

    return current_app.extensions.get(SUMMARIES, nothing)  # type: ignore[no-any-return]
