"""Tags: given to an answer and taken from it without leaving the list; renamed, merged and deleted on one page."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import InvalidError
from feedback import feed
from feedback.tag import Tag, Tagging
from feedback.views.responses import way_back

bp = Blueprint("tagging", __name__)


@bp.post("/w/<workspace>/responses/<uuid:ident>/tags")
@requires("responses.annotate")
def add(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    typed, problem = request.form.get("name", ""), ""
    try:
        with transaction():
            feed.entry(workspace.id, ident).response.add_tag(typed, at=clock.now(), by=g.user.id)
    except InvalidError as error:
        problem = error.fields.get("name", error.detail)
    return _answer(workspace, ident, typed=typed if problem else "", problem=problem)


@bp.post("/w/<workspace>/responses/<uuid:ident>/tags/<uuid:tag_id>/remove")
@requires("responses.annotate")
def take(workspace: Workspace, ident: uuid.UUID, tag_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        response = feed.entry(workspace.id, ident).response
        response.take_tag(Tag.of(workspace.id, tag_id).id)
    return _answer(workspace, ident)


def _answer(workspace: Workspace, ident: uuid.UUID, *, typed: str = "", problem: str = "") -> ResponseReturnValue:
    """The tags alone where a script asked; else the list or the page again that the form stood on."""
    if "HX-Request" in request.headers:
        known = {"tags": Tagging.of([ident])[ident], "all_tags": Tag.all_of(workspace.id)}
        return render_template("feedback/_tags_of.html", ident=ident, typed=typed, problem=problem, **known)
    if problem:
        flash(problem, "error")
    return redirect(way_back(workspace, ident), 303)


@bp.get("/w/<workspace>/tags")
@requires("responses.annotate")
def index(workspace: Workspace) -> ResponseReturnValue:
    return _list(workspace)


def _list(workspace: Workspace, status: int = 200, **more: object) -> ResponseReturnValue:
    return render_template("feedback/tags.html", known=Tag.counted(workspace.id), **more), status


@bp.post("/w/<workspace>/tags/<uuid:tag_id>")
@requires("responses.annotate")
def rename(workspace: Workspace, tag_id: uuid.UUID) -> ResponseReturnValue:
    """Another name; that of another tag makes one of the two."""
    typed = request.form.get("name", "")
    try:
        with transaction():
            tag = Tag.of(workspace.id, tag_id)
            before = tag.name
            left = tag.rename(typed, at=clock.now(), by=g.user.id)
            told = (before, left.name, left.id == tag.id)
    except InvalidError as error:
        return _list(workspace, 422, wrong=tag_id, typed=typed, problem=error.fields.get("name", error.detail))
    before, after, same = told
    if same:
        flash(_("“%(before)s” is called “%(after)s” now.", before=before, after=after), "success")
    else:
        flash(_("“%(before)s” was merged into “%(after)s”.", before=before, after=after), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


@bp.post("/w/<workspace>/tags/<uuid:tag_id>/delete")
@requires("responses.annotate")
def delete(workspace: Workspace, tag_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        tag = Tag.of(workspace.id, tag_id)
        name = tag.name
        tag.remove(at=clock.now(), by=g.user.id)
    flash(_("“%(name)s” is gone, from all answers too.", name=name), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)
