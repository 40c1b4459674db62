"""The draft as its readers would see it: the saved one, or the one in the editor's form, which stays unsaved."""

from __future__ import annotations

import json
from dataclasses import replace

from flask import Blueprint, abort, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from accounts.access import requires
from accounts.workspace import Workspace
from base import mail
from base.web import body_up_to
from surveys import mailing, paging, previewing, stepping, validating, wording
from surveys.branching import Reader
from surveys.forms.editing import WORDS_SIZE
from surveys.logo import look_of
from surveys.paging import Asked, Visit
from surveys.previewing import Shown, Theme
from surveys.scale import SCALES
from surveys.survey import Survey

bp = Blueprint("previewing", __name__)


@bp.route("/w/<workspace>/surveys/<slug>/preview", methods=["GET", "POST"])
@requires("surveys.edit")
@body_up_to(WORDS_SIZE)
def preview(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    document = _document(survey)
    asked = Asked("preview", workspace.name, document, look_of(workspace, document))
    locale, theme = _locale(asked.document), _theme()
    if "form_id" in request.form:
        return _served(_pressed(asked, locale, theme))
    if request.values.get("show") in {"mail", "reminder"}:
        return _served(_mail(asked, locale, theme))
    if request.values.get("show") == "thanks":
        person = previewing.person(request.values.get("person"), asked.document)
        return _served(previewing.thanks(current_app.jinja_env, asked, locale=locale, theme=theme, person=person))
    return _served(_answer(asked, locale, theme, _wished(_visit(workspace, survey), asked)))


@bp.get("/w/<workspace>/surveys/<slug>/preview/<locale>")
@bp.get("/w/<workspace>/surveys/<slug>/preview/<locale>/<int:score>")
@requires("surveys.edit")
def look(*, workspace: Workspace, slug: str, locale: str, score: int | None = None) -> ResponseReturnValue:
    """The page that a link of a test mail leads to: the saved draft, with the score chosen."""
    survey = Survey.of(workspace.id, slug)
    asked = Asked("preview", workspace.name, survey.draft, look_of(workspace, survey.draft))
    visit = replace(_visit(workspace, survey), typed=paging.scored(score))
    return _served(_answer(asked, wording.choose_locale(survey.draft, locale), _theme(), visit))


def _served(shown: Shown) -> ResponseReturnValue:
    response = make_response(shown.html)
    response.headers["Content-Security-Policy"] = shown.policy
    return response


def _theme() -> Theme:
    return "dark" if request.values.get("theme") == "dark" else "light"


def _locale(document: wording.Document) -> str:
    wishes = (request.form.get("switch"), request.form.get("lang"), request.values.get("editing"))
    return next((wish for wish in wishes if wish in wording.LOCALES), document["default_locale"])


def _document(survey: Survey) -> wording.Document:
    """The draft that the builder sent along, else the saved one."""
    if "document" not in request.form:
        return survey.draft
    try:
        raw = json.loads(request.form["document"])
    except (ValueError, RecursionError):
        raw = None
    document, _flaws = validating.check(raw, strict=False)
    if document is None:
        abort(422)
    return document


def _wished(visit: Visit, asked: Asked) -> Visit:
    """As the builder wants it: all questions at once, as a script shows them, or step by step; perhaps with a score."""
    scale = SCALES[asked.document["metric"]]
    band = request.values.get("as", "")
    scores = [value for value in scale.values if scale.band(value) == band]
    return replace(
        visit,
        typed=paging.scored(scores[len(scores) // 2] if scores else None),
        page=stepping.ALL if request.values.get("steps") == "all" else 0,
        person=previewing.person(request.values.get("person"), asked.document),
    )


def _pressed(asked: Asked, locale: str, theme: Theme) -> Shown:
    """A button of the previewed page was pressed: another language, or Send, with its real complaints."""
    sent = stepping.read(request.form, asked.document)
    person = previewing.person(request.form.get("person"), asked.document)
    visit = Visit(request.path, "preview", 0, typed=sent.typed, page=sent.page, person=person, seed="preview")
    if "switch" in request.form:
        return _answer(asked, locale, theme, visit)
    words = wording.named(wording.effective(asked.document, locale), asked.company, person)
    verdict = stepping.judge(sent, asked.document, Reader(asked.document["metric"], locale, person), words)
    if verdict.kept:
        return previewing.thanks(current_app.jinja_env, asked, locale=locale, theme=theme, person=person)
    return _answer(asked, locale, theme, replace(visit, page=verdict.page, problems=verdict.problems))


def _visit(workspace: Workspace, survey: Survey) -> Visit:
    """A page just opened; its buttons lead back to the preview."""
    return Visit(url_for("previewing.preview", workspace=workspace.slug, slug=survey.slug), "preview", 0)


def _answer(asked: Asked, locale: str, theme: Theme, visit: Visit) -> Shown:
    carried = {"person": request.values.get("person", "")}
    if current_app.config["WTF_CSRF_ENABLED"]:
        carried["csrf_token"] = generate_csrf()
    return previewing.answer(current_app.jinja_env, asked, locale=locale, theme=theme, visit=visit, carried=carried)


def _mail(asked: Asked, locale: str, theme: Theme) -> Shown:
    """The real mail, or the last reminder, to a sample person or to somebody of whom nothing is known; its links lead
    nowhere.
    """
    person = previewing.person(request.values.get("person", "maja"), asked.document)
    values = mailing.invitation_context(
        asked.document,
        locale,
        company=asked.company,
        name=person.value("contact.name"),
        links=mailing.Links("#", "#", "#"),
        person=person,
        look=asked.look,
    )
    if request.values.get("show") == "reminder":
        values = mailing.reminder_context(values, subject=None, last=True)
    letter = mail.render(current_app.jinja_env, "invitation", values)
    head = render_template(
        "surveys/_mail_head.html",
        subject=letter.subject,
        preheader=values["texts"]["mail_preheader"],
        company=asked.company,
        theme=theme,
    )
    return previewing.mail(letter.html, head, theme=theme, look=asked.look)
