from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, Uuid, func, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.workspace import Workspace
from base import events
from base.db import Model, Moment, db, new_id
from base.errors import ConflictError, NotFoundError
from surveys.intake import batches, insert_new
from surveys.invitation import Invitation
from surveys.survey import Survey
from surveys.tallying import Tally

FRESH: Final = timedelta(hours=1)
"""For how long a forecast is believed."""

SUPPRESSIONS, MATCHING = "suppressions", "matching"


class Upload(Model):
    """A table on its way in: uploaded → mapped (and foreseen) → importing → done, or failed with the reason.

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
    noted: Mapped[int] = mapped_column(Integer, default=0)
    """Rows that were taken without a cell that nobody could read."""
    asked: Mapped[int] = mapped_column(Integer, default=0)
    forecast: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """state (counting, done, failed), key, at, where it is about, bytes read so far, reason, and the `Tally` as
    written.
    """
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

    @classmethod
    def waiting(cls, *, until: datetime | None = None, workspace_id: uuid.UUID | None = None) -> list[Upload]:
        """Tables that somebody uploaded and nobody takes in, that came `until` a moment, of a workspace or all."""
        wanted: list[Any] = [cls.state.in_(("uploaded", "mapped"))]
        wanted += [cls.created_at <= until] if until else []
        wanted += [cls.workspace_id == workspace_id] if workspace_id else []
        return list(db.session.scalars(select(cls).where(*wanted).order_by(cls.id).with_for_update()))

    def plan(self, choices: list[str], survey_id: uuid.UUID | None, *, at: datetime) -> None:
        """Foresee what becomes of the rows: `choices` holds a field, "property" or "" for each column."""
        if self.state not in ("uploaded", "mapped"):
            raise ConflictError("This file is being taken in already.")
        self.mapping, self.survey_id, self.state = {"choices": choices}, survey_id, "mapped"
        told: dict[str, Any] = {"state": "counting", "key": new_id().hex, "at": at.isoformat(), "bytes": 0}
        self.forecast = told | {"where": self._circumstances()}

    @property
    def foreseen(self) -> Tally | None:
        """What was foreseen, once it is counted."""
        return Tally.read(self.forecast) if self.forecast.get("state") == "done" else None

    @property
    def foreseen_at(self) -> datetime | None:
        at = self.forecast.get("at")
        return datetime.fromisoformat(at) if at else None

    def is_fresh(self, now: datetime) -> bool:
        """Whether what was foreseen can still be believed."""
        if self.foreseen is None or self.foreseen_at is None or self.forecast.get("where") != self._circumstances():
            return False
        return now - self.foreseen_at < FRESH

    def _circumstances(self) -> list[Any]:
        """What the workspace and the survey have to do with the fate of the rows, beside the survey's terms."""
        owner = db.session.get_one(Workspace, self.workspace_id)
        survey = db.session.get(Survey, self.survey_id) if self.survey_id else None
        asks = [survey.published_number, survey.closed_at is not None] if survey else []
        return [owner.quarantine_days, owner.zone, *asks]

    def start(self, *, at: datetime, by: str | None) -> None:
        """Take the file in as planned."""
        if self.state != "mapped":
            raise ConflictError("This file is being taken in already.")
        self.state = "importing"
        events.record("upload.started", self.id, workspace_id=self.workspace_id, at=at, actor=by)

    def refuse(self, rows: Sequence[tuple[int, str, str, str]], *, taken: bool = False) -> None:
        """Keep what was wrong with rows: number, column, problem, value; a row's first problem is enough.

        `taken`: only the cell was left out. Needs to be called once for each row.
        """
        found = [
            {"upload_id": self.id, "row": row, "column": plain(column, 120), "problem": problem}
            | {"value": plain(value, 200), "taken": taken}
            for row, column, problem, value in rows
        ]
        for batch in batches(found):
            insert_new(RefusedRow, batch)
        if taken:
            self.noted += len(found)
        else:
            self.refused += len(found)

    def become(self) -> Tally:
        """What became of the rows so far, counted as the forecast counts them."""
        told = Tally({"known": self.repeated})
        problems = select(RefusedRow.taken, RefusedRow.problem, func.count()).where(RefusedRow.upload_id == self.id)
        for taken, problem, number in db.session.execute(problems.group_by(RefusedRow.taken, RefusedRow.problem)):
            told.add(f"{'noted' if taken else 'refused'}.{problem}", number)
        if self.survey_id is None:
            told.add("keep", self.added)
        columns = (Invitation.status, Invitation.reason, Invitation.asked_at.is_(None))
        ends = (func.count(), func.min(Invitation.send_at), func.max(Invitation.send_at))
        query = select(*columns, *ends).where(Invitation.upload_id == self.id).group_by(*columns)
        for status, reason, unasked, number, first, last in db.session.execute(query):
            if status == "skipped":
                told.add(f"skip.{reason}", number)
                continue
            waits = unasked and status == "scheduled"
            key = "later" if waits and reason == "quarantine" else "ask"
            for at in (first, last):
                told.add(key, 0, at=at)
                told.add(f"wait.{reason or 'due'}", 0, at=at if waits else None)
            told.add(key, number)
            told.add(f"wait.{reason or 'due'}", number if waits else 0)
        return told

    def refused_rows(self, limit: int = 500) -> list[RefusedRow]:
        """The first rows with something wrong, those that could not be taken before others."""
        query = select(RefusedRow).where(RefusedRow.upload_id == self.id).order_by(RefusedRow.taken, RefusedRow.row)
        return list(db.session.scalars(query.limit(limit)))

    def finish(self, *, at: datetime) -> None:
        self.state, self.finished_at = "done", at
        counts = {"added": self.added, "repeated": self.repeated, "refused": self.refused, "asked": self.asked}
        events.record("upload.done", self.id, workspace_id=self.workspace_id, at=at, data=counts)

    def fail(self, reason: str, *, at: datetime) -> None:
        self.state, self.reason, self.finished_at = "failed", reason, at


class RefusedRow(Model):
    """A row that could not be taken: its number as a spreadsheet shows it, the column, what is wrong, the value.

    `taken`: the row was, only this cell was left out.
    """

    __tablename__ = "upload_refused_row"

    upload_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(Integer, primary_key=True)
    column: Mapped[str] = mapped_column(String(120))
    problem: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(200))
    taken: Mapped[bool] = mapped_column(Boolean, default=False)


def plain(text: str, most: int) -> str:
    """As the database takes it."""
    return text.replace("\0", "\ufffd")[:most]
