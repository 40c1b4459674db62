"""The draft as its readers would see it: the saved one, or the one in the editor's form, which stays unsaved."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, current_app, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from accounts.access import requires
from accounts.workspace import Workspace
from base import mail
from base.web import body_up_to
from surveys import mailing, paging, previewing, stepping, wording
from surveys.branching import Reader
from surveys.forms.editing import WORDS_SIZE, EditorForm
from surveys.logo import look_of
from surveys.paging import Asked, Visit
from surveys.previewing import Shown, Theme
from surveys.survey import Survey

bp = Blueprint("previewing", __name__)


@bp.route("/w/<workspace>/surveys/<slug>/preview", methods=["GET", "POST"])
@requires("surveys.edit")
@body_up_to(WORDS_SIZE)
def preview(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    document = EditorForm().document(survey.draft) if request.method == "POST" else survey.draft
    asked = Asked("preview", workspace.name, document, look_of(workspace, document))
    locale, theme = _locale(document), _theme()
    if "form_id" in request.form:
        return _served(_pressed(asked, locale, theme))
    if request.values.get("show") == "mail":
        return _served(_mail(asked, locale, theme))
    if request.values.get("show") == "thanks":
        return _served(previewing.thanks(current_app.jinja_env, asked, locale=locale, theme=theme))
    return _served(_answer(asked, locale, theme, _visit(workspace, survey)))


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


def _pressed(asked: Asked, locale: str, theme: Theme) -> Shown:
    """A button of the previewed page was pressed: another language, or Send, with its real complaints."""
    sent = stepping.read(request.form, asked.document)
    visit = Visit(request.path, "preview", 0, typed=sent.typed, page=sent.page, seed="preview")
    if "switch" in request.form:
        return _answer(asked, locale, theme, visit)
    words = wording.named(wording.effective(asked.document, locale), asked.company)
    verdict = stepping.judge(sent, asked.document, Reader(asked.document["metric"], locale), words)
    if verdict.kept:
        return previewing.thanks(current_app.jinja_env, asked, locale=locale, theme=theme)
    return _answer(asked, locale, theme, replace(visit, page=verdict.page, problems=verdict.problems))


def _visit(workspace: Workspace, survey: Survey) -> Visit:
    """A page just opened; its buttons lead back to the preview."""
    return Visit(url_for("previewing.preview", workspace=workspace.slug, slug=survey.slug), "preview", 0)


def _answer(asked: Asked, locale: str, theme: Theme, visit: Visit) -> Shown:
    token = generate_csrf() if current_app.config["WTF_CSRF_ENABLED"] else None
    return previewing.answer(current_app.jinja_env, asked, locale=locale, theme=theme, visit=visit, token=token)


def _mail(asked: Asked, locale: str, theme: Theme) -> Shown:
    """The real mail, as to the person who looks at it; its links lead nowhere."""
    values = mailing.invitation_context(
        asked.document,
        locale,
        company=asked.company,
        name=g.user.name,
        links=mailing.Links("#", "#", "#"),
        look=asked.look,
    )
    letter = mail.render(current_app.jinja_env, "invitation", values)
    head = render_template(
        "surveys/_mail_head.html",
        subject=letter.subject,
        preheader=values["texts"]["mail_preheader"],
        company=asked.company,
        theme=theme,
    )
    return previewing.mail(letter.html, head, theme=theme, look=asked.look)
