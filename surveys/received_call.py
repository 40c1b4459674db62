from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from sqlalchemy import (
    JSON,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    Uuid,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, defer, mapped_column

from base.db import Model, Moment, db, new_id
from base.errors import ConflictError, NotFoundError
from surveys.source import Source

KEPT_BODY = 64 * 1024
"""Bytes of a body that stay when the call has been worked off; longer ones are cut and cannot be replayed."""
KEPT_FOR = timedelta(days=30)
KEPT_TAKEN = 50
"""Calls of a source that were taken, or left aside, and stay to look at."""
KEPT_REFUSED = 200
"""Refused calls of a source that keep their bodies; of older ones only what was wrong stays."""
FORGED = ("signature", "signature_missing", "signature_old")
"""Reasons of calls whose sender nobody knows: those are never worked off."""

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A call as it came in."""

    method: str
    content_type: str
    query: str
    body: bytes


class ReceivedCall(Model):
    """A call that came in by a source: received → processed, or ignored or rejected with the reason."""

    __tablename__ = "received_call"
    __table_args__ = (
        Index("ix_received_call_source_id", "source_id", "id"),
        Index("ix_received_call_state_received", "state", "received_at"),
        Index("ix_received_call_interaction_id", "interaction_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    source_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("source.id", ondelete="CASCADE"))
    received_at: Mapped[datetime] = mapped_column(Moment)
    method: Mapped[str] = mapped_column(String(10))
    content_type: Mapped[str] = mapped_column(String(200))
    query: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(Integer)
    """Bytes of the body as it came."""
    sample: Mapped[bool] = mapped_column(Boolean, default=False)
    """Made by staff, of what the recipe has recorded: its helpdesk is not asked back."""
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What the helpdesk said when it was asked back."""
    state: Mapped[str] = mapped_column(String(10), default="received")
    reason: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(String(300))
    """What belongs to the reason: a status, an answer of the helpdesk."""
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What had to be put right to take it."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """How often it could not be worked off yet."""
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    interaction_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("interaction.id", ondelete="CASCADE"))
    """With the interaction, as when its person is erased, goes what told of it."""

    def names(self, address: str) -> bool:
        """Whether the address (in lower case) stands in what came in, or in what the helpdesk said."""
        told = f"{self.query} {self.body.decode('utf-8', 'replace')} {self.found or ''} {self.detail or ''}"
        spelt_out = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), unquote(told))
        return address in told.lower() or address in spelt_out.lower()

    @classmethod
    def keep(
        cls,
        source_id: uuid.UUID,
        parcel: Parcel,
        *,
        at: datetime,
        sample: bool = False,
        found: dict[str, Any] | None = None,
    ) -> ReceivedCall:
        """Keep a call as it came. The caller enqueues the job that works it off, in the same transaction."""
        call = cls(
            id=new_id(),
            source_id=source_id,
            received_at=at,
            method=parcel.method[:10],
            content_type=parcel.content_type.replace("\0", "")[:200],
            query=parcel.query,
            body=parcel.body,
            size=len(parcel.body),
            sample=sample,
            found=found,
            state="received",
            notes=[],
            attempts=0,
        )
        db.session.add(call)
        return call

    @classmethod
    def of(cls, source: Source, ident: uuid.UUID) -> ReceivedCall:
        """The call of this source with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.source_id == source.id, cls.id == ident))
        if found is None:
            raise NotFoundError("call", ident)
        return found

    @classmethod
    def waiting(cls, ident: uuid.UUID, *, alone: bool = False) -> ReceivedCall | None:
        """The call if it is still to be worked off. `alone`: nobody else may settle it meanwhile."""
        query = select(cls).where(cls.id == ident, cls.state == "received")
        return db.session.scalar(query.with_for_update() if alone else query)

    @classmethod
    def newest(cls, source_id: uuid.UUID, *, limit: int) -> list[ReceivedCall]:
        """The last calls of a source, the newest first, without their bodies."""
        query = select(cls).where(cls.source_id == source_id).order_by(cls.id.desc()).limit(limit)
        return list(db.session.scalars(query.options(defer(cls.body), defer(cls.found))))

    @classmethod
    def last_by_source(cls, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, datetime]:
        """When each source was called last."""
        query = select(cls.source_id, func.max(cls.received_at)).where(cls.source_id.in_(source_ids))
        rows = db.session.execute(query.group_by(cls.source_id)).all()
        return {row[0]: row[1] for row in rows}

    @classmethod
    def stranded(cls, before: datetime, *, limit: int = 200) -> list[ReceivedCall]:
        """Calls that have waited since `before`, the oldest first."""
        query = select(cls).where(cls.state == "received", cls.received_at < before).options(defer(cls.body))
        return list(db.session.scalars(query.order_by(cls.received_at).limit(limit)))

    @property
    def whole(self) -> bool:
        """Whether all of its body is still there."""
        return len(self.body) == self.size

    @property
    def replayable(self) -> bool:
        """Whether it can be worked off again; what nobody vouches for never is."""
        return self.state != "received" and self.reason not in FORGED and self.whole

    def settle(self, state: str, reason: str | None = None, *, at: datetime, detail: str | None = None) -> None:
        """Worked off: processed, ignored or rejected. A long body is cut to what is worth keeping."""
        self.state, self.reason, self.settled_at = state, reason, at
        self.detail = detail.replace("\0", "")[:300] if detail else None
        if self.size > KEPT_BODY:
            self.body = self.body[:KEPT_BODY]

    def put_off(self, detail: str) -> None:
        """It could not be worked off now, and why; it will be tried again."""
        self.attempts, self.reason, self.detail = self.attempts + 1, "waiting", detail[:300]

    def again(self) -> None:
        """Work it off once more. ConflictError when it waits already, or cannot be."""
        if not self.replayable:
            raise ConflictError("This call cannot be replayed.")
        self.state, self.attempts, self.settled_at = "received", 0, None
        self.reason = self.detail = self.interaction_id = None
        self.notes = []

    @classmethod
    def prune(cls, now: datetime) -> int:
        """Forget what is older than 30 days, and taken calls after the newest 50 of each source; how many went.

        Refused ones keep their reason for all of these days, and the newest 200 of a source their bodies too.
        """
        gone = delete(cls).where(cls.state != "received", cls.received_at < now - KEPT_FOR)
        many = int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]
        for source_id in list(db.session.scalars(select(Source.id))):
            taken = (cls.source_id == source_id, cls.state.in_(("processed", "ignored")))
            last = cls._nth(taken, KEPT_TAKEN)
            if last is not None:
                rest = delete(cls).where(*taken, cls.id < last)
                many += int(db.session.execute(rest).rowcount)  # type: ignore[attr-defined]
            refused = (cls.source_id == source_id, cls.state == "rejected")
            last = cls._nth(refused, KEPT_REFUSED)
            if last is not None:
                bare = update(cls).where(*refused, cls.id < last, cls.body != b"").values(body=b"", found=None)
                db.session.execute(bare.execution_options(synchronize_session=False))
        return many

    @classmethod
    def _nth(cls, which: Sequence[Any], count: int) -> uuid.UUID | None:
        """The id of the `count`th newest of these, if there are so many and one more."""
        newest = list(db.session.scalars(select(cls.id).where(*which).order_by(cls.id.desc()).limit(count + 1)))
        return newest[count - 1] if len(newest) > count else None
