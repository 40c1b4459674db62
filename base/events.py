"""Facts, recorded in the transaction that caused them: audit trail, later webhook source, and trigger of jobs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Uuid, insert
from sqlalchemy.orm import Mapped, mapped_column

from base import jobs
from base.db import Model, Moment, new_id
from base.prepared import Prepared


class Event(Model):
    """One fact. `subject_id` is the thing it is about; `actor` a user's id, `key:<prefix>` or None for the system."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_workspace_at", "workspace_id", "at"),
        Index("ix_event_subject", "subject_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    workspace_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    actor: Mapped[str | None] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Moment)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


_INSERT = Prepared(insert(Event), "id", "workspace_id", "kind", "subject_id", "actor", "at", "data")
_reactions: dict[str, Sequence[jobs.Job]] = {}


def wire(reactions: Mapping[str, Sequence[jobs.Job]]) -> None:
    """Say which jobs follow which kind of event. Called once, by the composition root."""
    _reactions.clear()
    _reactions.update(reactions)


def following(kind: str) -> Sequence[jobs.Job]:
    """The jobs that follow an event of this kind."""
    return _reactions.get(kind, ())


def record(
    kind: str,
    subject_id: uuid.UUID,
    *,
    workspace_id: uuid.UUID | None,
    at: datetime,
    actor: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Keep the fact and enqueue what follows from it, both in the caller's transaction."""
    row = {
        "id": new_id(),
        "workspace_id": workspace_id,
        "kind": kind,
        "subject_id": subject_id,
        "actor": actor,
        "at": at,
        "data": data or {},
    }
    _INSERT.run(row)
    for job in following(kind):
        jobs.enqueue(job, subject_id, at=at)
