"""Logos: they come in from those who design, and are shown to everybody. And what becomes of a colour."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import actor_id, requires
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.errors import NotFoundError
from base.web import body_up_to, public
from surveys import picturing
from surveys.coloring import read_color
from surveys.forms.looking import FORM_SIZE, refused, told
from surveys.logo import Logo

bp = Blueprint("logos", __name__)


@bp.get("/logo/<uuid:ident>.png")
@public("a company's logo is shown to everybody who is asked")
def picture(ident: uuid.UUID) -> Response:
    """It never changes, so whoever has it never asks again."""
    logo = db.session.get(Logo, ident)
    if logo is None:
        raise NotFoundError("logo", ident)
    response = Response(logo.page, mimetype="image/png")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@bp.post("/w/<workspace>/logos")
@requires("surveys.edit")
@body_up_to(FORM_SIZE)
def upload(*, workspace: Workspace) -> ResponseReturnValue:
    """Keep a picture before the form around it is saved: `{"id", "src", "width", "height"}`, or `{"error"}`."""
    file = request.files.get("logo")
    raw = file.read() if file else b""
    try:
        pictures = picturing.pictures(raw)
    except picturing.PictureError as error:
        return jsonify(error=refused(error, len(raw))), 422
    with transaction():
        logo = Logo.keep(workspace.id, pictures, at=clock.now(), by=actor_id())
    return jsonify(id=str(logo.id), src=f"/logo/{logo.id}.png", width=logo.width, height=logo.height), 201


@bp.get("/w/<workspace>/look/told")
@requires("surveys.edit")
def colors(*, workspace: Workspace) -> ResponseReturnValue:  # noqa: ARG001 - the door-keeper's argument
    """How `color` is used, as the list that stands under a colour field; empty for what is no colour."""
    color = read_color(request.args.get("color", ""))
    return render_template("surveys/_look_told.html", told=told(color) if color else [])
