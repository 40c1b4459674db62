"""How often something may be tried: a bucket a key in the database, so that all processes share it."""

from __future__ import annotations

import math
from datetime import datetime

from sqlalchemy import Float, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db
from base.errors import TooManyError


class Bucket(Model):
    """A leaky bucket: `level` tries that have not yet drained at `updated_at`."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    level: Mapped[float] = mapped_column(Float)
    updated_at: Mapped[datetime] = mapped_column(Moment)


def spend(key: str, *, limit: int, per_seconds: int, now: datetime) -> None:
    """Count one try, or raise TooManyError when `limit` tries in `per_seconds` are used up. Needs a transaction.

    On PostgreSQL two first tries of a key at the same instant may both count as first: the limit is then one higher.
    """
    rate = limit / per_seconds
    bucket = db.session.scalar(select(Bucket).where(Bucket.key == key).with_for_update())
    if bucket is None:
        db.session.merge(Bucket(key=key, level=1.0, updated_at=now))
        return
    drained = max(0.0, bucket.level - max(0.0, (now - bucket.updated_at).total_seconds()) * rate)
    if drained + 1 > limit:
        raise TooManyError("Too many tries.", retry_after=math.ceil((drained + 1 - limit) / rate))
    bucket.level, bucket.updated_at = drained + 1, now


def forget_drained(before: datetime) -> None:
    """Drop buckets untouched since `before`."""
    db.session.execute(delete(Bucket).where(Bucket.updated_at < before))
