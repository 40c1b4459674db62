"""What this room does after the request: asking, taking back what waits, letting invitations expire."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from base import clock
from base.db import db, transaction
from base.errors import ConflictError
from base.jobs import enqueue, job
from base.outbox import Mail
from surveys import intake, reminders, selection
from surveys.contact import Contact
from surveys.dispatch import mail_key
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.reminder import Reminder
from surveys.suppression import Suppression
from surveys.survey import Survey
from surveys.version import Version

STOPPED_AT_ONCE = 100
"""Invitations that one transaction skips: people who answer meanwhile wait for it."""


def ask(survey: Survey, occasions: Sequence[Occasion], *, at: datetime) -> list[tuple[Invitation, bool]]:
    """Ask the people of `occasions`, in order: each one's invitation, and whether it is new. Needs a transaction.

    The same interaction again is the same invitation. ConflictError for a survey that was never published.
    """
    version = Version.newest(survey.id)
    if version is None:
        raise ConflictError("This survey was never published, so nobody can be asked yet.")
    kept = intake.keep(survey.workspace_id, occasions, at=at)
    return selection.invite(survey, version, occasions, kept=kept, at=at)


def cancel(workspace_id: uuid.UUID, source: str, external_id: str, *, at: datetime) -> int:
    """What happened was taken back, as when a ticket is opened again: do not ask about it. Needs a transaction.

    How many invitations were taken back; those whose mail is out already stay, and nobody is reminded of them. When
    it happens again, they are made anew.
    """
    waiting = Invitation.scheduled_about(workspace_id, source, external_id)
    keys = [mail_key(invitation.id) for invitation in waiting]
    Mail.withdraw(keys, "cancelled")
    Mail.forget(keys)
    for invitation in waiting:
        invitation.skip("cancelled", at=at)
    reminders.cancel(workspace_id, source, external_id, at=at)
    return len(waiting)


def invitations_sent(abouts: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """The mail server took the mails of these invitations. Runs in the transaction that records it."""
    idents = [uuid.UUID(about["invitation_id"]) for about in abouts]
    too_late = Invitation.taken_back(idents)
    Invitation.mark_all_sent(idents, at=at)
    Reminder.plan([ident for ident in idents if ident not in too_late], at=at)


def taken_back_meanwhile(about: Mapping[str, Any], _at: datetime) -> str | None:
    """Why an invitation that the server put off must not be tried again: it was skipped while it was on its way."""
    invitation = db.session.get(Invitation, uuid.UUID(about["invitation_id"]))
    if invitation is None:
        return "withdrawn"
    return (invitation.reason or "withdrawn") if invitation.status == "skipped" else None


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
        if contact is None:
            return
        # They may have been welcomed back before this job came.
        ended = {row.scope for row in Suppression.of_contact(contact_id)}
        everything = contact.suppressed_at is not None
        waiting = [one for one in Invitation.scheduled_for(contact_id) if everything or one.survey_id in ended]
        Mail.withdraw([mail_key(invitation.id) for invitation in waiting], "suppressed")
        for invitation in waiting:
            invitation.skip("suppressed", at=now)
        reminders.withdraw(contact_id, None if everything else ended, at=now)


def stop(survey: Survey, *, at: datetime, by: uuid.UUID | None = None) -> None:
    """Ask and remind nobody whom a survey was to ask or remind up to now. Needs a transaction; in the background they
    are taken off the list.
    """
    survey.stop_waiting(at=at, by=by)
    enqueue(stop_waiting, survey.id)


@job
def stop_waiting(survey_id: uuid.UUID) -> None:
    """Skip whom a survey was to ask or remind, as it was told: a bounded batch a transaction, for a while; then it
    comes back.
    """
    for _ in range(20):
        with transaction() as session:
            survey, now = session.get(Survey, survey_id), clock.now()
            if survey is None or survey.stopping_at is None:
                return
            until = survey.stopping_at
            Mail.withdraw_stream(survey_id, "stopped")
            some: dict[str, Any] = {"at": now, "limit": STOPPED_AT_ONCE}
            asked = Invitation.skip_waiting(survey_id, "stopped", made_until=until, **some)
            if not asked and not reminders.stop(survey_id, planned_until=until, **some):
                survey.stopped()
                return
    with transaction():
        enqueue(stop_waiting, survey_id)


def expire_invitations(now: datetime) -> None:
    """Let links whose time is over end, a bounded batch a transaction and some batches a tick."""
    for _ in range(10):
        with transaction():
            expired = Invitation.expire_due(now, limit=500)
        if expired < 500:
            return
