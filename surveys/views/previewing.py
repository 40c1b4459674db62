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
from surveys import mailing, previewing, wording
from surveys.forms.editing import WORDS_SIZE, EditorForm
from surveys.paging import Asked, Problem, Visit
from surveys.previewing import Shown, Theme
from surveys.scale import SCALES
from surveys.survey import Survey

bp = Blueprint("previewing", __name__)


@bp.route("/w/<workspace>/surveys/<slug>/preview", methods=["GET", "POST"])
@requires("surveys.edit")
@body_up_to(WORDS_SIZE)
def preview(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    document = EditorForm().document(survey.draft) if request.method == "POST" else survey.draft
    asked = Asked("preview", workspace.name, document)
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
    asked = Asked("preview", workspace.name, survey.draft)
    visit = replace(_visit(workspace, survey), score=score)
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
    if "switch" in request.form:
        return _answer(asked, locale, theme, _typed())
    if _score(asked) is not None:
        return previewing.thanks(current_app.jinja_env, asked, locale=locale, theme=theme)
    words = wording.effective(asked.document, locale)
    missing = Problem("score", wording.score_missing(words, SCALES[asked.document["metric"]]))
    return _answer(asked, locale, theme, _typed(missing))


def _visit(workspace: Workspace, survey: Survey) -> Visit:
    """A page just opened; its buttons lead back to the preview."""
    return Visit(url_for("previewing.preview", workspace=workspace.slug, slug=survey.slug), "preview", 0)


def _typed(*problems: Problem) -> Visit:
    """What was typed into the previewed page."""
    raw, comment = request.form.get("score", ""), request.form.get("comment", "")[: wording.COMMENT_LIMIT]
    score = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 3 else None
    return Visit(request.path, "preview", 0, score=score, comment=comment, problems=problems)


def _score(asked: Asked) -> int | None:
    score = _typed().score
    return score if score in SCALES[asked.document["metric"]].values else None


def _answer(asked: Asked, locale: str, theme: Theme, visit: Visit) -> Shown:
    token = generate_csrf() if current_app.config["WTF_CSRF_ENABLED"] else None
    return previewing.answer(current_app.jinja_env, asked, locale=locale, theme=theme, visit=visit, token=token)


def _mail(asked: Asked, locale: str, theme: Theme) -> Shown:
    """The real mail, as to the person who looks at it; its links lead nowhere."""
    values = mailing.invitation_context(
        asked.document, locale, company=asked.company, name=g.user.name, links=mailing.Links("#", "#", "#")
    )
    letter = mail.render(current_app.jinja_env, "invitation", values)
    head = render_template(
        "surveys/_mail_head.html",
        subject=letter.subject,
        preheader=values["texts"]["mail_preheader"],
        company=asked.company,
        theme=theme,
    )
    return previewing.mail(letter.html, head, theme=theme)
