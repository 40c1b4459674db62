"""Alerts for other systems: the rules, by the same verbs as the pages, and what they said."""

from __future__ import annotations

import json
import uuid

from flask import Blueprint, request

from accounts.access import actor, requires_key
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.openapi import operation, takes_header
from feedback.alert import Alert, Rule
from feedback.alert_key import HEADER, AlertKey, checked
from feedback.alert_schemas import (
    AlertChange,
    AlertIn,
    AlertList,
    AlertOut,
    GoneOut,
    NoticeList,
    NoticeOut,
    NoticesIn,
)
from feedback.forms.commanding import rule_of
from feedback.notice import Notice
from feedback.recipient import Recipient
from feedback.said import Said
from surveys.survey import Survey

bp = Blueprint("api_alerts", __name__)

HERE = "/api/v1/alerts"
ONE = f"{HERE}/<uuid:alert_id>"


@bp.get(HERE)
@requires_key
@operation("All alerts, those that are on first", answers={200: AlertList})
def index(*, workspace: Workspace) -> AlertList:
    alerts = Alert.all_of(workspace.id)
    recipients = Recipient.of_alerts([alert.id for alert in alerts])
    return AlertList(data=[AlertOut.of(alert, recipients.get(alert.id, [])) for alert in alerts])


@bp.post(HERE)
@requires_key
@takes_header(HEADER, "Any name of this request: sent again with the same one, it answers 200 with the same alert.")
@operation(
    "Make an alert. It speaks of what comes from now on",
    body=AlertIn,
    answers={200: AlertOut, 201: AlertOut},
    problems=(409,),
)
def make(*, workspace: Workspace, body: AlertIn) -> tuple[AlertOut, int]:
    key, wish, now = checked(request.headers.get(HEADER)), json.dumps(body.wish, sort_keys=True), clock.now()
    with transaction():
        Alert.hold_all(workspace.id)  # the same request twice at one time is one
        known = AlertKey.alert_of(workspace.id, key, wish) if key else None
        if known is not None:
            return _whole(known), 200
        alert = Alert.make(workspace.id, _rule(workspace, body), at=now, actor=actor())
        if key:
            AlertKey.keep(alert, key, wish, at=now)
        return _whole(alert), 201


@bp.get(ONE)
@requires_key
@operation("One alert", answers={200: AlertOut})
def show(*, workspace: Workspace, alert_id: uuid.UUID) -> AlertOut:
    return _whole(Alert.of(workspace.id, alert_id))


@bp.patch(ONE)
@requires_key
@operation("Change an alert; what is not said stays as it is", body=AlertChange, answers={200: AlertOut})
def change(*, workspace: Workspace, alert_id: uuid.UUID, body: AlertChange) -> AlertOut:
    with transaction():
        alert = Alert.held(workspace.id, alert_id)  # what is not said stays as it is now, whoever else changes it
        alert.change(_rule(workspace, body, alert), at=clock.now(), actor=actor())
        return _whole(alert)


@bp.delete(ONE)
@requires_key
@operation("Delete an alert with the history of what it said", answers={200: GoneOut})
def remove(*, workspace: Workspace, alert_id: uuid.UUID) -> GoneOut:
    now = clock.now()
    with transaction():
        Alert.held(workspace.id, alert_id).remove(at=now, actor=actor())
    return GoneOut(id=alert_id, at=now)


@bp.post(f"{ONE}/off")
@requires_key
@operation("Switch an alert off; again is the same", answers={200: AlertOut})
def switch_off(*, workspace: Workspace, alert_id: uuid.UUID) -> AlertOut:
    with transaction():
        alert = Alert.held(workspace.id, alert_id)
        alert.switch_off(at=clock.now(), actor=actor())
        return _whole(alert)


@bp.post(f"{ONE}/on")
@requires_key
@operation("Switch an alert on again, for what comes from now on", answers={200: AlertOut})
def switch_on(*, workspace: Workspace, alert_id: uuid.UUID) -> AlertOut:
    with transaction():
        alert = Alert.held(workspace.id, alert_id)
        alert.switch_on(at=clock.now(), actor=actor())
        return _whole(alert)


@bp.get(f"{ONE}/notices")
@requires_key
@operation("What an alert said, the newest first", query=NoticesIn, answers={200: NoticeList})
def notices(*, workspace: Workspace, alert_id: uuid.UUID, query: NoticesIn) -> NoticeList:
    alert = Alert.of(workspace.id, alert_id)
    found = Notice.page(alert.id, before=query.cursor, limit=query.limit + 1)
    shown = found[: query.limit]
    data = [NoticeOut.of(said) for said in Said.of(shown)]
    return NoticeList(data=data, next_cursor=str(shown[-1].id) if len(found) > len(shown) else None)


def _rule(workspace: Workspace, body: AlertChange, alert: Alert | None = None) -> Rule:
    surveys = [survey for survey in Survey.all_of(workspace.id) if survey.published_number is not None]
    people = User.of_workspace(workspace.id)
    return rule_of(body.wish, surveys, people, alert=alert, locale=workspace.default_locale)


def _whole(alert: Alert) -> AlertOut:
    return AlertOut.of(alert, Recipient.of_alert(alert.id))
