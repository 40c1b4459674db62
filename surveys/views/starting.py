"""A new survey: the library to choose from, and the first page of what was chosen, beside the real page."""

from __future__ import annotations

import uuid
from dataclasses import replace

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import NotFoundError
from surveys import outlining, previewing, stepping, wording
from surveys.branching import Reader
from surveys.forms import languages
from surveys.forms.library import ABOUT, GROUPS, KINDS, NAMES, when
from surveys.forms.starting import NewSurveyForm
from surveys.logo import look_of
from surveys.making import Origin, origin
from surveys.paging import Asked, Visit
from surveys.survey import Survey
from surveys.template import SurveyTemplate

bp = Blueprint("starting", __name__)


@bp.get("/w/<workspace>/surveys/new")
@requires("surveys.edit")
def library(*, workspace: Workspace) -> ResponseReturnValue:
    main = _main(workspace)
    ready = {key: _found(key).document((main,)) for _name, _title, keys in GROUPS for key in keys}
    templates = SurveyTemplate.all_of(workspace.id)
    return render_template(
        "surveys/new.html",
        groups=GROUPS,
        names=NAMES,
        about=ABOUT,
        glances={key: outlining.glance(document) for key, document in ready.items()},
        templates=[(template, outlining.glance(template.document)) for template in templates],
    )


@bp.route("/w/<workspace>/surveys/new/start", methods=["GET", "POST"])
@requires("surveys.edit")
def start(*, workspace: Workspace) -> ResponseReturnValue:
    key = request.args.get("from")
    if not key:
        return redirect(url_for(".library", workspace=workspace.slug), 303 if request.method == "POST" else 302)
    chosen, name, about = _chosen(workspace, key)
    form = NewSurveyForm(data=_suggested(workspace, chosen, name))
    form.offer(chosen)
    if form.validate_on_submit():
        with transaction():
            document = chosen.document(form.tongues, chosen=form.chosen)
            survey = Survey.create(workspace.id, form.name.data or name, document, at=clock.now(), by=g.user.id)
            slug = survey.slug
        flash(_("The survey is ready to edit. Nobody is asked before you publish it."), "success")
        return redirect(url_for("editing.edit", workspace=workspace.slug, slug=slug), 303)
    document = chosen.document(form.tongues, chosen=form.chosen)
    words = wording.named(wording.effective(document, document["default_locale"]), workspace.name)
    lines = outlining.outline(document, words)
    page = render_template(
        "surveys/start.html",
        origin=chosen,
        name=name,
        about=about,
        form=form,
        document=document,
        lines=[(line, when(line.question.show, lines, words) if line.question.show else "") for line in lines],
        kinds=KINDS,
        seconds=outlining.seconds(document),
        translated=languages.translated,
    )
    return page, 422 if form.errors else 200


@bp.route("/w/<workspace>/surveys/new/preview", methods=["GET", "POST"])
@requires("surveys.edit")
def preview(*, workspace: Workspace) -> ResponseReturnValue:
    """The real page of what may become a survey; its buttons go through it, and nothing is kept."""
    key = request.args.get("from")
    if not key:
        return redirect(url_for(".library", workspace=workspace.slug), 303 if request.method == "POST" else 302)
    chosen, _name, _about = _chosen(workspace, key)
    wish = request.args.get("lang", "")
    locale = wish if wish in chosen.mains else _first(chosen, workspace)
    document = chosen.document((locale,), chosen=chosen.options if request.args.get("expectation") else ())
    asked, theme = Asked("preview", workspace.name, document, look_of(workspace, document)), _theme()
    visit = Visit(request.full_path, "preview", 0, seed="preview")
    if request.method == "POST":
        sent = stepping.read(request.form, document)
        words = wording.named(wording.effective(document, locale), workspace.name)
        verdict = stepping.judge(sent, document, Reader(document["metric"], locale), words)
        if verdict.kept:
            return _served(previewing.thanks(current_app.jinja_env, asked, locale=locale, theme=theme))
        visit = replace(visit, typed=sent.typed, page=verdict.page, problems=verdict.problems)
    carried = {"csrf_token": generate_csrf()} if current_app.config["WTF_CSRF_ENABLED"] else {}
    shown = previewing.answer(current_app.jinja_env, asked, locale=locale, theme=theme, visit=visit, carried=carried)
    return _served(shown)


def _served(shown: previewing.Shown) -> ResponseReturnValue:
    response = make_response(shown.html)
    response.headers["Content-Security-Policy"] = shown.policy
    return response


def _theme() -> previewing.Theme:
    return "dark" if request.values.get("theme") == "dark" else "light"


def _found(key: str) -> Origin:
    found = origin(key)
    if found is None:
        raise NotFoundError("ready-made survey", key)
    return found


def _chosen(workspace: Workspace, key: str) -> tuple[Origin, str, str]:
    """What the address names, what it is called and what it is for."""
    if key in NAMES:
        return _found(key), str(NAMES[key]), str(ABOUT[key])
    try:
        template = SurveyTemplate.of(workspace.id, uuid.UUID(key))
    except ValueError:
        raise NotFoundError("ready-made survey", key) from None
    return template.origin, template.name, template.description


def _main(workspace: Workspace) -> str:
    return wording.nearest(workspace.default_locale) or wording.LAST_RESORT


def _first(chosen: Origin, workspace: Workspace) -> str:
    """The main language that is suggested."""
    return _main(workspace) if chosen.kept is None else str(chosen.kept["default_locale"])


def _suggested(workspace: Workspace, chosen: Origin, name: str) -> dict[str, object]:
    """A form that can be sent as it is: the languages of a template, else those of the newest survey, else few."""
    surveys = sorted(Survey.all_of(workspace.id), key=lambda survey: survey.created_at)
    usual = surveys[-1].draft["locales"] if surveys else [wording.LAST_RESORT]
    main = _first(chosen, workspace)
    locales = [main, *(chosen.mains if chosen.kept is not None else usual)]
    return {"name": name, "default_locale": main, "locales": list(dict.fromkeys(locales))}
