"""Whoever may no longer look at a workspace is told nothing of its customers either: their digests end, the mails of
alerts to them stop, their open cases are nobody's, so that somebody else takes them, and scheduled exports go to the
others only. An address that had no account when it was ordered was chosen as a guest, and stays one.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, select, true

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
from feedback.recipient import LEFT, Recipient

Where = ColumnElement[bool]


@job
def tell_no_more(user_id: uuid.UUID) -> None:
    """End what goes to somebody where they were removed, or everywhere once their account is closed. What was ordered
    for them afterwards was ordered for a guest; whoever is back already keeps everything.
    """
    with transaction() as session:
        user = session.get(User, user_id)
        if user is None:
            return
        for workspace_id, left_at in _left(user):
            _end(user, left_at, Digest.workspace_id == workspace_id, Alert.workspace_id == workspace_id)
            _let_go(user, Case.workspace_id == workspace_id)
            ExportSchedule.forget_reader(user_id, workspace_id, at=clock.now())
        if user.disabled_at is not None:
            _end(user, user.disabled_at, true(), true())
            _let_go(user, true())
            ExportSchedule.forget_reader(user_id, None, at=clock.now())


def _left(user: User) -> list[tuple[uuid.UUID, datetime]]:
    """The workspaces that the person was removed from and does not belong to, and when that was."""
    removals = select(Event.workspace_id, Event.at).where(Event.subject_id == user.id, Event.kind == "person.removed")
    last = {place: at for place, at in db.session.execute(removals.order_by(Event.at)) if place is not None}
    here = set(db.session.scalars(select(Role.workspace_id).where(Role.user_id == user.id)))
    return [(place, at) for place, at in last.items() if place not in here]


def _end(user: User, until: datetime, digests: Where, alerts: Where) -> None:
    """End and stop what was ordered for the person's address while they had an account, until they left."""
    ours = (Digest.recipient_email == user.email, Digest.created_at.between(user.created_at, until))
    found = db.session.scalars(select(Digest.id).where(*ours, digests)).all()
    for digest in Digest.all_locked(found):
        digest.end(at=clock.now(), by=LEFT)
    told = (Recipient.kind == "mail", Recipient.address == user.email, Recipient.removed_at.is_(None), alerts)
    wanted = select(Recipient.id).join(Alert, Alert.id == Recipient.alert_id).where(*told)
    wanted = wanted.where(Recipient.created_at.between(user.created_at, until))
    for ident in db.session.scalars(wanted.order_by(Recipient.id)).all():
        recipient = Recipient.locked(ident)
        if recipient is not None:
            recipient.leave(at=clock.now())


def _let_go(user: User, cases: Where) -> None:
    """Make the person's open cases nobody's."""
    theirs = select(Case.id).where(Case.owner_id == user.id, Case.closed_at.is_(None), cases)
    for ident in db.session.scalars(theirs.order_by(Case.id)).all():
        case = Case.locked(ident)
        if case is not None:
            case.assign(None, By(clock.now()))
