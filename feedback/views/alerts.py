"""Alerts: the rules of a workspace, what each said lately, and the form."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import ConflictError
from feedback.alert import Alert
from feedback.forms.ruling import RuleForm
from feedback.notice import Notice
from feedback.order import known_names
from feedback.recipient import Recipient
from feedback.said import Said
from feedback.views import narrating, speaking
from surveys.survey import Survey

bp = Blueprint("alerts", __name__)

HERE = "/w/<workspace>/alerts"


@bp.get(HERE)
@requires("alerts.view")
def index(workspace: Workspace) -> ResponseReturnValue:
    alerts = Alert.all_of(workspace.id)
    newest = Said.of(list(Notice.newest_of([alert.id for alert in alerts]).values()))
    return render_template(
        "feedback/alerts.html",
        alerts=alerts,
        recipients=Recipient.of_alerts([alert.id for alert in alerts]),
        newest={said.notice.alert_id: said for said in newest},
        narrating=narrating,
    )


@bp.get(f"{HERE}/new")
@requires("alerts.edit")
def new(workspace: Workspace) -> ResponseReturnValue:
    return _form(workspace, _empty(workspace))


@bp.post(f"{HERE}/new")
@requires("alerts.edit")
def make(workspace: Workspace) -> ResponseReturnValue:
    form = _empty(workspace)
    if not form.validate():
        return _form(workspace, form, status=422)
    try:
        with transaction():
            alert = Alert.make(workspace.id, form.rule(_names(workspace)), at=clock.now(), by=g.user.id)
    except ConflictError as error:
        form.name.errors = [error.detail]
        return _form(workspace, form, status=409)
    flash(_("The alert is on. It speaks of what comes from now on."), "success")
    return redirect(url_for(".show", workspace=workspace.slug, alert_id=alert.id), 303)


@bp.get(f"{HERE}/<uuid:alert_id>")
@requires("alerts.view")
def show(workspace: Workspace, alert_id: uuid.UUID) -> ResponseReturnValue:
    alert = Alert.of(workspace.id, alert_id)
    return speaking.page(alert, before=_ident(request.args.get("before", "")))


@bp.get(f"{HERE}/<uuid:alert_id>/edit")
@requires("alerts.edit")
def edit(workspace: Workspace, alert_id: uuid.UUID) -> ResponseReturnValue:
    alert = Alert.of(workspace.id, alert_id)
    spoken, people = known_names(workspace.id)["language"], User.of_workspace(workspace.id)
    return _form(workspace, RuleForm.over(_surveys(workspace), people, alert, spoken=spoken), alert)


@bp.post(f"{HERE}/<uuid:alert_id>/edit")
@requires("alerts.edit")
def change(workspace: Workspace, alert_id: uuid.UUID) -> ResponseReturnValue:
    alert = Alert.of(workspace.id, alert_id)
    form = _empty(workspace, alert.language)
    if not form.validate():
        return _form(workspace, form, alert, status=422)
    with transaction():
        Alert.held(workspace.id, alert_id).change(form.rule(_names(workspace)), at=clock.now(), by=g.user.id)
    flash(_("The alert is changed."), "success")
    return redirect(url_for(".show", workspace=workspace.slug, alert_id=alert_id), 303)


@bp.post(f"{HERE}/<uuid:alert_id>/off")
@requires("alerts.edit")
def switch_off(workspace: Workspace, alert_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Alert.held(workspace.id, alert_id).switch_off(at=clock.now(), by=g.user.id)
    flash(_("The alert is off. What comes meanwhile is not told."), "success")
    return redirect(url_for(".show", workspace=workspace.slug, alert_id=alert_id), 303)


@bp.post(f"{HERE}/<uuid:alert_id>/on")
@requires("alerts.edit")
def switch_on(workspace: Workspace, alert_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Alert.held(workspace.id, alert_id).switch_on(at=clock.now(), by=g.user.id)
    flash(_("The alert is on. It speaks of what comes from now on."), "success")
    return redirect(url_for(".show", workspace=workspace.slug, alert_id=alert_id), 303)


@bp.post(f"{HERE}/<uuid:alert_id>/remove")
@requires("alerts.edit")
def remove(workspace: Workspace, alert_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Alert.held(workspace.id, alert_id).remove(at=clock.now(), by=g.user.id)
    flash(_("The alert is removed."), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


def _empty(workspace: Workspace, language: str | None = None) -> RuleForm:
    """For a new alert, or for what is sent of one that is narrowed to `language` now."""
    return RuleForm.over(
        _surveys(workspace),
        User.of_workspace(workspace.id),
        locale=workspace.default_locale,
        told=g.user.email,
        spoken=[*known_names(workspace.id)["language"], language],
    )


def _form(
    workspace: Workspace, form: RuleForm, alert: Alert | None = None, *, status: int = 200
) -> ResponseReturnValue:
    known = {"form": form, "alert": alert, "zone": workspace.zone, "names": known_names(workspace.id)}
    return render_template("feedback/alert_form.html", **known), status


def _surveys(workspace: Workspace) -> list[Survey]:
    return [survey for survey in Survey.all_of(workspace.id) if survey.published_number is not None]


def _names(workspace: Workspace) -> dict[str, str]:
    return {user.email: user.name for user, _role in User.of_workspace(workspace.id)}


def _ident(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
