from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base import clock
from base.db import Model, Moment, db, insert_once

SITTING = timedelta(minutes=30)
"""Who comes back within this time has not been away: what was new stays marked."""


class Glance(Model):
    """When somebody last looked at the answers of a workspace, and since when answers are new to them."""

    __tablename__ = "glance"

    user_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    workspace_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )
    looked_at: Mapped[datetime] = mapped_column(Moment)
    new_since: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def of(cls, user_id: uuid.UUID, workspace_id: uuid.UUID) -> Glance | None:
        return db.session.scalar(select(cls).where(cls.user_id == user_id, cls.workspace_id == workspace_id))

    @classmethod
    def since(cls, user_id: uuid.UUID, workspace_id: uuid.UUID, *, now: datetime) -> datetime | None:
        """Since when answers are new to somebody; None before they ever looked: then everything would be."""
        found = cls.of(user_id, workspace_id)
        if found is None:
            return None
        return found.looked_at if now - found.looked_at > SITTING else found.new_since

    @classmethod
    def keep(cls, user_id: uuid.UUID, workspace_id: uuid.UUID, *, at: datetime, all_seen: bool = False) -> None:
        """Somebody looks at `at`; `all_seen`: nothing of until then is new to them any more. Needs a transaction."""
        first = {"user_id": user_id, "workspace_id": workspace_id, "looked_at": at, "new_since": at}
        if insert_once(cls, first):
            return
        found = cls.of(user_id, workspace_id)
        assert found is not None
        if all_seen:
            found.new_since = found.looked_at = at
        elif at > found.looked_at:
            found.new_since = found.looked_at if at - found.looked_at > SITTING else found.new_since
            found.looked_at = at


def is_new(created_at: datetime, since: datetime | None, *, anonymous: bool, zone: str) -> bool:
    """Whether an answer is new. Of anonymous ones only the day is known: they are new until that day is over."""
    if since is None:
        return False
    return created_at >= clock.noon(since, zone) if anonymous else created_at > since
