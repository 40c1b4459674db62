from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select

from accounts import emails
from accounts.session import Session
from accounts.ticket import Ticket
from accounts.user import User
from accounts.workspace import Workspace
from base import clock, courier
from base.db import reading, transaction
from base.jobs import job
from base.outbox import Mail
from base.throttle import Bucket


@job
def mail_invite(ticket_id: uuid.UUID) -> None:
    """Send the link of an invitation, unless it was used or taken back meanwhile."""
    with transaction() as session:
        ticket, at = session.get(Ticket, ticket_id), clock.now()
        if ticket is None or not ticket.usable(now=at):
            return
        message = emails.invite(ticket, session.get_one(Workspace, ticket.workspace_id), at=at)
        courier.post(message, kind="invite", dedupe_key=f"invite:{ticket_id}", workspace_id=ticket.workspace_id, at=at)


@job
def mail_reset(ticket_id: uuid.UUID) -> None:
    """Send the link to a new password, if the address is somebody's; an address of nobody gets nothing."""
    with transaction() as session:
        ticket, at = session.get(Ticket, ticket_id), clock.now()
        if ticket is None or not ticket.usable(now=at):
            return
        user = User.by_email(ticket.email or "")
        if user is None or user.disabled_at is not None:
            session.delete(ticket)
            return
        message = emails.reset(ticket, user, at=at)
        courier.post(message, kind="reset", dedupe_key=f"reset:{ticket_id}", workspace_id=None, at=at)


def tidy(now: datetime) -> None:
    """Forget what opens nothing any more: ended sessions, links over for a month, limits long drained. Every tick."""
    parts = (
        (Session.spent(now), Session),
        (Ticket.expires_at < now - timedelta(days=30), Ticket),
        (Bucket.updated_at < now - timedelta(days=8), Bucket),
    )
    for over, table in parts:
        with reading() as session:
            found = session.scalar(select(exists().where(over)))
        if found:
            with transaction() as session:
                session.execute(delete(table).where(over))


def forget_link(mail: Mail, at: datetime) -> None:  # noqa: ARG001 - what follows a sent mail is told when
    """A delivered mail with a one-time link is not kept: a copy of the database opens no account."""
    mail.raw = ""
