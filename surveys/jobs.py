"""What this room does after the request: sending invitations, taking them back, letting them expire."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from base import clock, courier
from base.db import db, reading, transaction
from base.errors import ConflictError, InvalidError
from base.jobs import enqueue, job
from base.outbox import Mail
from surveys import emails, intake, reminders, selection
from surveys.contact import Contact
from surveys.dispatch import Dispatch, mail_key
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.reminder import Reminder
from surveys.sending import may_send
from surveys.survey import Survey
from surveys.version import Version


def ask(survey: Survey, occasions: Sequence[Occasion], *, at: datetime) -> list[tuple[Invitation, bool]]:
    """Ask the people of `occasions`, in order: each one's invitation, and whether it is new. Needs a transaction.

    The same interaction again is the same invitation. ConflictError for a survey that was never published.
    """
    version = Version.newest(survey.id)
    if version is None:
        raise ConflictError("This survey was never published, so nobody can be asked yet.")
    kept = intake.keep(survey.workspace_id, occasions, at=at)
    asked = selection.invite(survey, version, occasions, kept=kept, at=at)
    for invitation, new in asked:
        if new and invitation.status == "scheduled":
            enqueue(send_invitation, invitation.id, at=invitation.send_at)
    return asked


def cancel(workspace_id: uuid.UUID, source: str, external_id: str, *, at: datetime) -> int:
    """What happened was taken back, as when a ticket is opened again: do not ask about it. Needs a transaction.

    How many invitations were taken back; those whose mail is out already stay. When it happens again, they are made
    anew.
    """
    waiting = Invitation.scheduled_about(workspace_id, source, external_id)
    keys = [mail_key(invitation.id) for invitation in waiting]
    Mail.withdraw(keys, "cancelled")
    Mail.forget(keys)
    for invitation in waiting:
        invitation.skip("cancelled", at=at)
    return len(waiting)


@job
def send_invitation(invitation_id: uuid.UUID) -> None:
    """Write the mail of an invitation that may go out now. It is rendered before the write lock is taken."""
    now = clock.now()
    with reading():
        dispatch = Dispatch.of(invitation_id)
        prepared = _prepare(dispatch, now) if dispatch and Mail.by_key(dispatch.key) is None else None
    with transaction():
        dispatch = Dispatch.of(invitation_id, alone=True)
        if dispatch and Mail.by_key(dispatch.key) is None:
            _settle(dispatch, prepared, now)


@dataclass(frozen=True)
class _Prepared:
    """A mail and the version that it asks with; no message when the address cannot be mailed to."""

    version_id: uuid.UUID
    message: EmailMessage | None


def _prepare(dispatch: Dispatch, now: datetime) -> _Prepared | None:
    """The mail, when it is time for it."""
    if may_send(dispatch.facts, now).kind != "send" or dispatch.version is None:
        return None
    invitation, contact, document = dispatch.invitation, dispatch.contact, dispatch.version.document
    try:
        message = emails.invitation(
            document,
            dispatch.locale,
            emails.recipient_of(dispatch, document),
            links=emails.links(invitation.token, contact.id, dispatch.locale),
            at=now,
        )
    except InvalidError:
        message = None
    return _Prepared(dispatch.version.id, message)


def _settle(dispatch: Dispatch, prepared: _Prepared | None, now: datetime) -> None:
    """Post the mail if it still may go out, or keep why it does not. Needs a transaction."""
    invitation, decision = dispatch.invitation, may_send(dispatch.facts, now)
    if decision.reason is not None:
        invitation.skip(decision.reason, at=now)
    elif decision.until is not None and decision.cause is not None:
        invitation.postpone(decision.until, decision.cause)
        enqueue(send_invitation, invitation.id, at=decision.until)
    elif decision.kind == "hold":
        invitation.reason = decision.cause
    elif decision.kind == "send" and dispatch.version is not None:
        if prepared is None or prepared.version_id != dispatch.version.id:
            enqueue(send_invitation, invitation.id, at=now)  # things changed while the mail was written: once more
        elif prepared.message is None:
            invitation.skip("undeliverable", at=now)
        else:
            invitation.version_id = dispatch.version.id
            invitation.mark_asked(at=now)
            about, owner = {"invitation_id": str(invitation.id)}, invitation.workspace_id
            courier.post(
                prepared.message, kind="invitation", dedupe_key=dispatch.key, workspace_id=owner, at=now, about=about
            )


def invitation_sent(mail: Mail, at: datetime) -> None:
    """The mail server took the mail of an invitation. Runs in the transaction that records it."""
    invitation = db.session.get(Invitation, uuid.UUID(mail.about["invitation_id"]))
    if invitation is not None:
        invitation.mark_sent(at=at)
        Reminder.plan([invitation.id], at=at)


def invitation_failed(mail: Mail, at: datetime) -> None:
    """No server will take the mail of an invitation. When staff try again and it goes out, it counts as sent."""
    invitation = db.session.get(Invitation, uuid.UUID(mail.about["invitation_id"]))
    if invitation is not None and invitation.status == "scheduled":
        invitation.skip("undeliverable", at=at)


@job
def withdraw_mails(contact_id: uuid.UUID) -> None:
    """Take back what still waits for a person who wishes no more: invitations, and mails in the outbox."""
    now = clock.now()
    with transaction():
        contact = db.session.get(Contact, contact_id)
        if contact is None or contact.suppressed_at is None:  # they were welcomed back before this job came
            return
        waiting = Invitation.scheduled_for(contact_id)
        Mail.withdraw([mail_key(invitation.id) for invitation in waiting], "suppressed")
        for invitation in waiting:
            invitation.skip("suppressed", at=now)
        reminders.withdraw(contact, at=now)


def expire_invitations(now: datetime) -> None:
    """Let links whose time is over end, a bounded batch a transaction and some batches a tick."""
    for _ in range(10):
        with transaction():
            expired = Invitation.expire_due(now, limit=500)
        if expired < 500:
            return
