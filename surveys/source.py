from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, Uuid, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.naming import slug_of
from accounts.workspace import Workspace
from base import events, tokens
from base.db import Model, Moment, db, new_id
from base.errors import NotFoundError
from surveys.recipes import recipe
from surveys.survey import Survey

SLUG_LIMIT = 36
"""Letters of a slug before its number: an interaction keeps at most 40 as its source."""
TAKEN = {"csv", "new"}
"""What other ways in are called, and the page that makes a source."""


class Once(NamedTuple):
    """What a source is made of that only one can have: who asks again with the same makes no other."""

    ident: uuid.UUID
    secret: str

    @classmethod
    def new(cls) -> Once:
        return cls(new_id(), tokens.new_secret(size=24))


class Source(Model):
    """A way in for calls from a helpdesk or shop: an address with a secret, and how its calls are read.

    Only the hash of the secret is kept. `slug` is the source of the interactions that come by it, and stays.
    """

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    recipe: Mapped[str] = mapped_column(String(20))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    signature_secret: Mapped[str | None] = mapped_column(Text)
    """Shared with the sender; None where calls need no signature. Never shown again."""
    signature_header: Mapped[str | None] = mapped_column(String(80))
    signature_scheme: Mapped[str | None] = mapped_column(String(20))
    """One of `surveys.signing.SCHEMES`."""
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """How calls are read, as `surveys.picking` describes it."""
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What is needed to ask the helpdesk back: `base_url`, `api_key`. The second is never shown again."""
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def create(
        cls,
        workspace_id: uuid.UUID,
        name: str,
        kind: str,
        *,
        at: datetime,
        by: uuid.UUID | None = None,
        once: Once | None = None,
    ) -> tuple[Source, str]:
        """A new source of a recipe, and the secret of its address, which is shown once and kept nowhere."""
        (ident, secret), known = once or Once.new(), recipe(kind)
        source = cls(
            id=ident,
            workspace_id=workspace_id,
            slug=cls._free_slug(workspace_id, name),
            name=name,
            recipe=kind,
            key_hash=tokens.digest(secret),
            signature_header=known.header,
            signature_scheme=known.scheme,
            mapping=dict(known.mapping),
            settings={},
            created_at=at,
            created_by=by,
        )
        db.session.add(source)
        db.session.flush()
        source._tell("source.created", at, by, {"recipe": kind})
        return source, secret

    @classmethod
    def _free_slug(cls, workspace_id: uuid.UUID, name: str) -> str:
        stem = slug_of(name, longest=SLUG_LIMIT)
        same = (cls.workspace_id == workspace_id, cls.slug.startswith(stem, autoescape=True))
        taken = TAKEN | set(db.session.scalars(select(cls.slug).where(*same)))
        names = (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3)))
        return next(slug for slug in names if slug not in taken)

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Source:
        """The source of this workspace with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("source", ident)
        return found

    @classmethod
    def made(cls, workspace_id: uuid.UUID, once: Once) -> Source | None:
        """The source that was made with this already, if one was. Needs a transaction, until whose end nobody else
        makes one in the workspace.
        """
        whose = select(Workspace.id).where(Workspace.id == workspace_id)
        db.session.execute(whose.with_for_update(key_share=True))
        return db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == once.ident))

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> list[Source]:
        """All sources of a workspace, open ones first, by name."""
        order = cls.closed_at.is_not(None), cls.name, cls.id
        return list(db.session.scalars(select(cls).where(cls.workspace_id == workspace_id).order_by(*order)))

    @property
    def asks_back(self) -> bool:
        """Whether its calls are completed by asking the helpdesk."""
        return bool(recipe(self.recipe).lookup)

    def opens_by(self, secret: str) -> bool:
        """Whether this is the secret of its address, and no later one."""
        return self.key_hash == tokens.digest(secret)

    def surveys(self) -> list[Survey]:
        """What is asked about its calls, by name."""
        asked = select(Survey).join(SourceSurvey, SourceSurvey.survey_id == Survey.id)
        return list(db.session.scalars(asked.where(SourceSurvey.source_id == self.id).order_by(Survey.name, Survey.id)))

    def rotate(self, *, at: datetime, by: uuid.UUID | None = None) -> str:
        """A new secret for its address; the earlier address ends at once."""
        secret = tokens.new_secret(size=24)
        self.key_hash = tokens.digest(secret)
        self._tell("source.rotated", at, by)
        return secret

    def change(self, *, name: str, survey_ids: Sequence[uuid.UUID], at: datetime, by: uuid.UUID | None = None) -> None:
        """Call it otherwise, and ask these surveys (of its workspace) about its calls from now on."""
        self.name = name
        own = select(Survey.id).where(Survey.workspace_id == self.workspace_id, Survey.id.in_(survey_ids))
        asked = sorted(db.session.scalars(own))
        db.session.execute(delete(SourceSurvey).where(SourceSurvey.source_id == self.id))
        db.session.add_all(SourceSurvey(source_id=self.id, survey_id=ident) for ident in asked)
        self._tell("source.changed", at, by, {"surveys": [str(ident) for ident in asked]})

    def secure(
        self, *, secret: str | None, header: str | None, scheme: str | None, at: datetime, by: uuid.UUID | None = None
    ) -> None:
        """How its calls must be signed from now on; without a secret, not at all."""
        self.signature_secret, self.signature_header, self.signature_scheme = secret or None, header, scheme
        self._tell("source.secured", at, by, {"signed": bool(secret)})

    def connect(self, settings: Mapping[str, str], *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Where and with which key the helpdesk is asked back."""
        self.settings = dict(settings)
        self._tell("source.connected", at, by)

    def map(self, mapping: Mapping[str, Any], *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Read calls like this from now on."""
        self.mapping = dict(mapping)
        self._tell("source.mapped", at, by)

    def close(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Take no more calls; its address answers as if it had never been."""
        if self.closed_at is None:
            self.closed_at = at
            self._tell("source.closed", at, by)

    def reopen(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Take calls again, at the same address."""
        if self.closed_at is not None:
            self.closed_at = None
            self._tell("source.reopened", at, by)

    def _tell(self, kind: str, at: datetime, by: uuid.UUID | None, data: dict[str, Any] | None = None) -> None:
        actor = str(by) if by else None
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, actor=actor, data=data)


class SourceSurvey(Model):
    """A survey that is asked about the calls of a source."""

    __tablename__ = "source_survey"
    __table_args__ = (Index("ix_source_survey_survey_id", "survey_id"),)

    source_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
