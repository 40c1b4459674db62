from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from accounts.workspace import Workspace
from base.db import Model, Moment, db, new_id
from surveys.contact import Contact
from surveys.intake import insert_new
from surveys.invitation import Invitation
from surveys.quarantine import lock_contacts
from surveys.reminding import Reason, Standing, due_dates, obstacle
from surveys.rule import SendingRule, terms_of, window_of
from surveys.suppression import Suppression
from surveys.survey import Survey
from surveys.timing import zone_for
from surveys.version import Version

DUE = "reminder.status = 'waiting' AND reminder.asked_at IS NULL"
"""Whose mail is not written yet. In these very words, for a database must see that a partial index has them all."""
_DUE = DUE.replace("reminder.", "")


class Reminder(Model):
    """One more mail about an invitation that nobody answered.

    status: waiting → sent, or skipped with a reason. Who gets a reminder has not answered, so of an anonymous survey
    neither is kept: its reminders are not `told`, and waiting → past is all that can be seen of them.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("invitation_id", "number"),
        Index("ix_reminder_due", "survey_id", "due_at", sqlite_where=text(_DUE), postgresql_where=text(_DUE)),
        Index("ix_reminder_survey_status", "survey_id", "status"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    invitation_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("invitation.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(SmallInteger)
    """1 or 2."""
    told: Mapped[bool] = mapped_column(Boolean)
    """Whether anybody may know what became of it."""
    status: Mapped[str] = mapped_column(String(8), default="waiting")
    reason: Mapped[str | None] = mapped_column(String(20))
    """Why it was skipped: `reminding.Reason`, undeliverable, bounced, cancelled, or stopped."""
    due_at: Mapped[datetime] = mapped_column(Moment)
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its mail was written into the outbox."""
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the mail server took it."""
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def plan(cls, invitation_ids: Collection[uuid.UUID], *, at: datetime) -> None:
        """Remind of invitations whose mails are out, on the terms that their surveys have now. Asked for again,
        nothing changes. Needs a transaction.
        """
        about = (Invitation.id, Invitation.workspace_id, Invitation.survey_id, Invitation.sent_at)
        columns = (*about, Contact.zone, Contact.locale, Workspace.zone.label("home"), Version.document)
        rows = db.session.execute(
            select(*columns, SendingRule)
            .join(SendingRule, SendingRule.survey_id == Invitation.survey_id)
            .join(Contact, Contact.id == Invitation.contact_id)
            .join(Workspace, Workspace.id == Invitation.workspace_id)
            .join(Version, Version.id == Invitation.version_id)
            .where(Invitation.id.in_(invitation_ids), Invitation.status.in_(("sent", "answered")))
            .where(
                Invitation.sent_at.is_not(None), SendingRule.first_reminder_days + SendingRule.second_reminder_days > 0
            )
        )
        insert_new(cls, [row for found in rows for row in _planned(found, at)])

    @classmethod
    def surveys_due(cls, now: datetime) -> list[uuid.UUID]:
        """The surveys that are to remind somebody now, and that nobody paused or stops."""
        waits = select(cls.id).where(cls.survey_id == Survey.id, text(DUE), cls.due_at <= now)
        going = (Survey.paused_at.is_(None), Survey.stopping_at.is_(None))
        return list(db.session.scalars(select(Survey.id).where(*going, waits.exists())))

    @classmethod
    def due(cls, survey_id: uuid.UUID, now: datetime, *, limit: int) -> list[uuid.UUID]:
        """Ids of a survey's reminders that it is time for, the oldest first."""
        rows = select(cls.id).where(cls.survey_id == survey_id, text(DUE), cls.due_at <= now)
        return list(db.session.scalars(rows.order_by(cls.due_at).limit(limit)))

    @classmethod
    def many(cls, idents: Collection[uuid.UUID], *, alone: bool = False) -> list[Reminder]:
        """Those that are still there, the oldest first. `alone`: nobody else decides about their people until the
        transaction ends; what somebody is just stopping is left out.
        """
        rows = select(cls).where(cls.id.in_(idents)).order_by(cls.due_at, cls.number, cls.id)
        if alone:
            whose = (
                select(Invitation.contact_id).join(cls, cls.invitation_id == Invitation.id).where(cls.id.in_(idents))
            )
            lock_contacts(set(db.session.scalars(whose)))
            rows = rows.with_for_update(skip_locked=True)
        return list(db.session.scalars(rows))

    @classmethod
    def still_to_go(cls, which: ColumnElement[bool]) -> list[tuple[Reminder, Invitation]]:
        """Those of `which` invitations that may still go, with mails that may wait in the outbox."""
        rows = select(cls, Invitation).join(Invitation, Invitation.id == cls.invitation_id)
        found = db.session.execute(rows.where(which, or_(cls.status == "waiting", cls.told.is_(False))))
        return [(reminder, invitation) for reminder, invitation in found]

    @classmethod
    def waiting(cls, survey_id: uuid.UUID, *, planned_until: datetime, limit: int) -> list[tuple[Reminder, Invitation]]:
        """Some of a survey's reminders that were planned until then and are not over, with their invitations, all of
        them held until the transaction ends.
        """
        rows = select(cls, Invitation).join(Invitation, Invitation.id == cls.invitation_id)
        rows = rows.where(cls.survey_id == survey_id, cls.status == "waiting", cls.created_at <= planned_until)
        found = db.session.execute(rows.order_by(Invitation.id).limit(limit).with_for_update())
        return [(reminder, invitation) for reminder, invitation in found]

    @classmethod
    def any_planned(cls, survey_id: uuid.UUID) -> bool:
        """Whether somebody may still be reminded by a survey; it tells of nobody."""
        planned = select(cls.id).where(cls.survey_id == survey_id, cls.status == "waiting")
        return db.session.scalar(planned.limit(1)) is not None

    @classmethod
    def first_of(cls, invitation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Reminder]:
        """Invitation → its first reminder."""
        rows = select(cls).where(cls.invitation_id.in_(invitation_ids), cls.number == 1)
        return {one.invitation_id: one for one in db.session.scalars(rows)}

    @classmethod
    def told_of(cls, invitation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Reminder]]:
        """Invitation → its reminders in order, without those that nobody may know of."""
        rows = select(cls).where(cls.invitation_id.in_(invitation_ids), cls.told).order_by(cls.number)
        found: dict[uuid.UUID, list[Reminder]] = {}
        for one in db.session.scalars(rows):
            found.setdefault(one.invitation_id, []).append(one)
        return found

    @property
    def waits(self) -> bool:
        """Whether nothing was decided about it yet."""
        return self.status == "waiting" and self.asked_at is None

    @property
    def key(self) -> str:
        """What its mail is known by in the outbox."""
        return mail_key(self.invitation_id, self.number)

    def postpone(self, until: datetime) -> None:
        """Remind later."""
        self.due_at = until

    def mark_asked(self, invitation: Invitation, *, at: datetime) -> None:
        """The mail is in the outbox."""
        if self.told:
            self.asked_at = at
        else:
            self._pass(invitation, at)

    def mark_sent(self, invitation: Invitation, *, at: datetime) -> None:
        """The mail server took the mail."""
        if self.told:
            self.status, self.reason, self.sent_at, invitation.reminded_at = "sent", None, at, at

    def skip(self, reason: Reason | str, invitation: Invitation, *, at: datetime) -> None:
        """Not sent, and why."""
        if self.told:
            self.status, self.reason, self.asked_at = "skipped", reason, None
        else:
            self._pass(invitation, at)

    def _pass(self, invitation: Invitation, at: datetime) -> None:
        """It is over, and looks the same whether its mail went or not."""
        if self.status == "waiting":
            self.status, invitation.reminded_at = "past", at


@dataclass
class Reminders:
    """What became of the reminders of one survey, without those that nobody may know of."""

    sent: int = 0
    answered: int = 0
    """People who answered after one."""
    waiting: int = 0
    """Those still to come, of people who have not answered."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason → how many, of people who have not answered: the others miss none."""

    @classmethod
    def of(cls, survey_id: uuid.UUID) -> Reminders:
        """The reminders of one survey, all zero when nobody was to be reminded."""
        rows = db.session.execute(
            select(*(Reminder.status, Reminder.reason, Invitation.status, func.count()), _people())
            .join(Invitation, Invitation.id == Reminder.invitation_id)
            .where(Reminder.survey_id == survey_id, Reminder.told)
            .group_by(Reminder.status, Reminder.reason, Invitation.status)
        )
        found = cls()
        for status, reason, invited, total, people in rows:
            if status == "sent":
                found.sent += total
                found.answered += people if invited == "answered" else 0
            elif status == "waiting" and invited == "sent":
                found.waiting += total
            elif status == "skipped" and invited != "answered":
                found.skipped[reason or "other"] += total
        return found


def _planned(found: Any, at: datetime) -> Iterator[dict[str, Any]]:
    terms = terms_of(found.SendingRule)
    window = window_of(terms, zone_for(found.zone, found.locale, found.home))
    row = {"workspace_id": found.workspace_id, "survey_id": found.survey_id, "invitation_id": found.id}
    row |= {"status": "waiting", "told": not found.document.get("anonymous"), "created_at": at}
    for number, moment in enumerate(due_dates(terms.reminder_days, found.sent_at, window), 1):
        yield {"id": new_id(), "number": number, "due_at": moment, **row}


def mail_key(invitation_id: uuid.UUID, number: int) -> str:
    return f"reminder:{invitation_id}:{number}"


def in_the_way(about: Mapping[str, Any], now: datetime) -> Reason | None:
    """Why a reminder that waits in the outbox must not go any more. `about`: the ids that its mail carries."""
    whose = (Invitation.contact_id, Invitation.survey_id)
    rows = select(Invitation.status, Invitation.expires_at, Contact.suppressed_at, Survey.closed_at, *whose)
    rows = rows.join(Contact, Contact.id == Invitation.contact_id).join(Survey, Survey.id == Invitation.survey_id)
    found = db.session.execute(rows.where(Invitation.id == uuid.UUID(about["invitation_id"]))).one_or_none()
    if found is None:
        return "withdrawn"
    status, expires_at, suppressed_at, closed_at, contact_id, survey_id = found
    unwanted = suppressed_at is not None or bool(Suppression.pairs([contact_id], [survey_id]))
    standing = Standing(status=status, expires_at=expires_at, suppressed=unwanted, closed=closed_at is not None)
    return obstacle(standing, now)


def _people() -> Any:
    return func.count(Reminder.invitation_id.distinct())
