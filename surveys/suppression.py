from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, Uuid, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from accounts.workspace import Workspace
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import NotFoundError
from surveys.suppressing import EVERYTHING, fingerprint, outweighs


@dataclass(frozen=True, slots=True)
class Whom:
    """An address of a workspace, and the contact who has it, if one has."""

    workspace_id: uuid.UUID
    address: str
    contact_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Why an address is left alone, and in what: everything, or one survey."""

    reason: str
    at: datetime
    actor: str | None = None
    evidence: str | None = None
    scope: uuid.UUID = EVERYTHING


class Suppression(Model):
    """An address that is left alone: by everything, or by one survey.

    It is known by its salted hash, so that the row outlives the person: whoever comes in again with the address is
    left alone again at once. One that was lifted stays as a row, with who lifted it and when.
    """

    __tablename__ = "suppression"
    __table_args__ = (
        UniqueConstraint("workspace_id", "address_hash", "scope"),
        Index("ix_suppression_workspace_newest", "workspace_id", "id"),
        Index("ix_suppression_contact_id", "contact_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    address_hash: Mapped[str] = mapped_column(String(64))
    scope: Mapped[uuid.UUID] = mapped_column(Uuid, default=EVERYTHING)
    """`suppressing.EVERYTHING`, or the survey's id."""
    contact_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("contact.id", ondelete="SET NULL"))
    address: Mapped[str | None] = mapped_column(String(320))
    """Only of an address that no contact has, and that nobody asked us to forget."""
    reason: Mapped[str] = mapped_column(String(40))
    """unsubscribed · bounced · complained · by hand · imported"""
    evidence: Mapped[str | None] = mapped_column(String(300))
    """What shows it, in short words, such as what a mail server said."""
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str | None] = mapped_column(String(60))
    lifted_at: Mapped[datetime | None] = mapped_column(Moment)
    lifted_by: Mapped[str | None] = mapped_column(String(60))

    @classmethod
    def put(cls, whom: Whom, wish: Wish) -> tuple[Suppression, bool]:
        """Leave an address alone; the row, and whether anything changed. Needs a transaction."""
        key = hash_of(whom.workspace_id, whom.address)
        row = {"id": new_id(), "workspace_id": whom.workspace_id, "address_hash": key, **values_of(wish)}
        row |= {"contact_id": whom.contact_id, "address": None if whom.contact_id else whom.address}
        new = insert_once(cls, row)
        same = (cls.workspace_id == whom.workspace_id, cls.address_hash == key, cls.scope == wish.scope)
        found = db.session.scalars(select(cls).where(*same).execution_options(populate_existing=True)).one()
        if new:
            return found, True
        found.contact_id = whom.contact_id or found.contact_id
        changed = found.lifted_at is not None or outweighs(wish.reason, found.reason)
        if changed:
            for name, value in values_of(wish).items():
                setattr(found, name, value)
            found.lifted_at = found.lifted_by = None
        return found, changed

    def lift(self, *, at: datetime, actor: str | None = None) -> None:
        """Let the address be asked again; that it was left alone stays known."""
        if self.lifted_at is None:
            self.lifted_at, self.lifted_by = at, actor

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Suppression:
        """The row of this workspace with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("suppression", ident)
        return found

    @classmethod
    def of_contact(cls, contact_id: uuid.UUID) -> list[Suppression]:
        """All that stand about a person, the newest last."""
        found = select(cls).where(cls.contact_id == contact_id, STANDS)
        return list(db.session.scalars(found.order_by(cls.at, cls.id)))

    @classmethod
    def standing(cls, whom: Whom, scope: uuid.UUID) -> Suppression | None:
        """The row that stands about an address in exactly this scope, known or unknown who has it."""
        key = hash_of(whom.workspace_id, whom.address)
        same = (cls.workspace_id == whom.workspace_id, cls.address_hash == key, cls.scope == scope)
        return db.session.scalar(select(cls).where(*same, STANDS))

    @classmethod
    def greet(cls, workspace_id: uuid.UUID, people: Mapping[str, uuid.UUID]) -> dict[uuid.UUID, tuple[datetime, str]]:
        """Who of these new people (address → contact id) is left alone by everything: since when, and why.

        What stands about their addresses, by whatever door it came, is theirs from now on. Two statements, however many
        people.
        """
        salt = Workspace.salt_of(workspace_id)
        known = {fingerprint(salt, address): ident for address, ident in people.items()}
        wanted = (cls.workspace_id == workspace_id, cls.address_hash.in_(list(known)), STANDS)
        connection = db.session.connection()
        found = connection.execute(select(cls.id, cls.address_hash, cls.scope, cls.at, cls.reason).where(*wanted)).all()
        if found:
            theirs = update(cls.__table__).where(cls.id == bindparam("which"))  # type: ignore[arg-type]
            rows = [{"which": row.id, "whose": known[row.address_hash]} for row in found]
            connection.execute(theirs.values(contact_id=bindparam("whose"), address=None), rows)
        return {known[row.address_hash]: (row.at, row.reason) for row in found if row.scope == EVERYTHING}

    @classmethod
    def pairs(
        cls, contact_ids: Collection[uuid.UUID], survey_ids: Collection[uuid.UUID]
    ) -> set[tuple[uuid.UUID, uuid.UUID]]:
        """Which of these people wish no more mail of which of these surveys."""
        wanted = (cls.contact_id.in_(contact_ids), cls.scope.in_(survey_ids), STANDS)
        rows = db.session.execute(select(cls.contact_id, cls.scope).where(*wanted))
        return {(whose, scope) for whose, scope in rows if whose is not None}

    @classmethod
    def refusing(cls, workspace_id: uuid.UUID, addresses: Collection[str], survey_id: uuid.UUID) -> set[str]:
        """Those of the addresses that are left alone by everything or by this survey, whoever has them."""
        salt = Workspace.salt_of(workspace_id)
        known = {fingerprint(salt, address): address for address in addresses}
        scopes = (cls.workspace_id == workspace_id, cls.scope.in_((EVERYTHING, survey_id)), STANDS)
        wanted = select(cls.address_hash).where(*scopes, cls.address_hash.in_(list(known)))
        return {known[found] for found in db.session.connection().scalars(wanted)}

    @classmethod
    def unwilling(cls, survey_id: uuid.UUID) -> Select[uuid.UUID | None]:
        """A statement for the contacts whom one survey leaves alone, whatever else holds for them."""
        return select(cls.contact_id).where(cls.contact_id.is_not(None), cls.scope == survey_id, STANDS)

    @classmethod
    def among(cls, contact_ids: Collection[uuid.UUID], survey_id: uuid.UUID) -> set[uuid.UUID]:
        """Those of the contacts whom one survey leaves alone, whatever else holds for them."""
        wanted = cls.unwilling(survey_id).where(cls.contact_id.in_(contact_ids))
        return {ident for ident in db.session.connection().scalars(wanted) if ident is not None}


STANDS = Suppression.lifted_at.is_(None)


def hash_of(workspace_id: uuid.UUID, address: str) -> str:
    """What an address is recognised by in this workspace."""
    return fingerprint(Workspace.salt_of(workspace_id), address)


def values_of(wish: Wish) -> dict[str, Any]:
    """The columns that say why."""
    evidence = wish.evidence[:300] if wish.evidence else None
    return {"reason": wish.reason, "at": wish.at, "actor": wish.actor, "evidence": evidence, "scope": wish.scope}
