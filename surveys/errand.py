from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from base.db import db
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
    def many(cls, reminder_ids: Collection[uuid.UUID], *, alone: bool = False) -> list[Errand]:
        """The errands of reminders that are still there, the oldest first.

        `alone`: nobody else decides about these people until the transaction ends.
        """
        reminders = Reminder.many(reminder_ids, alone=alone)
        found = {one.invitation.id: one for one in Dispatch.many({one.invitation_id for one in reminders})}
        wanted = {one.invitation.version_id for one in found.values()}
        versions = {one.id: one for one in db.session.scalars(select(Version).where(Version.id.in_(wanted)))}
        first = Reminder.first_of({one.invitation_id for one in reminders if one.number > 1})
        return [
            cls(
                reminder=one,
                dispatch=found[one.invitation_id],
                version=versions[found[one.invitation_id].invitation.version_id],
                earlier=first.get(one.invitation_id) if one.number > 1 else None,
            )
            for one in reminders
            if one.invitation_id in found
        ]

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
    def first_key(self) -> str:
        """What the mail that it reminds of is known by in the outbox."""
        return dispatch.mail_key(self.dispatch.invitation.id)
