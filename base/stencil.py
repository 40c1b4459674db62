"""What many mails have in common, kept once: a mail of the outbox is a stencil and what is its own."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Text, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once

Piece = str | tuple[str, int, int]
"""Text as it goes out, or a part of a value: its name, from which letter, up to which."""
Pieces = tuple[Piece, ...]


class Stencil(Model):
    """One never changes and is known by its content."""

    __tablename__ = "mail_stencil"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    pieces: Mapped[str] = mapped_column(Text)
    """JSON."""
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def keep(cls, many: Collection[Pieces], *, at: datetime) -> dict[Pieces, uuid.UUID]:
        """The ids of these, kept if they are new. Needs a transaction."""
        found = {pieces: identity(pieces) for pieces in many}
        known = set(db.session.scalars(select(cls.id).where(cls.id.in_([ident for ident, _ in found.values()]))))
        for ident, text in found.values():
            if ident not in known:
                insert_once(cls, {"id": ident, "pieces": text, "created_at": at})
        return {pieces: ident for pieces, (ident, _) in found.items()}


@lru_cache(maxsize=512)
def identity(pieces: Pieces) -> tuple[uuid.UUID, str]:
    """What pieces are known by, and how they are kept."""
    text = json.dumps(pieces, separators=(",", ":"))
    return uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16]), text


@lru_cache(maxsize=512)
def pieces_of(ident: uuid.UUID) -> Pieces:
    """The pieces of a kept stencil."""
    kept = json.loads(db.session.scalars(select(Stencil.pieces).where(Stencil.id == ident)).one())
    return tuple(piece if isinstance(piece, str) else (piece[0], piece[1], piece[2]) for piece in kept)


def fill(pieces: Pieces, values: Mapping[str, str]) -> str:
    """The whole mail."""
    return "".join([piece if isinstance(piece, str) else values[piece[0]][piece[1] : piece[2]] for piece in pieces])
