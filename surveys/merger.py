from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Uuid, select, update
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db
from base.errors import ConflictError
from surveys.contact import Contact
from surveys.folding import search_key
from surveys.holding import all_holdings
from surveys.invitation import lock_invitations
from surveys.suppression import Suppression


class Merger(Model):
    """A contact that became one with another: links that were mailed to it lead to the one that is left."""

    __tablename__ = "contact_merge"
    __table_args__ = (Index("ix_contact_merge_contact_id", "contact_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    """The id of the contact that is no more."""
    contact_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str | None] = mapped_column(String(60))

    @classmethod
    def follow(cls, ident: uuid.UUID) -> Contact | None:
        """The contact with this id, or the one that it became one with; None when it was erased."""
        found = db.session.get(Contact, ident)
        if found is not None:
            return found
        joined = db.session.scalar(select(cls.contact_id).where(cls.id == ident))
        return db.session.get(Contact, joined) if joined else None

    @classmethod
    def join(cls, one: Contact, other: Contact, *, email: str, at: datetime, actor: str | None = None) -> Contact:
        """Make one contact of two: the older row stays and gets everything, with the address `email` of the two.

        What the older one lacks is taken from the younger one. Who of the two was to be left alone stays so. Needs a
        transaction.
        """
        kept, gone = _locked(one, other)
        if email not in (kept.email, gone.email):
            raise ConflictError("Choose one of the two addresses.")
        theirs = Suppression.of_contact(gone.id)
        for holding in all_holdings():
            if holding.move is not None:
                holding.move(gone.id, kept.id)
        moved = update(cls).where(cls.contact_id == gone.id).values(contact_id=kept.id)
        db.session.execute(moved.execution_options(synchronize_session=False))
        _give_up_address(gone, theirs)
        known = {"name": gone.name, "locale": gone.locale, "zone": gone.zone}
        properties = gone.properties
        db.session.delete(gone)
        db.session.flush()
        for name, value in known.items():
            setattr(kept, name, getattr(kept, name) or value)
        kept.properties = properties | kept.properties
        kept.search_key = search_key(kept.name, kept.email)
        kept.readdress(email, at=at, actor=actor)
        kept.inherit(theirs, actor=actor)
        db.session.add(cls(id=gone.id, contact_id=kept.id, at=at, actor=actor))
        data = {"merged": str(gone.id)}
        events.record("contact.merged", kept.id, workspace_id=kept.workspace_id, at=at, actor=actor, data=data)
        return kept


def _locked(one: Contact, other: Contact) -> list[Contact]:
    """Both under the write lock, in one order, so that two who join the same people wait for each other."""
    if one.id == other.id or one.workspace_id != other.workspace_id:
        raise ConflictError("Choose two different people.")
    wanted = select(Contact).where(Contact.id.in_((one.id, other.id))).order_by(Contact.id)
    wanted = wanted.with_for_update(key_share=True)
    found = list(db.session.scalars(wanted.execution_options(populate_existing=True)))  # ids are in the order of time
    if len(found) != 2:
        raise ConflictError("One of the two is not there any more.")
    lock_invitations(one.id, other.id)
    return found


def _give_up_address(gone: Contact, theirs: list[Suppression]) -> None:
    """What stands about its address goes on to stand, for whoever comes in with it."""
    for row in theirs:
        row.contact_id, row.address = None, gone.email_key
