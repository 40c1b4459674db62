"""What many mails have in common, kept once: a mail of the outbox is a stencil and what is its own."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from sqlalchemy import Text, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once

Piece = str | tuple[str, int, int]
"""Text as it goes out, or a part of a value: its name, from which letter, up to which."""
Pieces = tuple[Piece, ...]
WHOLE = 2**31
"""Up to the end: such a value is one or more whole lines."""


class Stencil(Model):
    """One never changes and is known by its content."""

    __tablename__ = "mail_stencil"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    pieces: Mapped[str] = mapped_column(Text)
    """JSON."""
    created_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def keep(cls, sheets: Collection[Sheet], *, at: datetime) -> None:
        """Keep those that are new. Needs a transaction."""
        idents = {sheet.ident: sheet for sheet in sheets}
        known = set(db.session.scalars(select(cls.id).where(cls.id.in_(list(idents)))))
        for ident in idents.keys() - known:
            insert_once(cls, {"id": ident, "pieces": json.dumps(idents[ident].pieces), "created_at": at})


@dataclass(frozen=True, eq=False)
class Sheet:
    """The pieces of a stencil, and what it is known by."""

    ident: uuid.UUID
    pieces: Pieces

    @classmethod
    def of(cls, pieces: Pieces) -> Sheet:
        text = json.dumps(pieces)
        return cls(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16]), pieces)

    @cached_property
    def wired(self) -> tuple[tuple[Piece, bool], ...]:
        """Each piece as it travels, and whether it begins a line. Lines that begin with a dot begin with two."""
        found: list[tuple[Piece, bool]] = []
        begins = True
        for piece in self.pieces:
            text = piece
            if isinstance(text, str):
                text = text.replace("\r\n.", "\r\n..")
                text = f".{text}" if begins and text.startswith(".") else text
            found.append((text, begins))
            begins = piece.endswith("\n") if isinstance(piece, str) else piece[2] == WHOLE
        return tuple(found)


class Wired(bytes):
    """A mail as it travels: every line ends in CRLF, a dot at its beginning is doubled, a dot alone ends it."""


@lru_cache(maxsize=512)
def sheet_of(ident: uuid.UUID) -> Sheet:
    """A kept stencil."""
    kept = json.loads(db.session.scalars(select(Stencil.pieces).where(Stencil.id == ident)).one())
    pieces = tuple(piece if isinstance(piece, str) else (piece[0], piece[1], piece[2]) for piece in kept)
    return Sheet(ident, pieces)


def fill(pieces: Pieces, values: Mapping[str, str]) -> str:
    """The whole mail."""
    return "".join([piece if isinstance(piece, str) else values[piece[0]][piece[1] : piece[2]] for piece in pieces])


def wire(sheet: Sheet, values: Mapping[str, str]) -> Wired:
    """The whole mail as it travels."""
    parts = []
    for piece, begins in sheet.wired:
        if isinstance(piece, str):
            parts.append(piece)
            continue
        text = values[piece[0]][piece[1] : piece[2]]
        if piece[2] == WHOLE and "\r\n." in text:
            text = text.replace("\r\n.", "\r\n..")
        parts.append(f".{text}" if begins and text[:1] == "." else text)
    return Wired("".join([*parts, ".\r\n"]).encode("ascii"))
