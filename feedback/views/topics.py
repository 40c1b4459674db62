"""A workspace's own topics: the list, and the form that tries words on the newest comments while they are written."""

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
from feedback import inbox
from feedback.feed import Query
from feedback.forms.topical import LONGEST_LIST, TopicForm
from feedback.inbox import Size
from feedback.topic import Topic, Trial, tried

bp = Blueprint("topics", __name__)

HERE = "/w/<workspace>/topics"


@bp.get(HERE)
@requires("surveys.edit")
def index(workspace: Workspace) -> ResponseReturnValue:
    topics = Topic.all_of(workspace.id)
    return render_template("feedback/topics.html", topics=topics, sizes={one.id: _size(one) for one in topics})


def _size(topic: Topic) -> Size:
    """How many comments the list that a topic leads to has."""
    return inbox.size(Query(workspace_id=topic.workspace_id, commented=True, either=topic.parts))


@bp.get(f"{HERE}/new")
@requires("surveys.edit")
def new(workspace: Workspace) -> ResponseReturnValue:  # noqa: ARG001 - the same for every workspace
    return _form(TopicForm.of(None))


@bp.post(f"{HERE}/new")
@requires("surveys.edit")
def make(workspace: Workspace) -> ResponseReturnValue:
    form = TopicForm()
    if "preview" in request.values:
        return _preview(workspace, form, None)
    try:
        if not form.validate():
            return _form(form, status=422)
        with transaction():
            Topic.make(workspace.id, form.name.data or "", form.words.data or "", at=clock.now(), by=g.user.id)
    except InvalidError as error:
        form.refuse(error.fields)
        return _form(form, status=422)
    flash(_("The topic is made. Results count it in all comments, also in older ones."), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


@bp.get(f"{HERE}/<uuid:topic_id>")
@requires("surveys.edit")
def edit(workspace: Workspace, topic_id: uuid.UUID) -> ResponseReturnValue:
    topic = Topic.of(workspace.id, topic_id)
    return _form(TopicForm.of(topic), topic, trial=tried(workspace.id, topic.words))


@bp.post(f"{HERE}/<uuid:topic_id>")
@requires("surveys.edit")
def change(workspace: Workspace, topic_id: uuid.UUID) -> ResponseReturnValue:
    topic, form = Topic.of(workspace.id, topic_id), TopicForm()
    if "preview" in request.values:
        return _preview(workspace, form, topic)
    try:
        if not form.validate():
            return _form(form, topic, status=422)
        with transaction():
            held = Topic.of(workspace.id, topic_id)
            held.change(form.name.data or "", form.words.data or "", at=clock.now(), by=g.user.id)
    except InvalidError as error:
        form.refuse(error.fields)
        return _form(form, Topic.of(workspace.id, topic_id), status=422)
    flash(_("The topic is changed. Results count it so in all comments, also in older ones."), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


@bp.post(f"{HERE}/<uuid:topic_id>/remove")
@requires("surveys.edit")
def remove(workspace: Workspace, topic_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        topic = Topic.of(workspace.id, topic_id)
        name = topic.name
        topic.remove(at=clock.now(), by=g.user.id)
    flash(_("The topic “%(name)s” is removed.", name=name), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


def _preview(workspace: Workspace, form: TopicForm, topic: Topic | None) -> ResponseReturnValue:
    """What the words would find, nothing kept: a part of the page where a script asks, else the page as it was."""
    trial, problem = None, ""
    try:
        trial = tried(workspace.id, (form.words.data or "")[: LONGEST_LIST + 1])
    except InvalidError as error:
        problem = error.fields["words"]
    if "HX-Request" in request.headers:
        return render_template("feedback/_topic_trial.html", trial=trial, problem=problem)
    return _form(form, topic, trial=trial, problem=problem)


def _form(
    form: TopicForm, topic: Topic | None = None, *, trial: Trial | None = None, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    page = render_template("feedback/topic_form.html", form=form, topic=topic, trial=trial, problem=problem)
    return page, status
