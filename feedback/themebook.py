from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String, Text, Uuid, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, db
from feedback.sentiment.themes import THEMES


@dataclass(frozen=True)
class Entry:
    """How a workspace sees one theme: its own name (None: the built-in one), switched off or not, its own words."""

    theme: str
    name: str | None = None
    off: bool = False
    words: tuple[str, ...] = ()


class WorkspaceTheme(Model):
    """What a workspace changed about a theme; what it left alone has no row."""

    __tablename__ = "workspace_theme"

    workspace_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )
    theme: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(60))
    off: Mapped[bool] = mapped_column(Boolean, default=False)
    words: Mapped[str] = mapped_column(Text, default="")
    """One a line: a comment with one of them speaks of the theme."""

    @classmethod
    def book(cls, workspace_id: uuid.UUID) -> dict[str, Entry]:
        """All themes as this workspace sees them, in their order."""
        rows = {row.theme: row for row in db.session.scalars(select(cls).where(cls.workspace_id == workspace_id))}
        return {theme: _entry(theme, rows.get(theme)) for theme in THEMES}

    @classmethod
    def change(
        cls, workspace_id: uuid.UUID, entries: Mapping[str, Entry], *, at: datetime, actor: str | None = None
    ) -> None:
        """See themes another way from now on; words added count for comments that are read from now on."""
        changed = [theme for theme, entry in entries.items() if entry != cls.book(workspace_id)[theme]]
        if not changed:
            return
        db.session.execute(delete(cls).where(cls.workspace_id == workspace_id, cls.theme.in_(changed)))
        for theme in changed:
            entry = entries[theme]
            if entry != Entry(theme):
                row = {"name": entry.name, "off": entry.off, "words": "\n".join(entry.words)}
                db.session.add(cls(workspace_id=workspace_id, theme=theme, **row))
        data = {"changed": changed}
        events.record("themes.changed", workspace_id, workspace_id=workspace_id, at=at, actor=actor, data=data)


def _entry(theme: str, row: WorkspaceTheme | None) -> Entry:
    return Entry(theme, row.name, row.off, tuple(row.words.splitlines())) if row else Entry(theme)
