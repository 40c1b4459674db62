from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Float, ForeignKey, Index, String, Uuid, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, db

SIDE = 0.15
"""Polarity from which what is said of a theme is rather good or rather bad."""


class Theme(Model):
    """A theme that a response's comment speaks of, and how."""

    __tablename__ = "response_theme"
    __table_args__ = (Index("ix_response_theme_theme", "theme", "response_id"),)

    response_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    theme: Mapped[str] = mapped_column(String(20), primary_key=True)
    polarity: Mapped[float] = mapped_column(Float)
    """Of the part of the comment that speaks of it, −1…1."""

    @classmethod
    def keep(cls, found: Mapping[uuid.UUID, Iterable[tuple[str, float]]]) -> None:
        """What the newest readings found in responses, in place of what earlier ones did. Needs a transaction."""
        gone = delete(cls).where(cls.response_id.in_(found)).execution_options(synchronize_session=False)
        db.session.execute(gone)
        rows = [
            {"response_id": ident, "theme": theme, "polarity": polarity}
            for ident, themes in found.items()
            for theme, polarity in themes
        ]
        if rows:
            db.session.execute(insert(cls), rows)

    @classmethod
    def of(cls, responses: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[tuple[str, float]]]:
        """The themes of each response, the strongest opinion first."""
        query = select(cls.response_id, cls.theme, cls.polarity).where(cls.response_id.in_(responses))
        found: dict[uuid.UUID, list[tuple[str, float]]] = {}
        for ident, theme, polarity in db.session.execute(query):
            found.setdefault(ident, []).append((theme, polarity))
        return {ident: sorted(themes, key=lambda one: (-abs(one[1]), one[0])) for ident, themes in found.items()}
