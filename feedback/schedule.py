"""What runs when. A tick comes every 20 seconds (SQLite) or every minute (PostgreSQL) and asks the due tables;
a late or doubled tick does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from accounts import jobs as accounts_jobs
from base import courier, heartbeat
from base.db import db, transaction
from base.runners.flows import Flow
from feedback import alerter, casework, exporter, jobs, shipper
from surveys import jobs as surveys_jobs
from surveys import mailroom, receiver, recurring, reminders, sender, shelf

EVERY_TICK: tuple[Callable[[datetime], None], ...] = (
    surveys_jobs.expire_invitations,
    receiver.sweep,
    mailroom.sweep,
    receiver.prune,
    recurring.ask_regularly,
    jobs.read_unsigned,
    jobs.roll_up,
    jobs.claim_due_digests,
    jobs.recompose_issues,
    alerter.raise_unread,
    alerter.look_around,
    alerter.tell_waiting,
    alerter.retry_stuck,
    casework.remind_overdue,
    casework.ask_again,
    shipper.tidy_folder,
    shipper.claim_due_exports,
    shipper.retry_runs,
    exporter.forget_exports,
    shelf.forget_tables,
    accounts_jobs.tidy,
)
"""One after the other, each in transactions of its own; one that fails does not keep the others from running."""

FLOWS: tuple[Flow, ...] = (sender.write_due, reminders.write_due, courier.deliver_due)
"""What asks its due tables all the time: invitations and reminders become mails of the outbox, those go to the mail
server.
"""

log = logging.getLogger("afterword.schedule")


def tick(now: datetime) -> None:
    """Everything that may be due at `now`."""
    for part in EVERY_TICK:
        try:
            part(now)
        except Exception:
            log.exception("%s failed in this tick; the next one tries again", part.__name__)
            db.session.rollback()
    with transaction():
        heartbeat.beat(now)
