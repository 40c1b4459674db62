from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from base.db import db
from base.outbox import Mail
from surveys import dispatch
from surveys.dispatch import Dispatch
from surveys.quarantine import Quarantine
from surveys.reminder import Reminder
from surveys.reminding import Facts, Standing
from surveys.version import Version
from surveys.wording import choose_locale


@dataclass(frozen=True)
class Errand:
    """One reminder on its way out, with all that decides whether it goes and what it says."""

    reminder: Reminder
    dispatch: Dispatch
    version: Version
    """The one that the page of the link asks with, which need not be the newest any more."""
    earlier: Reminder | None
    """The reminder before this one."""

    @classmethod
    def of(cls, reminder_id: uuid.UUID, *, alone: bool = False) -> Errand | None:
        """The errand of a reminder, or None when it is gone, as after an erasure.

        `alone`: nobody else decides about this person until the transaction ends.
        """
        reminder = db.session.get(Reminder, reminder_id)
        found = next(iter(Dispatch.many([reminder.invitation_id], alone=alone)), None) if reminder else None
        if reminder is None or found is None:
            return None
        if alone:
            db.session.refresh(reminder)
        version = db.session.get_one(Version, found.invitation.version_id)
        earlier = Reminder.earlier(reminder.invitation_id, reminder.number)
        return cls(reminder, found, version, earlier)

    @property
    def facts(self) -> Facts:
        usual, days = self.dispatch.facts, self.dispatch.terms.reminder_days
        number, wanted = self.reminder.number, self.reminder.number <= len(days)
        return Facts(
            standing=Standing(
                status=usual.status, expires_at=usual.expires_at, suppressed=usual.suppressed, closed=usual.closed
            ),
            due_at=self.reminder.due_at,
            settled=not self.reminder.waits,
            wanted=wanted,
            paused=usual.paused,
            window=usual.window,
            earlier_at=self._earlier_at,
            earlier_waits=self.earlier is not None and self.earlier.waits,
            gap_days=days[number - 1] - days[number - 2] if wanted and number > 1 else 1,
            quarantined_until=self._quarantined_until,
        )

    @property
    def _earlier_at(self) -> datetime | None:
        earlier = self.earlier
        if earlier is None or earlier.status == "skipped":
            return None
        if earlier.status == "past":  # whether it went is not known of anybody
            return self.dispatch.invitation.reminded_at
        return earlier.asked_at or earlier.due_at

    @property
    def _quarantined_until(self) -> datetime | None:
        own = self.dispatch.invitation.asked_at
        newer = {survey: at for survey, at in self.dispatch.asked.items() if own is None or at > own}
        alone = Quarantine(self.dispatch.terms.quarantine_days, self.dispatch.workspace.quarantine_days)
        return alone.until(self.dispatch.survey.id, newer)

    @property
    def last(self) -> bool:
        """Whether no other follows it."""
        return self.reminder.number >= len(self.dispatch.terms.reminder_days)

    @property
    def locale(self) -> str:
        """The language of the mail that it reminds of."""
        known = self.dispatch
        return choose_locale(self.version.document, known.invitation.locale, known.contact.locale)

    @property
    def first_mail(self) -> tuple[str, str] | None:
        """Message-ID and subject of the mail that it reminds of; None when that is not kept any more."""
        return Mail.heading_of(dispatch.mail_key(self.dispatch.invitation.id))
