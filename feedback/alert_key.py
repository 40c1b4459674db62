"""Names that programs give to their requests for an alert, so that one that is sent again makes no second alert."""

from __future__ import annotations

import uuid
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db
from base.errors import InvalidError
from feedback.alert import Alert

LONGEST = 255
HEADER = "Idempotency-Key"


class AlertKey(Model):
    """Which alert a request made. It goes with the alert."""

    __tablename__ = "alert_key"
    __table_args__ = (Index("ix_alert_key_alert_id", "alert_id"),)

    workspace_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    wish_hash: Mapped[str] = mapped_column(String(64))
    """What was asked for with it."""
    alert_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("alert.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def alert_of(cls, workspace_id: uuid.UUID, key: str, wish: str) -> Alert | None:
        """The alert that was made of this request; InvalidError when the key was used for another one."""
        known = db.session.get(cls, (workspace_id, _hash(key)), populate_existing=True)
        if known is None:
            return None
        if known.wish_hash != _hash(wish):
            raise InvalidError(
                f"Not accepted: {HEADER}.", {HEADER: "Another request was made with this key. Use a new one for this."}
            )
        return Alert.of(workspace_id, known.alert_id)

    @classmethod
    def keep(cls, alert: Alert, key: str, wish: str, *, at: datetime) -> None:
        """Remember which alert a request made. Needs a transaction that holds the alerts of the workspace."""
        named = {"workspace_id": alert.workspace_id, "alert_id": alert.id, "created_at": at}
        db.session.add(cls(**named, key_hash=_hash(key), wish_hash=_hash(wish)))
        db.session.flush()


def checked(key: str | None) -> str | None:
    """The key of a request, None without one; InvalidError for what is none."""
    if key is None:
        return None
    if not (key.strip() and len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise InvalidError(
            f"Not accepted: {HEADER}.", {HEADER: f"Use 1 to {LONGEST} letters, digits and signs of ASCII."}
        )
    return key.strip()


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
