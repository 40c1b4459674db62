from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Index, Integer, String, Uuid, bindparam, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from accounts.naming import slug_of
from accounts.user import User
from base import events
from base.db import Model, Moment, db, new_id
from base.errors import NotFoundError
from base.prepared import Prepared
from surveys.survey import Survey

State = Literal["open", "early", "closed", "full", "paused"]

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are read wrongly from paper."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a designer decides about a link. Days are of the workspace's zone, the last one included."""

    name: str
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    opens_on: date | None = None
    closes_on: date | None = None
    cap: int | None = None
    sites: tuple[str, ...] = ()
    """Origins of the pages that may show the survey inside themselves."""
    kiosk: bool = False


class OpenLink(Model):
    """An address of a survey that anybody may open: on a receipt, a poster, a web page, a tablet at the door.

    Answers get its agent, team, channel and properties. `answered` counts those that take a place of the `cap`.
    """

    __tablename__ = "open_link"
    __table_args__ = (Index("ix_open_link_survey", "survey_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    """Its address is `/o/<slug>`; it stays whatever the link is called later."""
    name: Mapped[str] = mapped_column(String(120))
    agent: Mapped[str | None] = mapped_column(String(120))
    team: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(60))
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    opens_on: Mapped[date | None] = mapped_column(Date)
    closes_on: Mapped[date | None] = mapped_column(Date)
    cap: Mapped[int | None] = mapped_column(Integer)
    sites: Mapped[list[str]] = mapped_column(JSON, default=list)
    kiosk: Mapped[bool] = mapped_column(Boolean, default=False)
    opened: Mapped[int] = mapped_column(Integer, default=0)
    """How often its page was asked for: people, and programs that follow links."""
    answered: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def make(cls, survey: Survey, terms: Terms, *, at: datetime, by: uuid.UUID | None = None) -> OpenLink:
        """A new link of a survey; its address is made of its name and four letters that nobody guesses at once."""
        link = cls(
            id=new_id(),
            workspace_id=survey.workspace_id,
            survey_id=survey.id,
            slug=cls._free_slug(terms.name),
            opened=0,
            answered=0,
            created_at=at,
            created_by=by,
        )
        link._agree(terms)
        db.session.add(link)
        db.session.flush()
        link._tell("link.created", at=at, by=by)
        return link

    @classmethod
    def of(cls, survey: Survey, ident: uuid.UUID) -> OpenLink:
        """The link of this survey with this id, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.survey_id == survey.id, cls.id == ident))
        if found is None:
            raise NotFoundError("link", ident)
        return found

    @classmethod
    def all_of(cls, survey_id: uuid.UUID) -> list[OpenLink]:
        """Every link of a survey, the newest first."""
        return list(db.session.scalars(select(cls).where(cls.survey_id == survey_id).order_by(cls.id.desc())))

    @classmethod
    def _free_slug(cls, name: str) -> str:
        stem = slug_of(name, longest=30)
        while True:
            slug = f"{stem}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
            if db.session.scalar(select(cls.id).where(cls.slug == slug)) is None:
                return slug

    def change(self, terms: Terms, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Other terms, from now on; the address stays, and so does what answers got."""
        self._agree(terms)
        self._tell("link.changed", at=at, by=by)

    def pause(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Take no answers until somebody resumes it."""
        if self.paused_at is None:
            self.paused_at, self.paused_by = at, by
            self._tell("link.paused", at=at, by=by)

    def resume(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        if self.paused_at is not None:
            self.paused_at = self.paused_by = None
            self._tell("link.resumed", at=at, by=by)

    def state(self, today: date) -> State:
        """Whether it takes answers on that day of its workspace, and if not, why. The survey may be closed besides."""
        return state_of(self.opens_on, self.closes_on, today, paused=self.paused_at is not None, full=self.full)

    @property
    def full(self) -> bool:
        return self.cap is not None and self.answered >= self.cap

    @property
    def maker(self) -> User | None:
        return db.session.get(User, self.created_by) if self.created_by else None

    @property
    def pauser(self) -> User | None:
        return db.session.get(User, self.paused_by) if self.paused_by else None

    def _agree(self, terms: Terms) -> None:
        for name in ("name", "agent", "team", "channel", "properties", "opens_on", "closes_on", "cap", "kiosk"):
            setattr(self, name, getattr(terms, name))
        self.sites = list(terms.sites)

    def _tell(self, kind: str, *, at: datetime, by: uuid.UUID | None) -> None:
        actor = str(by) if by else None
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, actor=actor, data={"name": self.name})


def state_of(opens_on: date | None, closes_on: date | None, today: date, *, paused: bool, full: bool) -> State:
    """What keeps a link from taking answers, the most lasting reason first."""
    if closes_on is not None and today > closes_on:
        return "closed"
    if full:
        return "full"
    if paused:
        return "paused"
    return "early" if opens_on is not None and today < opens_on else "open"


def opened(slugs: Iterable[str]) -> None:
    """Count that these links were opened, each as often as it is named. Needs a transaction."""
    times = [{"which": slug, "times": n} for slug, n in sorted(Counter(slugs).items())]
    if times:
        db.session.connection().execute(_OPENED, times)


_OPENED = (
    update(OpenLink.__table__)  # type: ignore[arg-type]
    .where(OpenLink.slug == bindparam("which"))
    .values(opened=OpenLink.opened + bindparam("times"))
)

LOCK = Prepared(select(OpenLink.answered, OpenLink.cap).where(OpenLink.id == bindparam("which")).with_for_update())
"""Whoever has run it is alone with this link until the transaction ends."""
TAKE_PLACE = Prepared(
    update(OpenLink)
    .where(OpenLink.id == bindparam("which"), or_(OpenLink.cap.is_(None), OpenLink.answered < OpenLink.cap))
    .values(answered=OpenLink.answered + 1)
)
"""Changes no row when the link is full."""
ADD_PLACE = Prepared(update(OpenLink).where(OpenLink.id == bindparam("which")).values(answered=OpenLink.answered + 1))
"""For an answer that staff let count, whatever the cap is."""
