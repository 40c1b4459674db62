"""Where an alert speaks, for other systems: channels that come and go, and a test of each place."""

from __future__ import annotations

import uuid

from flask import Blueprint

from accounts.access import requires_key
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import NotFoundError
from base.openapi import operation
from feedback.alert import Alert
from feedback.alert_schemas import ChannelIn, GoneOut, NoticeOut, RecipientOut
from feedback.forms.commanding import checked_channel
from feedback.notice import Notice
from feedback.recipient import Recipient
from feedback.said import Said

bp = Blueprint("api_speaking", __name__)

HERE = "/api/v1/alerts/<uuid:alert_id>"
PLACE = f"{HERE}/recipients/<uuid:recipient_id>"


@bp.post(f"{HERE}/channels")
@requires_key
@operation("Add a channel to an alert", body=ChannelIn, answers={201: RecipientOut}, problems=(409,))
def add(*, workspace: Workspace, alert_id: uuid.UUID, body: ChannelIn) -> tuple[RecipientOut, int]:
    Alert.of(workspace.id, alert_id)
    address, name = checked_channel(body.kind, body.name, body.address)
    with transaction():
        alert = Alert.held(workspace.id, alert_id)
        return RecipientOut.of(alert.add_channel(body.kind, address, name, at=clock.now())), 201


@bp.delete(PLACE)
@requires_key
@operation("Send nothing more to a person or channel", answers={200: GoneOut})
def remove(*, workspace: Workspace, alert_id: uuid.UUID, recipient_id: uuid.UUID) -> GoneOut:
    now = clock.now()
    with transaction():
        Recipient.of(Alert.held(workspace.id, alert_id).id, recipient_id).remove(at=now)
    return GoneOut(id=recipient_id, at=now)


@bp.post(f"{PLACE}/resume")
@requires_key
@operation("Go on after a recipient stopped it; again is the same", answers={200: RecipientOut})
def resume(*, workspace: Workspace, alert_id: uuid.UUID, recipient_id: uuid.UUID) -> RecipientOut:
    with transaction():
        recipient = Recipient.of(Alert.of(workspace.id, alert_id).id, recipient_id)
        recipient.resume()
        return RecipientOut.of(recipient)


@bp.post(f"{PLACE}/test")
@requires_key
@operation("Send a test to a person or channel", answers={200: NoticeOut}, problems=(409, 429))
def test(*, workspace: Workspace, alert_id: uuid.UUID, recipient_id: uuid.UUID) -> NoticeOut:
    recipient = Recipient.of(Alert.of(workspace.id, alert_id).id, recipient_id)
    with transaction():
        notice = Notice.test(recipient.id, at=clock.now())
        if notice is None:  # it was removed in this very moment
            raise NotFoundError("recipient", recipient_id)
        return NoticeOut.of(Said.of([notice])[0])
