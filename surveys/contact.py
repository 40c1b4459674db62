from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, Uuid, select, text
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import NotFoundError
from surveys.folding import SEARCH_LIMIT, search_key
from surveys.suppressing import EVERYTHING
from surveys.suppression import Suppression, Whom, Wish

if TYPE_CHECKING:
    from sqlalchemy.engine.default import DefaultExecutionContext

_EMPTY: dict[str, Any] = {"properties": {}}
"""What stands where nothing is known, if not None."""


def _search_key(row: DefaultExecutionContext) -> str:
    values = row.get_current_parameters()  # type: ignore[no-untyped-call]
    return search_key(values.get("name"), values["email"])


class Contact(Model):
    """A person who may be asked, unless suppressed (unsubscribed, bounced, by hand)."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("workspace_id", "email_key"),
        Index("ix_contact_workspace_newest", "workspace_id", "id"),
        Index(
            "ix_contact_workspace_suppressed",
            "workspace_id",
            "id",
            sqlite_where=text("suppressed_at IS NOT NULL"),
            postgresql_where=text("suppressed_at IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    """The address in lower case: one person is one row however they capitalise."""
    search_key: Mapped[str] = mapped_column(String(SEARCH_LIMIT), default=_search_key, server_default="")
    """Name and address as search compares them; whoever changes the name renews it."""
    name: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(12))
    zone: Mapped[str | None] = mapped_column(String(60))
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)
    suppressed_at: Mapped[datetime | None] = mapped_column(Moment)
    suppressed_reason: Mapped[str | None] = mapped_column(String(40))
    """What `suppression` says about everything, kept here because it is asked for with every page and mail:
    unsubscribed · bounced · complained · by hand · imported"""

    @classmethod
    def keep(cls, workspace_id: uuid.UUID, email: str, *, at: datetime, **known: Any) -> Contact:
        """The contact with this address, made if new; what is `known` (name, locale, zone, properties) is brought up
        to date, what is not known stays.
        """
        row = {"id": new_id(), "workspace_id": workspace_id, "email": email, "email_key": email.lower()}
        new = insert_once(cls, row | {"properties": {}, "created_at": at})
        contact = db.session.scalars(
            select(cls).where(cls.workspace_id == workspace_id, cls.email_key == email.lower())
        ).one()
        for name in ("name", "locale", "zone"):
            if known.get(name):
                setattr(contact, name, known[name])
        contact.search_key = search_key(contact.name, contact.email)
        if known.get("properties"):
            contact.properties = contact.properties | known["properties"]
        if new and (left_alone := Suppression.greet(workspace_id, {contact.email_key: contact.id})):
            contact.suppressed_at, contact.suppressed_reason = left_alone[contact.id]
        return contact

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Contact:
        """The contact of this workspace with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("contact", ident)
        return found

    @classmethod
    def by_email(cls, workspace_id: uuid.UUID, email: str) -> Contact | None:
        """Who has this address, however it is capitalised."""
        return db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.email_key == email.lower()))

    def correct(self, *, at: datetime, actor: str | None = None, **known: Any) -> None:
        """Staff know better. `known`: name, locale, zone, properties; what is not given stays."""
        changed = [key for key, value in known.items() if getattr(self, key) != (value or _EMPTY.get(key))]
        for key in changed:
            setattr(self, key, known[key] or _EMPTY.get(key))
        if changed:
            self.search_key = search_key(self.name, self.email)
            self._record("contact.corrected", at, actor, {"changed": changed})

    def readdress(self, email: str, *, at: datetime, actor: str | None = None) -> None:
        """The person reads mail at another address, which no other contact has.

        What stands about the old address goes on to stand there. What was about the person and not the mailbox, such
        as their wish, is carried over; mail that came back is not.
        """
        if email == self.email:
            return
        theirs = Suppression.of_contact(self.id)
        for row in theirs:
            row.contact_id, row.address = None, self.email_key
        self.email, self.email_key = email, email.lower()
        self.search_key = search_key(self.name, email)
        self.suppressed_at = self.suppressed_reason = None
        db.session.flush()
        left_alone = Suppression.greet(self.workspace_id, {self.email_key: self.id})
        if left_alone:
            self.suppressed_at, self.suppressed_reason = left_alone[self.id]
        self.inherit(theirs, actor=actor)
        self._record("contact.corrected", at, actor, {"changed": ["email"]})

    def inherit(self, rows: Iterable[Suppression], *, actor: str | None = None) -> None:
        """Be left alone as a person known by another address was, except for mail that came back there."""
        for row in rows:
            if row.reason != "bounced":
                survey_id = row.scope if row.scope != EVERYTHING else None
                self.suppress(
                    row.reason, at=row.at, actor=row.actor or actor, evidence=row.evidence, survey_id=survey_id
                )

    def suppress(
        self,
        reason: str,
        *,
        at: datetime,
        actor: str | None = None,
        evidence: str | None = None,
        survey_id: uuid.UUID | None = None,
    ) -> None:
        """Ask this person no more: nothing at all, or not by this survey. The first reason stays, but a wish outweighs
        mail that came back, and a complaint everything.
        """
        wish = Wish(reason=reason, at=at, actor=actor, evidence=evidence, scope=survey_id or EVERYTHING)
        kept, changed = Suppression.put(self.whom, wish)
        if survey_id is None:
            self.suppressed_at, self.suppressed_reason = kept.at, kept.reason
        if changed:
            self._record("contact.suppressed", at, actor, {"reason": reason, **_scope(survey_id)})

    def welcome_back(self, *, at: datetime, actor: str | None = None, survey_id: uuid.UUID | None = None) -> None:
        """The person may be asked again, as they wished: by whatever left them alone, or by this survey."""
        standing = Suppression.standing(self.whom, survey_id or EVERYTHING)
        if standing is not None:
            standing.lift(at=at, actor=actor)
        if survey_id is None:
            self.suppressed_at = self.suppressed_reason = None
        if standing is not None:
            self._record("contact.welcomed_back", at, actor, _scope(survey_id))

    @property
    def whom(self) -> Whom:
        """The address and its contact, as suppressions know them."""
        return Whom(self.workspace_id, self.email_key, self.id)

    def _record(self, kind: str, at: datetime, actor: str | None, data: dict[str, Any]) -> None:
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, actor=actor, data=data)


def _scope(survey_id: uuid.UUID | None) -> dict[str, str]:
    return {"survey_id": str(survey_id)} if survey_id else {}
