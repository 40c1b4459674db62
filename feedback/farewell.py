"""Whoever may no longer look at something of a workspace, removed or in a lesser role, is told nothing of it either:
their digests end, the mails of alerts to them stop, their open cases are nobody's, so that somebody else takes them,
and scheduled exports go to the others only. An address that had no account when it was ordered was chosen as a guest,
and stays one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from accounts.policy import may
from accounts.role import Role
from accounts.user import User
from base import clock
from base.db import db, transaction
from base.events import Event
from base.jobs import job
from feedback.alert import Alert
from feedback.case import By, Case
from feedback.digest import Digest
from feedback.export_schedule import ExportSchedule
from feedback.recipient import CLOSED, LEFT, LESSER, Recipient


@job
def tell_no_more(user_id: uuid.UUID) -> None:
    """End what goes to somebody where they were removed or their role allows it no more, or everywhere once their
    account is closed. What was ordered for them afterwards was ordered for a guest; whoever is back already keeps
    everything.
    """
    with transaction() as session:
        user = session.get(User, user_id)
        if user is None:
            return
        for permission, end in _ENDS.items():
            for loss in _lost(user, permission):
                end(user, loss)
            if user.disabled_at is not None:
                end(user, Loss(user.disabled_at, CLOSED))


@dataclass(frozen=True)
class Loss:
    """Until when somebody might do something in a workspace, or in all of them, and why no more (`recipient`)."""

    until: datetime
    why: str
    workspace_id: uuid.UUID | None = None


def _lost(user: User, permission: str) -> list[Loss]:
    """Of the workspaces where the person might do something and may no more."""
    theirs = (Event.subject_id == user.id, Event.kind.in_(("person.removed", "role.changed")))
    roles = {role.workspace_id: role.name for role in db.session.scalars(select(Role).where(Role.user_id == user.id))}
    last: dict[uuid.UUID, datetime] = {}
    for event in db.session.scalars(select(Event).where(*theirs).order_by(Event.at, Event.id)):
        lost = event.kind == "person.removed" or (
            may(event.data["from"], permission) and not may(event.data["to"], permission)
        )
        if event.workspace_id is not None and lost:
            last[event.workspace_id] = event.at
    return [
        Loss(at, LESSER if place in roles else LEFT, place)
        for place, at in last.items()
        if not may(roles.get(place), permission)
    ]


def _end_digests(user: User, loss: Loss) -> None:
    """End what was ordered for the person's address while they had an account, until they left."""
    ours = [Digest.recipient_email == user.email, Digest.created_at.between(user.created_at, loss.until)]
    ours += [Digest.workspace_id == loss.workspace_id] if loss.workspace_id else []
    for digest in Digest.all_locked(db.session.scalars(select(Digest.id).where(*ours)).all()):
        digest.end(at=clock.now(), by=loss.why)


def _stop_alerts(user: User, loss: Loss) -> None:
    """The same of mails of alerts."""
    told = [Recipient.kind == "mail", Recipient.address == user.email, Recipient.removed_at.is_(None)]
    told += [Recipient.created_at.between(user.created_at, loss.until)]
    told += [Alert.workspace_id == loss.workspace_id] if loss.workspace_id else []
    wanted = select(Recipient.id).join(Alert, Alert.id == Recipient.alert_id).where(*told)
    for ident in db.session.scalars(wanted.order_by(Recipient.id)).all():
        recipient = Recipient.locked(ident)
        if recipient is not None:
            recipient.leave(at=clock.now(), why=loss.why)


def _let_go(user: User, loss: Loss) -> None:
    """Make the person's open cases nobody's."""
    theirs = [Case.owner_id == user.id, Case.closed_at.is_(None)]
    theirs += [Case.workspace_id == loss.workspace_id] if loss.workspace_id else []
    for ident in db.session.scalars(select(Case.id).where(*theirs).order_by(Case.id)).all():
        case = Case.locked(ident)
        if case is not None:
            case.assign(None, By(clock.now()))


def _forget_reader(user: User, loss: Loss) -> None:
    ExportSchedule.forget_reader(user.id, loss.workspace_id, at=clock.now())


_ENDS: Mapping[str, Callable[[User, Loss], None]] = {
    "digests.view": _end_digests,
    "alerts.view": _stop_alerts,
    "cases.work": _let_go,
    "responses.export": _forget_reader,
}
"""What ends for whoever may not do this any more; without a workspace it ends in all of them."""
