"""The look of a workspace: name, logo and colour on everything that customers see, tried on before it is saved."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, actor_id, requires
from accounts.workspace import Workspace
from base import clock, mail
from base.db import transaction
from base.web import body_up_to
from surveys import logo, mailing, paging, picturing, previewing
from surveys.coloring import read_color
from surveys.forms.looking import FORM_SIZE, LookForm, known_logo, refused, told
from surveys.logo import Logo
from surveys.paging import Asked, Visit
from surveys.previewing import Theme
from surveys.wording import LAST_RESORT, nearest

bp = Blueprint("looks", __name__)


@bp.get("/w/<workspace>/settings/look")
@requires("workspace.edit")
def show(*, workspace: Workspace) -> ResponseReturnValue:
    form = LookForm(name=workspace.name, color=workspace.color, logo_id=workspace.logo_id)
    return _page(workspace, form)


@bp.post("/w/<workspace>/settings/look")
@requires("workspace.edit")
@body_up_to(FORM_SIZE)
def change(*, workspace: Workspace) -> ResponseReturnValue:
    form = LookForm()
    valid = form.validate()
    problem = _take_in(workspace, form) if valid or not form.logo.errors else None
    if problem:
        form.logo.errors = [*form.logo.errors, problem]
    if not valid or problem:
        return _page(workspace, form), 422
    with transaction():
        logo_id = None if form.remove.data else known_logo(workspace.id, form.logo_id.data)
        workspace.dress(
            name=form.name.data or workspace.name,
            color=form.chosen_color,
            logo_id=logo_id,
            at=clock.now(),
            actor=actor(),
        )
    flash(_("The look is saved. Pages wear it from now on, and so do mails that are not written yet."), "success")
    return redirect(url_for(".show", workspace=workspace.slug), 303)


def _take_in(workspace: Workspace, form: LookForm) -> str | None:
    """Keep the file that was chosen, whatever else is wrong with the form; or say what is wrong with the file."""
    if form.upload is None:
        return None
    raw = form.upload.read()
    try:
        pictures = picturing.pictures(raw)
    except picturing.PictureError as error:
        return refused(error, len(raw))
    with transaction():
        kept = Logo.keep(workspace.id, pictures, at=clock.now(), by=actor_id())
    form.logo_id.data, form.remove.data = str(kept.id), False
    return None


def _page(workspace: Workspace, form: LookForm) -> str:
    color = form.chosen_color
    kept = known_logo(workspace.id, str(form.logo_id.data or ""))
    return render_template(
        "surveys/look.html",
        form=form,
        color=color or "",
        logo=logo.shown(workspace.id, kept) if kept and not form.remove.data else None,
        told=told(color) if color else [],
    )


@bp.get("/w/<workspace>/settings/look/preview")
@requires("workspace.edit")
def preview(*, workspace: Workspace) -> ResponseReturnValue:
    """A page or a mail in the look that the address describes, for a frame; its links lead nowhere."""
    theme: Theme = "dark" if request.args.get("theme") == "dark" else "light"
    locale = nearest(workspace.default_locale) or LAST_RESORT
    document = {"metric": "nps", "default_locale": locale, "locales": [locale], "texts": {}}
    color, logo_id = read_color(request.args.get("color", "")), known_logo(workspace.id, request.args.get("logo"))
    company = request.args.get("name", "")[:120].strip() or workspace.name
    asked = Asked("look", company, document, logo.worn(workspace.id, color, logo_id, {}))
    environment = current_app.jinja_env
    if request.args.get("show") == "mail":
        links = mailing.Links("#", "#", "#")
        values = mailing.invitation_context(document, locale, company=company, name=None, links=links, look=asked.look)
        shown = previewing.mail(mail.render(environment, "invitation", values).html, "", theme=theme, look=asked.look)
    else:
        shown = previewing.still(environment, asked, locale=locale, theme=theme, visit=_SEEN)
    response = make_response(shown.html)
    response.headers["Content-Security-Policy"] = shown.policy
    return response


_SEEN = Visit("#", "preview", 0, typed=paging.scored(9))
"""A page on which something is chosen, which is where a colour shows."""
