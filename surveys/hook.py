from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from base import tokens
from base.db import new_id
from base.errors import NotFoundError
from base.prepared import Prepared
from surveys.received_call import Parcel, ReceivedCall
from surveys.recipes import recipe
from surveys.source import Source

_FACTS = Prepared(
    select(Source.id, Source.recipe, Source.signature_secret, Source.signature_header, Source.signature_scheme).where(
        Source.key_hash == bindparam("key_hash"), Source.closed_at.is_(None)
    )
)
_KEEP = Prepared(
    insert(ReceivedCall),
    *("id", "source_id", "received_at", "method", "content_type", "query", "body", "size"),
    *("sample", "state", "notes", "attempts"),
)


@dataclass(frozen=True, slots=True)
class Hook:
    """What is needed of an open source to take a call: two statements, made to be fast, in a swift lane or outside."""

    source_id: uuid.UUID
    asks_back: bool
    signature_secret: str | None
    signature_header: str
    signature_scheme: str

    @classmethod
    def by_key(cls, key: str) -> Hook:
        """The hook whose address ends in `key`, or NotFoundError."""
        found = _FACTS.first({"key_hash": tokens.digest(key)})
        if found is None:
            raise NotFoundError("source")
        ident, kind, secret, header, scheme = found
        return cls(ident, bool(recipe(kind).lookup), secret, header or "", scheme or "sha256-hex")

    def keep(self, parcel: Parcel, *, at: datetime) -> uuid.UUID:
        """Keep a call as it came; its id. The caller enqueues what works it off, in the same transaction."""
        ident = new_id()
        row: dict[str, Any] = {
            "id": ident,
            "source_id": self.source_id,
            "received_at": at,
            "method": parcel.method[:10],
        }
        row |= {"content_type": parcel.content_type.replace("\0", "")[:200], "query": parcel.query}
        row |= {"body": parcel.body, "size": len(parcel.body), "sample": False, "state": "received"}
        _KEEP.run(row | {"notes": [], "attempts": 0})
        return ident
