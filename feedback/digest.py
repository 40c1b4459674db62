from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, SmallInteger, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, new_id


class Digest(Model):
    """A recipient's standing order: which surveys, how often, at what hour of their own time zone.

    One recipient has one digest in a workspace, so that everything they follow comes in one mail.
    """

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("workspace_id", "recipient_email"), Index("ix_digest_due", "next_due_at"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    recipient_email: Mapped[str] = mapped_column(String(320))
    """Lower case. The recipient needs no account."""
    recipient_name: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(12), default="en")
    all_surveys: Mapped[bool] = mapped_column(Boolean, default=True)
    cadence: Mapped[str] = mapped_column(String(8))
    """daily · weekly · monthly"""
    hour: Mapped[int] = mapped_column(SmallInteger)
    minute: Mapped[int] = mapped_column(SmallInteger, default=0)
    weekday: Mapped[int | None] = mapped_column(SmallInteger)
    """0 = Monday; for weekly."""
    day: Mapped[int | None] = mapped_column(SmallInteger)
    """1–31; for monthly; a shorter month means its last day."""
    zone: Mapped[str] = mapped_column(String(60))
    when_empty: Mapped[str] = mapped_column(String(6), default="short")
    """skip · short: what to do when there is nothing to report."""
    covers_from: Mapped[datetime] = mapped_column(Moment)
    """Detractors answered since then belong to this digest."""
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)
    """None while paused."""
    last_local_date: Mapped[date | None] = mapped_column(Date)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_by: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class DigestSurvey(Model):
    """A survey that a digest follows, when it does not follow all."""

    __tablename__ = "digest_survey"

    digest_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("digest.id", ondelete="CASCADE"), primary_key=True)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
