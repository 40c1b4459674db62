"""When the schedule last ran, kept in the database so that every process can tell."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db


class Heartbeat(Model):
    """One row a beating thing; only the schedule beats today."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)


def beat(at: datetime) -> None:
    """Note that the schedule runs. Needs a transaction."""
    db.session.merge(Heartbeat(name="schedule", at=at))


def last() -> datetime | None:
    """When the schedule last ran."""
    return db.session.scalar(select(Heartbeat.at).where(Heartbeat.name == "schedule"))
