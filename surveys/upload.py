from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, new_id


class Upload(Model):
    """A CSV of interactions on its way in: uploaded → mapped → importing → done, or failed with the reason."""

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


class RefusedRow(Model):
    """A row that could not be taken: its number as a spreadsheet shows it, the column, what is wrong, the value."""

    __tablename__ = "upload_refused_row"

    upload_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(Integer, primary_key=True)
    column: Mapped[str] = mapped_column(String(120))
    problem: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(200))
