"""How often something may be tried: a bucket a key in the database, so that all processes share it."""

from __future__ import annotations

import ipaddress
import math
from datetime import datetime

from sqlalchemy import Float, String, case, select, update
from sqlalchemy.dialects import postgresql, sqlite
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
    """Count one try, or raise TooManyError when `limit` tries in `per_seconds` are used up.

    Needs a transaction; give it one of its own, so that the count stays when what follows fails.
    """
    _make(key, now)
    bucket = db.session.scalars(
        select(Bucket).where(Bucket.key == key).with_for_update().execution_options(populate_existing=True)
    ).one()
    rate = limit / per_seconds
    drained = max(0.0, bucket.level - max(0.0, (now - bucket.updated_at).total_seconds()) * rate)
    if drained + 1 > limit:
        raise TooManyError("Too many tries.", retry_after=math.ceil((drained + 1 - limit) / rate))
    bucket.level, bucket.updated_at = drained + 1, now


def take(key: str, wanted: int, *, per_minute: int, now: datetime) -> int:
    """How many of `wanted` may go now, so that they go evenly: at once never more than for five seconds. Needs a
    transaction; what it grants is counted.
    """
    most = max(1.0, per_minute / 12)
    _make(key, now)
    bucket = db.session.scalars(
        select(Bucket).where(Bucket.key == key).with_for_update().execution_options(populate_existing=True)
    ).one()
    drained = max(0.0, bucket.level - max(0.0, (now - bucket.updated_at).total_seconds()) * per_minute / 60)
    granted = min(wanted, math.floor(most - drained + 1e-6))
    if granted > 0:
        bucket.level, bucket.updated_at = drained + granted, now
    return max(0, granted)


def give_back(key: str) -> None:
    """Undo one `spend`: the try turned out to be a right one. Needs a transaction."""
    less = case((Bucket.level > 1, Bucket.level - 1), else_=0.0)
    db.session.execute(
        update(Bucket).where(Bucket.key == key).values(level=less).execution_options(synchronize_session=False)
    )


def network(address: str | None) -> str:
    """What counts as one client: an IPv4 address, or the /64 of an IPv6 address, which one household owns."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _make(key: str, now: datetime) -> None:
    """Have the key's bucket, empty when it is new; of two first tries at the same instant both find one."""
    dialect = db.session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    row = {"key": key, "level": 0.0, "updated_at": now}
    db.session.execute(insert(Bucket).values(**row).on_conflict_do_nothing(index_elements=["key"]))
