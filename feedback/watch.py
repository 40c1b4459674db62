from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import Date, ForeignKey, Uuid, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, db
from feedback.recipient import Drop, Recipient


class Watch(Model):
    """How the score of a survey stands for an alert that watches it. Scores are not kept: days say which are meant."""

    __tablename__ = "alert_watch"

    alert_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    looked_on: Mapped[date] = mapped_column(Date)
    """The last day of a look, by the workspace's calendar; there is one a day."""
    told_on: Mapped[date | None] = mapped_column(Date)
    """The day before which the period ends whose drop was told and has not recovered; None: none such."""
    before_on: Mapped[date | None] = mapped_column(Date)
    """The same of the period that it was compared with."""

    @classmethod
    def locked(cls, alert_id: uuid.UUID, survey_id: uuid.UUID) -> Watch | None:
        """How it stands, kept from others until the transaction ends; None before the first look."""
        return db.session.get(cls, (alert_id, survey_id), with_for_update=True, populate_existing=True)

    @classmethod
    def forget(cls, alert_id: uuid.UUID) -> None:
        """Look at everything as if for the first time. Drops that were not told yet are told no more: those that wait,
        and those in a message that is still to be written. Needs a transaction.
        """
        db.session.execute(delete(cls).where(cls.alert_id == alert_id))
        theirs = select(Recipient.id).where(Recipient.alert_id == alert_id).order_by(Recipient.id)
        held = list(db.session.scalars(theirs.with_for_update(key_share=True)))  # as whoever claims a message does
        notice = Model.metadata.tables["alert_notice"]  # by name: messages know alerts, which know their watches
        unwritten = select(notice.c.id).where(notice.c.alert_id == alert_id, notice.c.state == "claimed")
        untold = Drop.notice_id.is_(None) | Drop.notice_id.in_(unwritten)
        db.session.execute(delete(Drop).where(Drop.recipient_id.in_(held), untold))
