"""The jobs of reminders: which are due, the mail of one, and what became of that mail."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from base import clock, courier
from base.db import db, reading, transaction
from base.errors import InvalidError
from base.jobs import enqueue, enqueue_missing, job
from base.outbox import Mail
from surveys import emails
from surveys.errand import Errand
from surveys.invitation import Invitation, happened
from surveys.reminder import Reminder, in_the_way
from surveys.reminding import may_remind

TOLD, UNTOLD = "reminder", "unsigned_reminder"
"""Kinds of mail. Of the second no row stays in the outbox: it would say who had not answered an anonymous survey."""

A_TICK = 5000
"""Reminders that one tick takes up; those that are left are the first of the next one."""


def send_due(now: datetime) -> None:
    """Ask for every reminder that it is time for; part of every tick."""
    with reading():
        due = Reminder.due(now, limit=A_TICK)
    for start in range(0, len(due), 500):
        with transaction():
            enqueue_missing(send_reminder, due[start : start + 500])


@job
def send_reminder(reminder_id: uuid.UUID) -> None:
    """Write the mail of a reminder that may go out now. It is rendered before the write lock is taken."""
    now = clock.now()
    with reading():
        errand = Errand.of(reminder_id)
        prepared = prepare(errand, now) if errand else None
    with transaction():
        errand = Errand.of(reminder_id, alone=True)
        if errand:
            settle(errand, prepared, now)


@dataclass(frozen=True)
class Prepared:
    """A mail; no message when the address cannot be mailed to."""

    message: EmailMessage | None


def prepare(errand: Errand, now: datetime) -> Prepared | None:
    """The mail, when it is time for it."""
    if may_remind(errand.facts, now).kind != "send":
        return None
    known, document = errand.dispatch, errand.version.document
    links = emails.links(known.invitation.token, known.contact.id, known.survey.id, errand.locale)
    first = errand.first_mail
    thread = emails.Thread(*first, last=errand.last) if first else emails.Thread(last=errand.last)
    to = emails.recipient_of(known, document)
    try:
        return Prepared(emails.reminder(document, errand.locale, to, links=links, thread=thread, at=now))
    except InvalidError:
        return Prepared(None)


def settle(errand: Errand, prepared: Prepared | None, now: datetime) -> None:
    """Post the mail if it still may go out, or keep why it does not. Needs a transaction."""
    reminder, invitation, decision = errand.reminder, errand.dispatch.invitation, may_remind(errand.facts, now)
    if decision.reason is not None:
        reminder.skip(decision.reason, invitation, at=now)
    elif decision.until is not None:
        reminder.postpone(decision.until)
    elif decision.kind == "send":
        if prepared is None:
            enqueue(send_reminder, reminder.id, at=now)  # it became time while the mail was not being written
        elif prepared.message is None:
            reminder.skip("undeliverable", invitation, at=now)
        else:
            _post(reminder, invitation, prepared.message, now)


def _post(reminder: Reminder, invitation: Invitation, message: EmailMessage, now: datetime) -> None:
    told = reminder.told
    reminder.mark_asked(invitation, at=now)
    courier.post(
        message,
        kind=TOLD if told else UNTOLD,
        dedupe_key=reminder.key,
        workspace_id=reminder.workspace_id if told else None,
        at=now,
        about={"invitation_id": str(invitation.id), "reminder_id": str(reminder.id)},
        stream_id=reminder.survey_id,
    )


def may_still_go(about: Mapping[str, Any], at: datetime) -> str | None:
    """Why a reminder must not be handed to the mail server any more, as when an answer came while it waited."""
    return in_the_way(about, at)


def not_to_be_reminded(mails: Sequence[Mail]) -> set[uuid.UUID]:
    """Which of these mails must not be tried again."""
    now = clock.now()
    return {mail.id for mail in mails if in_the_way(mail.about, now) is not None}


def reminder_sent(mail: Mail, at: datetime) -> None:
    """The mail server took the mail of a reminder. Runs in the transaction that records it."""
    reminder, invitation = _subjects(mail)
    if reminder is not None and invitation is not None:
        reminder.mark_sent(invitation, at=at)
    _leave_no_trace(mail)


def reminder_given_up(mail: Mail, at: datetime) -> None:
    """The mail of a reminder was taken back, or no server will take it. Goes it after all, it counts as sent."""
    reminder, invitation = _subjects(mail)
    if reminder is not None and invitation is not None and reminder.status == "waiting":
        taken_back = mail.state == "suppressed"
        reminder.skip(mail.reason or "withdrawn" if taken_back else "undeliverable", invitation, at=at)
    _leave_no_trace(mail)


def came_back(mail: Mail, *, at: datetime) -> None:
    """The server had taken the mail of a reminder, and could not deliver it after all. Needs a transaction."""
    reminder, invitation = _subjects(mail)
    if reminder is not None and invitation is not None:
        reminder.skip("bounced", invitation, at=at)


def withdraw(contact_id: uuid.UUID, survey_ids: Collection[uuid.UUID] | None, *, at: datetime) -> None:
    """Take back what somebody who wishes no more, of these surveys or (None) any, is still to be reminded of. Needs a
    transaction.
    """
    found = Reminder.still_to_go(Invitation.contact_id == contact_id)
    _take_back([one for one in found if survey_ids is None or one[0].survey_id in survey_ids], "suppressed", at)


def cancel(workspace_id: uuid.UUID, source: str, external_id: str, *, at: datetime) -> None:
    """What happened was taken back: remind nobody of it. Needs a transaction."""
    _take_back(Reminder.still_to_go(happened(workspace_id, source, external_id)), "cancelled", at)


def stop(survey_id: uuid.UUID, *, planned_until: datetime, at: datetime, limit: int) -> int:
    """Skip at most `limit` of a survey's reminders that were planned until then; how many there were. What of them
    waits in the outbox is taken back already. Needs a transaction.
    """
    for mail in Mail.taken_back(survey_id, UNTOLD):
        _leave_no_trace(mail)
    waiting = Reminder.waiting(survey_id, planned_until=planned_until, limit=limit)
    for reminder, invitation in waiting:
        reminder.skip("stopped", invitation, at=at)
    return len(waiting)


def _take_back(found: Sequence[tuple[Reminder, Invitation]], reason: str, at: datetime) -> None:
    for reminder, invitation in found:
        Mail.withdraw([reminder.key], reason)
        reminder.skip(reason, invitation, at=at)
        mail = Mail.by_key(reminder.key)
        if mail is not None:
            _leave_no_trace(mail)


@job
def erase_mail(mail_id: uuid.UUID) -> None:
    """Keep no row of the mail of a reminder that nobody may know of."""
    with transaction():
        Mail.erase(mail_id)


def _leave_no_trace(mail: Mail) -> None:
    if mail.kind == UNTOLD:  # by its own id, which leads to nobody once the row is gone
        enqueue(erase_mail, mail.id)


def _subjects(mail: Mail) -> tuple[Reminder | None, Invitation | None]:
    about = mail.about
    if "reminder_id" not in about:  # its person was erased while it was on its way
        return None, None
    return (
        db.session.get(Reminder, uuid.UUID(about["reminder_id"])),
        db.session.get(Invitation, uuid.UUID(about["invitation_id"])),
    )
