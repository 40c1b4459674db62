from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    Uuid,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, new_id
from base.errors import ConflictError, NotFoundError
from feedback.exporting import FORMATS
from surveys.erasure import Erasure

LIFE = timedelta(days=7)
"""How long a file waits to be fetched."""
MOST_AT_ONCE = 5
"""Files that one workspace may be waiting for."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants as a file."""

    kind: str
    """One of `exporting.FORMATS`."""
    survey_id: uuid.UUID | None
    """None: the responses of all surveys."""
    wanted: dict[str, Any]
    """What narrows it, as `exporter.wanted_of` writes it."""
    people: bool
    """With names and addresses."""
    total: int
    """How many responses there are now."""


class Export(Model):
    """A file of responses that somebody asked for: waiting → running → done, or failed or stopped, with the reason."""

    __tablename__ = "export"
    __table_args__ = (
        Index("ix_export_workspace_created", "workspace_id", "created_at"),
        Index("ix_export_expires", "expires_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    people: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    reason: Mapped[str | None] = mapped_column(Text)
    total: Mapped[int] = mapped_column(Integer)
    rows: Mapped[int] = mapped_column(Integer, default=0)
    size: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes of the file."""
    erasures: Mapped[int | None] = mapped_column(Integer)
    """How many erasures of the workspace there were when it was begun. One that was open then is not among them."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def ask(cls, workspace_id: uuid.UUID, wish: Wish, *, at: datetime, by: uuid.UUID | None) -> Export:
        """Wish for a file; the caller enqueues the work. ConflictError when too many are wished for already. What is
        due by the clock (`by` nobody) waits its turn however many there are.
        """
        assert wish.kind in FORMATS, wish.kind
        waiting = (cls.workspace_id == workspace_id, cls.state.in_(("waiting", "running")))
        if by is not None and len(db.session.scalars(select(cls.id).where(*waiting)).all()) >= MOST_AT_ONCE:
            raise ConflictError("Five files are being made already. Wait until one of them is done.")
        export = cls(id=new_id(), workspace_id=workspace_id, **asdict(wish), state="waiting", rows=0)
        export.created_at, export.created_by, export.expires_at = at, by, at + LIFE
        db.session.add(export)
        data = {"kind": wish.kind, "total": wish.total, "people": wish.people}
        actor = str(by) if by else None
        events.record("export.asked", export.id, workspace_id=workspace_id, at=at, actor=actor, data=data)
        return export

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Export:
        """The export of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("export", ident)
        return found

    @classmethod
    def recent(cls, workspace_id: uuid.UUID, limit: int = 30) -> list[Export]:
        """The newest exports of a workspace."""
        rows = select(cls).where(cls.workspace_id == workspace_id).order_by(cls.created_at.desc(), cls.id.desc())
        return list(db.session.scalars(rows.limit(limit)))

    @classmethod
    def progress(cls, ident: uuid.UUID, rows: int) -> bool:
        """Tell how far it is; False when somebody stopped it."""
        told = update(cls).where(cls.id == ident, cls.state == "running").values(rows=rows)
        result = db.session.execute(told.execution_options(synchronize_session=False))
        return bool(result.rowcount == 1)  # type: ignore[attr-defined]

    @classmethod
    def forget_old(cls, now: datetime) -> list[Export]:
        """Take exports away whose time is over; their files are the caller's to delete."""
        old = list(
            db.session.scalars(select(cls).where(or_(cls.expires_at <= now, cls.id.in_(overtaken(cls)))).limit(200))
        )
        db.session.execute(delete(cls).where(cls.id.in_([export.id for export in old])))
        return old

    @property
    def open(self) -> bool:
        """Whether it is still being made."""
        return self.state in ("waiting", "running")

    def over(self, now: datetime) -> bool:
        """Whether nobody may have it any more: its time is over, or an erasure ended after it was begun."""
        known = self.erasures
        return self.expires_at <= now or (known is not None and known < Erasure.count(self.workspace_id))

    def begin(self) -> bool:
        """Start, or start anew after a crash; False when there is nothing to do."""
        if not self.open:
            return False
        self.state, self.rows, self.erasures = "running", 0, Erasure.count(self.workspace_id)
        return True

    def finish(self, rows: int, size: int, *, at: datetime) -> None:
        self.state, self.rows, self.size, self.finished_at = "done", rows, size, at

    def fail(self, reason: str, *, at: datetime) -> None:
        self.state, self.reason, self.finished_at = "failed", reason, at

    def stop(self, *, at: datetime) -> None:
        """Make it no further."""
        if self.open:
            self.state, self.finished_at = "stopped", at


def overtaken(kind: Any) -> Any:
    """Ids of rows with `erasures` that an erasure overtook, which was open when they were begun and hid from them."""
    each = select(Erasure.workspace_id, func.count().label("n")).group_by(Erasure.workspace_id).subquery()
    found = select(kind.id).join(each, each.c.workspace_id == kind.workspace_id)
    return found.where(kind.erasures < each.c.n).correlate(None)
