from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Uuid, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from accounts.user import User
from base import events, tokens
from base.db import Model, Moment, db, new_id

IDLE = timedelta(days=7)
ABSOLUTE = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)
"""How exactly we know when a session was last used."""


class Session(Model):
    """One signed-in browser. The cookie carries the secret; we keep its hash."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_user_id", "user_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("user_account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))

    @classmethod
    def start(cls, user_id: uuid.UUID, *, at: datetime, address: str, user_agent: str) -> str:
        """A new session; returns the secret for the cookie."""
        secret = tokens.new_secret()
        db.session.add(
            cls(
                token_hash=tokens.digest(secret),
                user_id=user_id,
                created_at=at,
                last_seen_at=at,
                expires_at=at + ABSOLUTE,
                address=address[:45],
                user_agent=user_agent[:200],
            )
        )
        events.record("user.signed_in", user_id, workspace_id=None, at=at, actor=str(user_id))
        return secret

    @classmethod
    def find(cls, secret: str, *, now: datetime) -> Session | None:
        """The living session of this secret: neither idle too long, nor too old, nor of a disabled user."""
        return db.session.scalar(
            select(cls)
            .join(User, User.id == cls.user_id)
            .where(
                cls.token_hash == tokens.digest(secret),
                cls.expires_at > now,
                cls.last_seen_at > now - IDLE,
                User.disabled_at.is_(None),
            )
        )

    @classmethod
    def of_user(cls, user_id: uuid.UUID, *, now: datetime) -> list[Session]:
        """The living sessions of a person, the one used last first."""
        living = cls.user_id == user_id, cls.expires_at > now, cls.last_seen_at > now - IDLE
        return list(db.session.scalars(select(cls).where(*living).order_by(cls.last_seen_at.desc())))

    @classmethod
    def spent(cls, now: datetime) -> ColumnElement[bool]:
        """The condition of sessions that are too old or were silent for too long."""
        return or_(cls.expires_at <= now, cls.last_seen_at <= now - IDLE)

    @classmethod
    def end_all(cls, user_id: uuid.UUID, *, but: uuid.UUID | None = None) -> None:
        """Sign a person out everywhere, or everywhere `but` in one browser."""
        theirs = delete(cls).where(cls.user_id == user_id)
        db.session.execute(theirs.where(cls.id != but) if but else theirs)

    def stale(self, *, now: datetime) -> bool:
        """Whether `last_seen_at` should be written again."""
        return now - self.last_seen_at > SEEN_EVERY

    @classmethod
    def touch(cls, ident: uuid.UUID, *, at: datetime) -> None:
        """It was used at `at`."""
        db.session.execute(update(cls).where(cls.id == ident, cls.last_seen_at < at).values(last_seen_at=at))

    def end(self, *, at: datetime) -> None:
        """Its cookie opens nothing any more."""
        db.session.execute(delete(Session).where(Session.id == self.id))
        events.record("user.signed_out", self.user_id, workspace_id=None, at=at, actor=str(self.user_id))
