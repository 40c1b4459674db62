from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, new_id


class Issue(Model):
    """One dated mail of a digest. (digest, local date) is unique: restarts, two schedulers and DST meet in one row."""

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("digest_id", "local_date"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    digest_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("digest.id", ondelete="CASCADE"))
    local_date: Mapped[date] = mapped_column(Date)
    due_at: Mapped[datetime] = mapped_column(Moment)
    period_from: Mapped[datetime] = mapped_column(Moment)
    period_to: Mapped[datetime] = mapped_column(Moment)
    """Scores are of [period_from, period_to); comments are those in `IssueMember`, whenever they came."""
    catches_up_from: Mapped[date | None] = mapped_column(Date)
    """The first missed local date, when this issue makes up for some."""
    trigger: Mapped[str] = mapped_column(String(10), default="schedule")
    """schedule · by hand"""
    detractors: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(10), default="claimed")
    """claimed → posted (the mail is in the outbox) or skipped (nothing to report, as the recipient wished)"""
    mail_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("mail.id", ondelete="SET NULL"))
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)


class IssueMember(Model):
    """A detractor response told in an issue. The key makes it exactly one issue of each digest."""

    __tablename__ = "issue_member"
    __table_args__ = (Index("ix_issue_member_issue_id", "issue_id"),)

    digest_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("digest.id", ondelete="CASCADE"), primary_key=True)
    response_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    issue_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("issue.id", ondelete="CASCADE"))
