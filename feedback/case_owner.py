from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, String, Uuid, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts import policy
from accounts.user import User
from base.db import Model, Moment, db


class CaseLead(Model):
    """Who leads a team, and so owns the cases about its agents."""

    __tablename__ = "case_lead"

    workspace_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )
    team: Mapped[str] = mapped_column(String(120), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("user_account.id", ondelete="CASCADE"))

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> dict[str, uuid.UUID]:
        """Team → its lead."""
        rows = db.session.scalars(select(cls).where(cls.workspace_id == workspace_id).order_by(cls.team))
        return {row.team: row.user_id for row in rows}

    @classmethod
    def choose(cls, workspace_id: uuid.UUID, leads: Mapping[str, uuid.UUID]) -> None:
        """These lead their teams from now on, and nobody else."""
        db.session.execute(delete(cls).where(cls.workspace_id == workspace_id))
        for team, user_id in leads.items():
            db.session.add(cls(workspace_id=workspace_id, team=team, user_id=user_id))


class CaseTurn(Model):
    """Somebody who takes turns in owning new cases."""

    __tablename__ = "case_turn"

    workspace_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    last_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> set[uuid.UUID]:
        return set(db.session.scalars(select(cls.user_id).where(cls.workspace_id == workspace_id)))

    @classmethod
    def next(cls, workspace_id: uuid.UUID, able: set[uuid.UUID], *, at: datetime) -> uuid.UUID | None:
        """Who waits longest. They are held meanwhile, so that two cases at once go to two people."""
        ready = select(cls).where(cls.workspace_id == workspace_id, cls.user_id.in_(able))
        ready = ready.order_by(cls.user_id).with_for_update()
        rows = db.session.scalars(ready.execution_options(populate_existing=True)).all()
        if not rows:
            return None
        row = min(rows, key=lambda one: (one.last_at is not None, one.last_at or at, one.user_id))
        row.last_at = at
        return row.user_id

    @classmethod
    def choose(cls, workspace_id: uuid.UUID, wanted: frozenset[uuid.UUID]) -> None:
        known = cls.all_of(workspace_id)
        db.session.execute(delete(cls).where(cls.workspace_id == workspace_id, cls.user_id.in_(known - wanted)))
        for ident in sorted(wanted - known):
            db.session.add(cls(workspace_id=workspace_id, user_id=ident))


def workers(workspace_id: uuid.UUID) -> list[User]:
    """Who may work on cases of a workspace, by name."""
    people = User.of_workspace(workspace_id)
    return [user for user, role in people if policy.may(role, "cases.work") and user.disabled_at is None]
