from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, Uuid, func, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.workspace import Workspace
from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import NotFoundError
from surveys.contact import Contact
from surveys.holding import Erasing, Subject, all_holdings
from surveys.invitation import lock_invitations
from surveys.suppressing import fingerprint


class Erasure(Model):
    """That somebody was forgotten: by whom and when, and of the person only the salted hash of the address.

    A restored backup knows the person again; with these rows they are forgotten again.
    """

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_workspace_at", "workspace_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    address_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str | None] = mapped_column(String(60))
    answers_too: Mapped[bool] = mapped_column(Boolean)
    """Whether the scores went too; else they stay in the numbers, without a person."""
    never_again: Mapped[bool] = mapped_column(Boolean)
    """Whether the address is left alone from then on."""

    @classmethod
    def of(
        cls,
        contact: Contact,
        *,
        at: datetime,
        actor: str | None = None,
        answers_too: bool = False,
        never_again: bool = True,
    ) -> Erasure:
        """Forget a person: nothing that is held leads to them any more. Needs a transaction.

        NotFoundError when they are forgotten already.
        """
        contact = _held(contact.id)
        salt = Workspace.salt_of(contact.workspace_id)
        ledger = {"workspace_id": contact.workspace_id, "address_hash": fingerprint(salt, contact.email_key)}
        erasure = cls(id=new_id(), **ledger, at=at, actor=actor, answers_too=answers_too, never_again=never_again)
        _forget(contact, erasure)
        db.session.add(erasure)
        events.record("contact.erased", erasure.id, workspace_id=erasure.workspace_id, at=at, actor=actor)
        return erasure

    def repeat(self, contact_id: uuid.UUID) -> None:
        """Forget the person again, who came back with a backup. Needs a transaction."""
        _forget(_held(contact_id), self)

    @classmethod
    def count(cls, workspace_id: uuid.UUID) -> int:
        """How many there are of a workspace that are committed: whoever reads answers after counting knows these."""
        return db.session.scalar(select(func.count()).where(cls.workspace_id == workspace_id)) or 0

    @classmethod
    def ledger(cls) -> Iterator[dict[str, Any]]:
        """Every erasure as plain values, the oldest first: what is kept beside backups."""
        for row in db.session.scalars(select(cls).order_by(cls.at, cls.id)):
            values = {column.key: getattr(row, column.key) for column in cls.__mapper__.column_attrs}
            yield values | {"id": str(row.id), "workspace_id": str(row.workspace_id), "at": row.at.isoformat()}

    @classmethod
    def remember(cls, ledger: Iterable[dict[str, Any]]) -> int:
        """Take in erasures that this database may not know, as after a restore; how many were new."""
        here = set(db.session.scalars(select(Workspace.id)))
        new = 0
        for one in ledger:
            values = one | {"id": uuid.UUID(one["id"]), "workspace_id": uuid.UUID(one["workspace_id"])}
            values["at"] = datetime.fromisoformat(one["at"])
            new += values["workspace_id"] in here and insert_once(cls, values)
        return new

    @classmethod
    def forgotten_again(cls, after: uuid.UUID, *, limit: int = 1000) -> tuple[list[tuple[Contact, Erasure]], Any]:
        """Of the next `limit` contacts after an id those that an erasure had forgotten, with it, and the last id looked
        at (None at the end). Who came in anew since then is another matter.
        """
        page = list(db.session.scalars(select(Contact).where(Contact.id > after).order_by(Contact.id).limit(limit)))
        salts = {ident: Workspace.salt_of(ident) for ident in {contact.workspace_id for contact in page}}
        hashes = {fingerprint(salts[one.workspace_id], one.email_key): one for one in page}
        found = db.session.scalars(select(cls).where(cls.address_hash.in_(list(hashes))))
        again = {
            hashes[row.address_hash].id: (hashes[row.address_hash], row)
            for row in found
            if hashes[row.address_hash].created_at <= row.at
        }
        return list(again.values()), page[-1].id if len(page) == limit else None


def _held(contact_id: uuid.UUID) -> Contact:
    """The person under the write lock, and what they were asked with them."""
    held = select(Contact).where(Contact.id == contact_id).with_for_update(key_share=True)
    found = db.session.scalars(held.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFoundError("contact", contact_id)
    lock_invitations(found.id)
    return found


def _forget(contact: Contact, erasure: Erasure) -> None:
    if erasure.never_again:
        contact.suppress("by hand", at=erasure.at, actor=erasure.actor)
    db.session.flush()
    subject = Subject.of(contact)
    for holding in all_holdings():
        holding.erase(subject, Erasing(erasure.at, erasure.answers_too))
    db.session.expunge(contact)
    db.session.expire_all()
