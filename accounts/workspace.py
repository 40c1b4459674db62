from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.naming import slug_of
from base import events
from base.db import Model, Moment, db, new_id
from base.errors import NotFoundError

QUARANTINE_DAYS = 7
"""How long a new workspace leaves people alone after a request: nobody should have to think of it first."""


_salts: dict[uuid.UUID, str] = {}


class Workspace(Model):
    """A brand or department. Owns surveys, contacts, keys; nothing crosses it."""

    __tablename__ = "workspace"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    """What customers see as the company's name."""
    default_locale: Mapped[str] = mapped_column(String(12), default="en")
    zone: Mapped[str] = mapped_column(String(60), default="UTC")
    """Days of results, and times without a zone in imports, are of this zone."""
    reply_to: Mapped[str | None] = mapped_column(String(320))
    color: Mapped[str | None] = mapped_column(String(7))
    """The brand's colour on what customers see, as `#rrggbb`; None is ours."""
    logo_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    """The picture that stands for the name on what customers see; logos are a matter of the surveys' room."""
    sentiment_engine: Mapped[str] = mapped_column(String(20), default="ngram", server_default="ngram")
    """Which program reads comments; `feedback.sentiment` knows their names."""
    address_salt: Mapped[str] = mapped_column(String(64), default=lambda: secrets.token_hex(32), server_default="")
    """What addresses are hashed with that must be recognised after their people are forgotten. It never changes."""
    quarantine_days: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Days after any request in which no survey asks the same person again."""
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def salt_of(cls, ident: uuid.UUID) -> str:
        """The salt of the workspace with this id; asked for once a process."""
        if ident not in _salts:
            _salts[ident] = cls._kept_salt(ident)
        return _salts[ident]

    @classmethod
    def _kept_salt(cls, ident: uuid.UUID) -> str:
        return str(db.session.connection().execute(select(cls.address_salt).where(cls.id == ident)).scalar_one())

    @classmethod
    def by_slug(cls, slug: str) -> Workspace:
        found = db.session.scalar(select(cls).where(cls.slug == slug))
        if found is None:
            raise NotFoundError("workspace", slug)
        return found

    @classmethod
    def create(
        cls,
        name: str,
        *,
        locale: str = "en",
        zone: str = "UTC",
        quarantine_days: int = QUARANTINE_DAYS,
        at: datetime,
        actor: str | None = None,
    ) -> Workspace:
        """A new workspace; its slug is made from the name and stays when the name changes."""
        name = name.strip()
        workspace = cls(
            id=new_id(),
            slug=cls._free_slug(name),
            name=name,
            default_locale=locale,
            zone=zone,
            quarantine_days=quarantine_days,
            created_at=at,
        )
        db.session.add(workspace)
        db.session.flush()
        data = {"name": name}
        events.record("workspace.created", workspace.id, workspace_id=workspace.id, at=at, actor=actor, data=data)
        return workspace

    @classmethod
    def all(cls) -> list[Workspace]:
        return list(db.session.scalars(select(cls).order_by(cls.name)))

    @classmethod
    def _free_slug(cls, name: str) -> str:
        stem = slug_of(name)
        taken = set(db.session.scalars(select(cls.slug).where(cls.slug.startswith(stem, autoescape=True))))
        slug, number = stem, 1
        while slug in taken:
            number += 1
            slug = f"{stem}-{number}"
        return slug

    def change(self, fresh: Mapping[str, Any], *, at: datetime, actor: str | None = None) -> None:
        """Other settings: name, default_locale, zone, reply_to, quarantine_days. The event says which ones changed."""
        assert set(fresh) <= {"name", "default_locale", "zone", "reply_to", "quarantine_days"}
        self._set(fresh, at=at, actor=actor)

    def dress(
        self, *, name: str, color: str | None, logo_id: uuid.UUID | None, at: datetime, actor: str | None = None
    ) -> None:
        """Another look on what customers see from now on, mails that are out already left as they are."""
        self._set({"name": name, "color": color, "logo_id": logo_id}, at=at, actor=actor)

    def _set(self, fresh: Mapping[str, Any], *, at: datetime, actor: str | None) -> None:
        changed = [key for key, value in fresh.items() if getattr(self, key) != value]
        for key in changed:
            setattr(self, key, fresh[key])
        if changed:
            data = {"changed": changed}
            events.record("workspace.changed", self.id, workspace_id=self.id, at=at, actor=actor, data=data)

    def read_with(self, engine: str, *, at: datetime, actor: str | None = None) -> None:
        """Choose the program that reads comments from now on; those read before keep what they say."""
        if engine != self.sentiment_engine:
            self.sentiment_engine = engine
            data = {"changed": ["sentiment_engine"]}
            events.record("workspace.changed", self.id, workspace_id=self.id, at=at, actor=actor, data=data)
