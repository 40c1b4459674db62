"""Links and places of a survey: addresses that anybody may open, and what is put where people are."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.language import LANGUAGE_NAMES
from accounts.workspace import Workspace
from base import clock, tokens
from base.db import transaction
from base.web import CONTENT_POLICY
from surveys import qrcoding, wording
from surveys.forms.placing import LinkForm
from surveys.logo import look_of
from surveys.open_link import OpenLink
from surveys.paging import source_of
from surveys.survey import Survey
from surveys.version import Version

bp = Blueprint("places", __name__)

HERE = "/w/<workspace>/surveys/<survey>/links"


@bp.route(f"{HERE}/new", methods=["GET", "POST"])
@requires("surveys.edit")
def new(*, workspace: Workspace, survey: str) -> ResponseReturnValue:
    found, form = Survey.of(workspace.id, survey), LinkForm()
    if not form.validate_on_submit():
        return _form(found, form)
    with transaction():
        link = OpenLink.make(Survey.of(workspace.id, survey), form.terms(), at=clock.now(), by=g.user.id)
        ident = link.id
    flash(_("The link is ready. Copy it, print it, or put it on a page."), "success")
    return redirect(url_for(".show", workspace=workspace.slug, survey=survey, ident=ident), 303)


@bp.get(f"{HERE}/<uuid:ident>")
@requires("surveys.view")
def show(*, workspace: Workspace, survey: str, ident: uuid.UUID) -> ResponseReturnValue:
    found = Survey.of(workspace.id, survey)
    link = OpenLink.of(found, ident)
    address = address_of(link)
    return render_template(
        "surveys/link.html",
        survey=found,
        link=link,
        state=link.state(clock.local_date(clock.now(), workspace.zone)),
        address=address,
        lines={mode: _line_of_html(link, mode) for mode in ("inline", "slide")},
        kiosk=f"{address}?kiosk=1",
        anonymous=_document(found).get("anonymous", False),
    )


@bp.route(f"{HERE}/<uuid:ident>/edit", methods=["GET", "POST"])
@requires("surveys.edit")
def edit(*, workspace: Workspace, survey: str, ident: uuid.UUID) -> ResponseReturnValue:
    found = Survey.of(workspace.id, survey)
    link = OpenLink.of(found, ident)
    form = LinkForm() if request.method == "POST" else LinkForm.of(link)
    if not form.validate_on_submit():
        return _form(found, form, link)
    with transaction():
        OpenLink.of(found, ident).change(form.terms(), at=clock.now(), by=g.user.id)
    flash(_("Saved. It holds from now on."), "success")
    return _to(workspace, survey, ident)


@bp.post(f"{HERE}/<uuid:ident>/pause")
@requires("surveys.edit")
def pause(*, workspace: Workspace, survey: str, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        OpenLink.of(Survey.of(workspace.id, survey), ident).pause(at=clock.now(), by=g.user.id)
    flash(_("The link is paused. Who opens it reads that the survey is closed."), "success")
    return _to(workspace, survey, ident)


@bp.post(f"{HERE}/<uuid:ident>/resume")
@requires("surveys.edit")
def resume(*, workspace: Workspace, survey: str, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        OpenLink.of(Survey.of(workspace.id, survey), ident).resume(at=clock.now(), by=g.user.id)
    flash(_("The link takes answers again."), "success")
    return _to(workspace, survey, ident)


@bp.get(f"{HERE}/<uuid:ident>/card")
@requires("surveys.view")
def card(*, workspace: Workspace, survey: str, ident: uuid.UUID) -> ResponseReturnValue:
    """A page of A6 to print and put where people are."""
    found = Survey.of(workspace.id, survey)
    link, document = OpenLink.of(found, ident), _document(found)
    locale = wording.choose_locale(document, request.args.get("lang"))
    address, look = address_of(link), look_of(workspace, document)
    shades = look.palette.light
    style = f".card{{--brand:{shades.fill};--on:{shades.on}}}" if look.color else ""
    page = render_template(
        "surveys/link_card.html",
        look=look,
        style=style,
        survey=found,
        link=link,
        words=wording.named(wording.effective(document, locale), workspace.name),
        locale=locale,
        direction=wording.direction(locale),
        languages=[(tag, LANGUAGE_NAMES.get(tag, tag)) for tag in document["locales"]],
        shown=address.partition("://")[2],
    )
    response = make_response(page)
    if style:  # its colour is the only rule that may stand in the page
        policy = CONTENT_POLICY.replace("style-src 'self'", f"style-src 'self' {source_of(style)}")
        response.headers["Content-Security-Policy"] = policy
    return response


@bp.get(f"{HERE}/<uuid:ident>/qr.svg")
@requires("surveys.view")
def qr_svg(*, workspace: Workspace, survey: str, ident: uuid.UUID) -> ResponseReturnValue:
    link = OpenLink.of(Survey.of(workspace.id, survey), ident)
    return _file(qrcoding.svg(address_of(link)), "image/svg+xml", f"{link.slug}.svg")


@bp.get(f"{HERE}/<uuid:ident>/qr.png")
@requires("surveys.view")
def qr_png(*, workspace: Workspace, survey: str, ident: uuid.UUID) -> ResponseReturnValue:
    link = OpenLink.of(Survey.of(workspace.id, survey), ident)
    return _file(qrcoding.png(address_of(link)), "image/png", f"{link.slug}.png")


def address_of(link: OpenLink) -> str:
    """Where anybody opens it."""
    return tokens.link(f"/o/{link.slug}")


def _line_of_html(link: OpenLink, mode: str) -> str:
    """What a site puts into its page; as text, which the page of staff shows and does not run."""
    return f'<script src="{tokens.link("/embed.js")}" data-link="{link.slug}" data-mode="{mode}" async></script>'


def _file(content: bytes, kind: str, name: str) -> Response:
    how = "attachment" if request.args.get("save") else "inline"
    return Response(content, mimetype=kind, headers={"Content-Disposition": f'{how}; filename="{name}"'})


def _document(survey: Survey) -> wording.Document:
    """What is asked now, or would be."""
    newest = Version.newest(survey.id)
    return newest.document if newest else survey.draft


def _form(survey: Survey, form: LinkForm, link: OpenLink | None = None) -> ResponseReturnValue:
    known = {"survey": survey, "form": form, "link": link, "anonymous": _document(survey).get("anonymous", False)}
    return render_template("surveys/link_form.html", **known), 422 if form.errors else 200


def _to(workspace: Workspace, survey: str, ident: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", workspace=workspace.slug, survey=survey, ident=ident), 303)
