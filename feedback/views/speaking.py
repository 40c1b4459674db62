"""Where an alert speaks: its page, channels that come and go, and a test of each place."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.errors import ConflictError, TooManyError
from feedback.alert import Alert
from feedback.forms.ruling import ChannelForm
from feedback.notice import Notice
from feedback.order import unheard
from feedback.recipient import Recipient
from feedback.said import Said
from feedback.views import narrating

bp = Blueprint("speaking", __name__)

HERE = "/w/<workspace>/alerts/<uuid:alert_id>"
PAGE = 20


@bp.post(f"{HERE}/channels")
@requires("alerts.edit")
def add(workspace: Workspace, alert_id: uuid.UUID) -> ResponseReturnValue:
    alert, form = Alert.of(workspace.id, alert_id), ChannelForm()
    if not form.validate():
        return page(alert, form=form), 422
    try:
        with transaction():
            held, address, name = Alert.held(workspace.id, alert_id), form.address.data or "", form.title.data or ""
            held.add_channel(form.channel_kind.data, address, name, at=clock.now())
    except ConflictError as error:
        form.address.errors = [error.detail]
        return page(alert, form=form), 409
    flash(_("The channel is added. Send a test to see it arrive."), "success")
    return _back(workspace, alert_id)


@bp.post(f"{HERE}/recipients/<uuid:recipient_id>/test")
@requires("alerts.edit")
def test(workspace: Workspace, alert_id: uuid.UUID, recipient_id: uuid.UUID) -> ResponseReturnValue:
    recipient, now = Recipient.of(Alert.of(workspace.id, alert_id).id, recipient_id), clock.now()
    try:
        with transaction():
            Notice.test(recipient_id, at=now)
    except TooManyError:
        flash(_("Enough tests for now; try again in a few minutes."), "warning")
        return _back(workspace, alert_id)
    except ConflictError:
        flash(_("Its reader stopped the messages; nothing is sent there until you resume them."), "warning")
        return _back(workspace, alert_id)
    flash(_("A test is on its way to %(place)s. What became of it stands below.", place=recipient.called), "success")
    return _back(workspace, alert_id)


@bp.post(f"{HERE}/recipients/<uuid:recipient_id>/remove")
@requires("alerts.edit")
def remove(workspace: Workspace, alert_id: uuid.UUID, recipient_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Recipient.of(Alert.held(workspace.id, alert_id).id, recipient_id).remove(at=clock.now())
    flash(_("Nothing more is sent there."), "success")
    return _back(workspace, alert_id)


@bp.post(f"{HERE}/recipients/<uuid:recipient_id>/resume")
@requires("alerts.edit")
def resume(workspace: Workspace, alert_id: uuid.UUID, recipient_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Recipient.of(Alert.of(workspace.id, alert_id).id, recipient_id).resume()
    flash(_("They are told again of what comes from now on."), "success")
    return _back(workspace, alert_id)


def page(alert: Alert, *, form: ChannelForm | None = None, before: uuid.UUID | None = None) -> str:
    """The page of an alert: the rule, its places, what it said."""
    notices = Notice.page(alert.id, before=before, limit=PAGE + 1)
    return render_template(
        "feedback/alert.html",
        alert=alert,
        author=db.session.get(User, alert.off_by) if alert.off_by else None,
        recipients=Recipient.of_alert(alert.id),
        form=form or ChannelForm(formdata=None),
        history=Said.of(notices[:PAGE]),
        older=notices[PAGE - 1].id if len(notices) > PAGE else None,
        unknown=unheard(alert, as_written=False),
        narrating=narrating,
    )


def _back(workspace: Workspace, alert_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("alerts.show", workspace=workspace.slug, alert_id=alert_id), 303)
