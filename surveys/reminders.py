"""Due reminders become mails of the outbox, many in one transaction; and what became of these mails.

No job is needed for a reminder: what is due is asked of the table itself. Whether somebody may be reminded is decided
again in the transaction that writes the mail, and once more when it is handed over.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from base import clock, courier
from base.db import db, new_id, reading, transaction
from base.errors import InvalidError
from base.jobs import enqueue, job
from base.mail import OUT
from base.outbox import Mail
from surveys import emails, room
from surveys.errand import Errand
from surveys.invitation import Invitation, happened
from surveys.reminder import Reminder, in_the_way
from surveys.reminding import may_remind

TOLD, UNTOLD = "reminder", "unsigned_reminder"
"""Kinds of mail. Of the second no row stays in the outbox: it would say who had not answered an anonymous survey."""


def write_due(over: Callable[[], bool]) -> int:
    """Write the mails of reminders that it is time for, while there is room for them and until nothing is or `over`;
    how many were settled.
    """
    return room.fill(Reminder.surveys_due, _write_some, over, aside=room.ASIDE)


def _write_some(survey_id: uuid.UUID, limit: int) -> int:
    with reading():
        idents = Reminder.due(survey_id, clock.now(), limit=limit)
    return write(idents)


def write(idents: Sequence[uuid.UUID]) -> int:
    """Write the mails of these reminders, or keep why they are not written; how many were settled. They are composed
    before the write lock is taken.
    """
    now = clock.now()
    with reading():
        errands = [one for one in Errand.many(idents) if may_remind(one.facts, now).kind == "send"]
        headings = Mail.headings_of([one.first_key for one in errands])
        mails = {one.reminder.id: _prepared(one, headings.get(one.first_key), now) for one in errands}
    with transaction():
        found = [_settled(one, mails, now) for one in Errand.many(idents, alone=True)]
        courier.post_all([one.filled for one in found if one is not None and one.filled is not None], at=now)
    return sum(one is not None for one in found)


@dataclass(frozen=True)
class _Mail:
    """A mail to go; none where nothing is to go, as when the address cannot be mailed to."""

    filled: courier.Filled | None = None


def _prepared(errand: Errand, first: tuple[str, str] | None, now: datetime) -> _Mail:
    """The mail of a reminder, in the thread of the `first` one, of which Message-ID and subject are told."""
    known, document, reminder = errand.dispatch, errand.version.document, errand.reminder
    links = emails.links(known.invitation.token, known.contact.id, known.survey.id, errand.locale)
    thread = emails.Thread(*first, last=errand.last) if first else emails.Thread(last=errand.last)
    to, ident = emails.recipient_of(known, document), new_id()
    try:
        message = emails.reminder(document, errand.locale, to, links=links, thread=thread, at=now)
    except InvalidError:
        return _Mail()
    message["Message-ID"] = courier.message_id(ident)
    return _Mail(
        courier.Filled(
            id=ident,
            sheet=None,
            kept=message.as_bytes(policy=OUT).decode("ascii"),
            kind=TOLD if reminder.told else UNTOLD,
            dedupe_key=reminder.key,
            to_address=parseaddr(str(message["To"]))[1],
            subject=str(message["Subject"]),
            workspace_id=reminder.workspace_id if reminder.told else None,
            stream_id=reminder.survey_id,
            about={"invitation_id": str(reminder.invitation_id), "reminder_id": str(reminder.id)},
        )
    )


def _settled(errand: Errand, mails: Mapping[uuid.UUID, _Mail], now: datetime) -> _Mail | None:
    """What goes out of a reminder, now that it is decided; None while it is not. Needs a transaction."""
    reminder, invitation, decision = errand.reminder, errand.dispatch.invitation, may_remind(errand.facts, now)
    if decision.reason is not None:
        reminder.skip(decision.reason, invitation, at=now)
    elif decision.until is not None:
        reminder.postpone(decision.until)
    elif decision.kind == "send":
        mail = mails.get(reminder.id)
        if mail is not None and mail.filled is not None:
            reminder.mark_asked(invitation, at=now)
        elif mail is not None:
            reminder.skip("undeliverable", invitation, at=now)
        return mail  # None: it became time while the mail was not being written, and is found again at once
    else:
        return None
    return _Mail()


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
