from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import (
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db
from base.prepared import Prepared
from feedback.suspecting import Reason, Sign, reason_for
from surveys.filling import Piece


@dataclass(frozen=True, slots=True)
class Given:
    """What one person sent: the answer, the page it was sent from, and what is suspicious about the sending.

    `form_id` names the rendered page: sending the same page again is the same submission. `client` is a fingerprint
    of address and user agent.
    """

    score: int
    comment: str | None
    locale: str
    form_id: str
    client: str = ""
    opened_at: datetime | None = None
    signs: tuple[Sign, ...] = ()
    pieces: tuple[Piece, ...] = ()
    """The answers to further questions."""

    @property
    def suspicion(self) -> Reason | None:
        return reason_for(self.signs)


@dataclass(frozen=True, slots=True)
class Sent:
    """An earlier submission, as far as a new one must know it."""

    number: int
    form_id: str
    score: int
    comment: str | None

    def says(self, given: Given) -> bool:
        """Whether `given` has the same score and comment."""
        return (self.score, self.comment) == (given.score, given.comment)


class Revision(Model):
    """One explicit submission of a response, kept. (response, form) is unique: sending a form again changes nothing."""

    __tablename__ = "response_revision"
    __table_args__ = (UniqueConstraint("response_id", "form_id"),)

    response_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    form_id: Mapped[str] = mapped_column(String(40))
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(12))
    submitted_at: Mapped[datetime] = mapped_column(Moment)
    opened_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its page was served, as the page said."""
    client: Mapped[str | None] = mapped_column(String(16))
    """Fingerprint of address and user agent, as in intents."""
    signs: Mapped[str | None] = mapped_column(String(80))
    """What looked like a mail scanner, in words of `suspecting`, joined by spaces: evidence for whoever decides."""

    @classmethod
    def keep(cls, response_id: uuid.UUID, number: int, given: Given, *, at: datetime) -> None:
        """Add what was sent as revision `number`."""
        row = {
            "response_id": response_id,
            "number": number,
            "form_id": given.form_id,
            "score": given.score,
            "comment": given.comment,
            "locale": given.locale,
            "submitted_at": at,
            "opened_at": given.opened_at,
            "client": given.client or None,
            "signs": " ".join(given.signs) or None,
        }
        _INSERT.run(row)

    @classmethod
    def all_of(cls, response_id: uuid.UUID, *, up_to: int | None = None) -> list[Revision]:
        """Everything that was ever sent for one response, the oldest first; or all until revision `up_to`."""
        query = select(cls).where(cls.response_id == response_id).order_by(cls.number)
        return list(db.session.scalars(query if up_to is None else query.where(cls.number <= up_to)))

    @classmethod
    def sent_before(cls, response_id: uuid.UUID) -> list[Sent]:
        """What was sent so far, the oldest first, as the transaction of an answer sees it."""
        return [Sent(*row) for row in _SENT.all({"response": response_id})]

    @property
    def signs_seen(self) -> tuple[Sign, ...]:
        return cast("tuple[Sign, ...]", tuple((self.signs or "").split()))


FIRST = {
    "response_id": "v_id",
    "number": "v_number",
    "form_id": "v_form_id",
    "score": "v_score",
    "comment": "v_comment",
    "locale": "v_locale",
    "submitted_at": "v_at",
    "opened_at": "v_opened_at",
    "client": "v_client",
    "signs": "v_signs",
}
"""The columns of a response's first revision, with the names of their values there."""

_INSERT = Prepared(insert(Revision), *Revision.__table__.columns.keys())
_SENT = Prepared(
    select(Revision.number, Revision.form_id, Revision.score, Revision.comment)
    .where(Revision.response_id == bindparam("response"))
    .order_by(Revision.number)
)
