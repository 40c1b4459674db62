from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import ConflictError, NotFoundError

SUPPRESSIONS, MATCHING = "suppressions", "matching"


class Upload(Model):
    """A table on its way in: uploaded → mapped → importing → done, or failed with the reason.

    `source` says of what: "csv" of interactions, SUPPRESSIONS of addresses to be left alone, MATCHING of none, but of
    people whom a search found and who are to be left alone.
    """

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_workspace_created", "workspace_id", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    """The survey that the people of this file will be asked; None only keeps the interactions."""
    filename: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(40), default="csv")
    encoding: Mapped[str | None] = mapped_column(String(20))
    delimiter: Mapped[str | None] = mapped_column(String(1))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="uploaded")
    reason: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[int] = mapped_column(Integer, default=0)
    """Rows worked off so far: the import resumes after them."""
    added: Mapped[int] = mapped_column(Integer, default=0)
    repeated: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    asked: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID, *, source: str = "csv") -> Upload:
        """The upload of this workspace and kind, or NotFoundError."""
        wanted = (cls.workspace_id == workspace_id, cls.id == ident, cls.source == source)
        found = db.session.scalar(select(cls).where(*wanted))
        if found is None:
            raise NotFoundError("upload", ident)
        return found

    @classmethod
    def recent(cls, workspace_id: uuid.UUID, *, source: str = "csv", limit: int = 20) -> list[Upload]:
        """The newest uploads of a workspace and kind."""
        wanted = (cls.workspace_id == workspace_id, cls.source == source)
        return list(
            db.session.scalars(select(cls).where(*wanted).order_by(cls.created_at.desc(), cls.id.desc()).limit(limit))
        )

    def start(self, choices: list[str], *, at: datetime, by: str | None) -> None:
        """Take the file in as mapped: `choices` holds a field, "property" or "" for each column."""
        if self.state not in ("uploaded", "mapped"):
            raise ConflictError("This file is being taken in already.")
        self.mapping, self.state = {"choices": choices}, "importing"
        events.record("upload.started", self.id, workspace_id=self.workspace_id, at=at, actor=by)

    def refuse(self, row: int, column: str, problem: str, value: str) -> None:
        """Keep what was wrong with a row; its first problem is enough."""
        column, value = column.replace("\0", "\ufffd")[:120], value.replace("\0", "\ufffd")[:200]
        known = {"upload_id": self.id, "row": row, "column": column, "problem": problem, "value": value}
        if insert_once(RefusedRow, known):
            self.refused += 1

    def refused_rows(self, limit: int = 500) -> list[RefusedRow]:
        """The first rows that could not be taken."""
        query = select(RefusedRow).where(RefusedRow.upload_id == self.id).order_by(RefusedRow.row)
        return list(db.session.scalars(query.limit(limit)))

    def finish(self, *, at: datetime) -> None:
        self.state, self.finished_at = "done", at
        counts = {"added": self.added, "repeated": self.repeated, "refused": self.refused, "asked": self.asked}
        events.record("upload.done", self.id, workspace_id=self.workspace_id, at=at, data=counts)

    def fail(self, reason: str, *, at: datetime) -> None:
        self.state, self.reason, self.finished_at = "failed", reason, at


class RefusedRow(Model):
    """A row that could not be taken: its number as a spreadsheet shows it, the column, what is wrong, the value."""

    __tablename__ = "upload_refused_row"

    upload_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(Integer, primary_key=True)
    column: Mapped[str] = mapped_column(String(120))
    problem: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(200))
