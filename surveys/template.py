from __future__ import annotations

import copy
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Uuid, func, select
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, new_id
from base.errors import ConflictError, NotFoundError
from surveys.making import Origin
from surveys.question import Document

MOST = 200
"""Templates a workspace may keep; beyond that nobody finds one among them."""


class SurveyTemplate(Model):
    """A survey of this workspace kept to make others of. What becomes of the survey it was made of changes nothing."""

    __tablename__ = "survey_template"
    __table_args__ = (Index("ix_survey_template_workspace_name", "workspace_id", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(200), default="")
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def keep(
        cls,
        workspace_id: uuid.UUID,
        name: str,
        description: str,
        document: Document,
        *,
        at: datetime,
        by: uuid.UUID | None = None,
    ) -> SurveyTemplate:
        """A new template with a copy of `document`."""
        kept_already = db.session.scalar(select(func.count(cls.id)).where(cls.workspace_id == workspace_id)) or 0
        if kept_already >= MOST:
            raise ConflictError(f"A workspace keeps at most {MOST} templates; delete one first.")
        kept = copy.deepcopy({key: value for key, value in document.items() if key != "frozen"})
        template = cls(id=new_id(), workspace_id=workspace_id, name=name, description=description, document=kept)
        template.created_at, template.created_by = at, by
        db.session.add(template)
        db.session.flush()
        template._record("kept", at, by)
        return template

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> SurveyTemplate:
        """The template of this workspace with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("template", ident)
        return found

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> list[SurveyTemplate]:
        """All templates of a workspace, by name."""
        return list(db.session.scalars(select(cls).where(cls.workspace_id == workspace_id).order_by(cls.name, cls.id)))

    @property
    def origin(self) -> Origin:
        """What a new survey is made of it with."""
        return Origin(str(self.id), self.document["metric"], kept=self.document)

    def rename(self, name: str, description: str, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Call and describe it otherwise."""
        self.name, self.description = name, description
        self._record("renamed", at, by)

    def delete(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Keep it no longer. Surveys made of it stay as they are."""
        self._record("deleted", at, by)
        db.session.delete(self)

    def _record(self, what: str, at: datetime, by: uuid.UUID | None) -> None:
        actor, data = str(by) if by else None, {"name": self.name}
        kind = f"template.{what}"
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, actor=actor, data=data)
