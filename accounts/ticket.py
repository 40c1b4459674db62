from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, Uuid, select, update
from sqlalchemy.orm import Mapped, mapped_column

from accounts.user import User
from base import events, tokens
from base.db import Model, Moment, db, new_id
from base.errors import InvalidError, NotFoundError

LIFETIMES = {"setup": timedelta(days=7), "invite": timedelta(days=7), "reset": timedelta(hours=1)}
"""How long a link of each purpose can be used."""

PATHS = {"setup": "/welcome/", "invite": "/join/", "reset": "/reset/"}


class Ticket(Model):
    """A one-time link for one purpose: the first admin's set-up, an invitation of a colleague, a new password.

    Opening the link spends nothing; the POST that uses it does. The token is derived from the id and the purpose,
    so that a link can be shown again; the table holds its hash only.
    """

    __tablename__ = "ticket"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str | None] = mapped_column(String(320))
    user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("user_account.id", ondelete="CASCADE"))
    workspace_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    role: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def link(self) -> str:
        """The address to mail or show."""
        return tokens.link(PATHS[self.purpose] + self._token())

    def _token(self) -> str:
        return tokens.derived(f"ticket.{self.purpose}", self.id)

    @classmethod
    def issue(
        cls,
        purpose: str,
        *,
        at: datetime,
        email: str | None = None,
        workspace_id: uuid.UUID | None = None,
        role: str | None = None,
    ) -> Ticket:
        """A new link of one purpose."""
        ticket = cls(
            id=new_id(),
            purpose=purpose,
            email=email.strip().lower() if email else None,
            workspace_id=workspace_id,
            role=role,
            created_at=at,
            expires_at=at + LIFETIMES[purpose],
        )
        ticket.token_hash = tokens.digest(ticket._token())
        db.session.add(ticket)
        db.session.flush()
        return ticket

    @classmethod
    def setup_link(cls, *, at: datetime) -> str | None:
        """The link that makes the first admin, while there is nobody; else None. Needs a transaction."""
        if User.anybody():
            return None
        waiting = cls.purpose == "setup", cls.used_at.is_(None), cls.expires_at > at + timedelta(days=1)
        ticket = db.session.scalar(select(cls).where(*waiting).order_by(cls.id.desc()).limit(1))
        return (ticket or cls.issue("setup", at=at)).link

    @classmethod
    def invite(
        cls, email: str, *, workspace_id: uuid.UUID, role: str, at: datetime, actor: str | None = None
    ) -> Ticket:
        """Ask somebody into a workspace; an earlier invitation of the same address there stops working.

        Raises InvalidError for somebody who is there already or whose account was disabled.
        """
        cls._refuse_known(email, workspace_id)
        ticket = cls.issue("invite", at=at, email=email, workspace_id=workspace_id, role=role)
        earlier = cls.purpose == "invite", cls.workspace_id == workspace_id, cls.email == ticket.email
        db.session.execute(update(cls).where(*earlier, cls.id != ticket.id, cls.expires_at > at).values(expires_at=at))
        data = {"email": ticket.email, "role": role}
        events.record("person.invited", ticket.id, workspace_id=workspace_id, at=at, actor=actor, data=data)
        return ticket

    @classmethod
    def _refuse_known(cls, email: str, workspace_id: uuid.UUID) -> None:
        known = User.by_email(email)
        if known is None:
            return
        if any(workspace.id == workspace_id for workspace in known.workspaces()):
            raise InvalidError("This person is already here.", {"email": "This person is already here."})
        if known.disabled_at is not None:
            raise InvalidError("This account was disabled; enable it first.", {"email": "This account was disabled."})

    @classmethod
    def request_reset(cls, email: str, *, at: datetime) -> None:
        """Ask for a new password. Known and unknown addresses do the same here; the job behind the event decides."""
        ticket = cls.issue("reset", at=at, email=email)
        events.record("reset.requested", ticket.id, workspace_id=None, at=at)

    @classmethod
    def end_resets(cls, email: str, *, at: datetime) -> None:
        """The password was changed: no older reset link may change it again."""
        theirs = cls.purpose == "reset", cls.email == email, cls.used_at.is_(None), cls.expires_at > at
        db.session.execute(update(cls).where(*theirs).values(expires_at=at))

    @classmethod
    def find(cls, purpose: str, token: str, *, now: datetime) -> Ticket:
        """The usable ticket of this link. Used, expired, foreign and invented ones are all NotFoundError."""
        usable = cls.purpose == purpose, cls.used_at.is_(None), cls.expires_at > now
        ticket = db.session.scalar(select(cls).where(cls.token_hash == tokens.digest(token), *usable))
        if ticket is None:
            raise NotFoundError("link")
        return ticket

    @classmethod
    def pending(cls, workspace_id: uuid.UUID, *, now: datetime) -> list[Ticket]:
        """Invitations into a workspace that nobody has used yet, newest first."""
        usable = cls.purpose == "invite", cls.used_at.is_(None), cls.expires_at > now
        return list(
            db.session.scalars(select(cls).where(cls.workspace_id == workspace_id, *usable).order_by(cls.id.desc()))
        )

    def usable(self, *, now: datetime) -> bool:
        """Whether its link still works."""
        return self.used_at is None and self.expires_at > now

    def spend(self, *, at: datetime) -> None:
        """Use it up. Of two at the same moment only one can; the other finds no such link."""
        row = update(Ticket).where(Ticket.id == self.id, Ticket.used_at.is_(None), Ticket.expires_at > at)
        if db.session.execute(row.values(used_at=at)).rowcount != 1:  # type: ignore[attr-defined]
            raise NotFoundError("link")

    def withdraw(self, *, at: datetime, actor: str | None = None) -> None:
        """Take an invitation back."""
        self.expires_at = at
        events.record(
            "person.uninvited", self.id, workspace_id=self.workspace_id, at=at, actor=actor, data={"email": self.email}
        )
