from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import Boolean, Float, ForeignKey, Index, SmallInteger, String, Text, Uuid, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.workspace import Workspace
from base import events
from base.db import Model, Moment, db, new_id
from base.errors import ConflictError, NotFoundError
from feedback.alerting import LEAST, Conditions
from feedback.recipient import Addressee, Recipient
from feedback.watch import Watch
from feedback.zoning import ONE_DAY, instant, local_date
from surveys.survey import Survey

Kind = Literal["response", "drop"]

MOST = 100
"""Alerts that a workspace may have, those that are off included: each answer is held against all of them."""
MOST_CHANNELS = 200
"""Channels that all alerts of a workspace may speak in together."""

MORNING = time(8)
"""When, by the clock of the workspace, anonymous answers are told and scores are looked at."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What somebody wants to be told of. `surveys` are ids, None means all; `days` and `least` matter to drops."""

    name: str
    kind: Kind
    conditions: Conditions = field(default_factory=Conditions)
    surveys: tuple[uuid.UUID, ...] | None = None
    days: int = 7
    least: int = LEAST
    cool_down: int = 60
    locale: str = "en"
    mails: tuple[Addressee, ...] = ()

    @property
    def columns(self) -> dict[str, Any]:
        """The same as values of an alert's row."""
        wanted = self.conditions
        narrowed = {name: getattr(wanted, name) for name in _NARROWING}
        return narrowed | {
            "name": self.name,
            "kind": self.kind,
            "words": "\n".join(wanted.words) or None,
            "all_surveys": self.surveys is None,
            "days": self.days,
            "least": self.least,
            "cool_down": self.cool_down,
            "locale": self.locale,
        }


class Alert(Model):
    """A rule that speaks at once instead of on schedule: of answers that meet its conditions, or of a clear drop."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_workspace_id", "workspace_id"), Index("ix_alert_look", "next_look_at"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    """response · drop"""
    all_surveys: Mapped[bool] = mapped_column(Boolean, default=True)
    band: Mapped[str | None] = mapped_column(String(10))
    below: Mapped[float | None] = mapped_column(Float)
    words: Mapped[str | None] = mapped_column(Text)
    """A word or phrase a line."""
    agent: Mapped[str | None] = mapped_column(String(120))
    team: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(60))
    language: Mapped[str | None] = mapped_column(String(12))
    property_name: Mapped[str | None] = mapped_column(String(60))
    property_value: Mapped[str | None] = mapped_column(String(200))
    days: Mapped[int] = mapped_column(SmallInteger, default=7)
    """How long the periods are whose scores are compared."""
    least: Mapped[int] = mapped_column(SmallInteger, default=LEAST)
    cool_down: Mapped[int] = mapped_column(SmallInteger, default=60)
    """Minutes after a message in which the same recipient gets no other one."""
    locale: Mapped[str] = mapped_column(String(12), default="en")
    covers_from: Mapped[datetime] = mapped_column(Moment)
    """Answers given or changed before then are none of its business."""
    next_look_at: Mapped[datetime | None] = mapped_column(Moment)
    """The next morning; None while it is off."""
    off_at: Mapped[datetime | None] = mapped_column(Moment)
    off_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def make(
        cls,
        workspace_id: uuid.UUID,
        rule: Rule,
        *,
        at: datetime,
        by: uuid.UUID | None = None,
        actor: str | None = None,
    ) -> Alert:
        """A new rule. It speaks of what comes from now on. `actor` is who made it where nobody signed in did.
        ConflictError when there are as many as a workspace may have.
        """
        cls.hold_all(workspace_id)
        if (db.session.scalar(select(func.count(cls.id)).where(cls.workspace_id == workspace_id)) or 0) >= MOST:
            raise ConflictError(f"A workspace has at most {MOST} alerts; delete one first.")
        alert = cls(
            **rule.columns, id=new_id(), workspace_id=workspace_id, covers_from=at, created_at=at, created_by=by
        )
        alert.next_look_at = alert._morning_after(at)
        db.session.add(alert)
        db.session.flush()
        alert._follow(rule.surveys)
        Recipient.settle(alert.id, rule.mails, at=at)
        alert._tell("alert.made", at, by, actor)
        return alert

    def add_channel(self, kind: str, address: str, name: str, *, at: datetime) -> Recipient:
        """Speak in a channel from now on. ConflictError when it does so already, or the workspace has too many."""
        self.hold_all(self.workspace_id)
        added = Recipient.add_channel(self.id, kind, address, name, at=at)
        db.session.flush()
        ours = select(Alert.id).where(Alert.workspace_id == self.workspace_id)
        if Recipient.channels(ours) > MOST_CHANNELS:
            raise ConflictError(f"The alerts of a workspace speak in at most {MOST_CHANNELS} channels; take one away.")
        return added

    def change(self, rule: Rule, *, at: datetime, by: uuid.UUID | None = None, actor: str | None = None) -> None:
        """Another rule for what comes next. A score that is watched otherwise is looked at as if for the first time."""
        before = self._watched
        self._follow(rule.surveys)
        for name, value in rule.columns.items():
            setattr(self, name, value)
        if self._watched != before:
            Watch.forget(self.id)
        Recipient.settle(self.id, rule.mails, at=at)
        self._tell("alert.changed", at, by, actor)

    def switch_off(self, *, at: datetime, by: uuid.UUID | None = None, actor: str | None = None) -> None:
        """Say nothing more; what waits for the end of a cool-down is let go too. Off already, it stays as it was."""
        if self.off_at is None:
            self.off_at, self.off_by, self.next_look_at = at, by, None
            for recipient in Recipient.of_alert(self.id):
                recipient.let_go()
            self._tell("alert.off", at, by, actor)

    def switch_on(self, *, at: datetime, by: uuid.UUID | None = None, actor: str | None = None) -> None:
        """Speak again, of what comes from now on."""
        if self.off_at is not None:
            self.off_at = self.off_by = None
            self.covers_from, self.next_look_at = at, self._morning_after(at)
            Watch.forget(self.id)
            self._tell("alert.on", at, by, actor)

    def remove(self, *, at: datetime, by: uuid.UUID | None = None, actor: str | None = None) -> None:
        """Delete the rule with its recipients and what it said."""
        self._tell("alert.removed", at, by, actor)
        db.session.execute(delete(Alert).where(Alert.id == self.id))

    def looked(self, at: datetime) -> None:
        """The look of this morning is done."""
        if self.next_look_at is not None:
            self.next_look_at = self._morning_after(at)

    @property
    def conditions(self) -> Conditions:
        """What answers must be like, as a value to calculate with."""
        known = {name: getattr(self, name) for name in _NARROWING}
        return Conditions(**known, words=tuple((self.words or "").splitlines()))

    @property
    def surveys(self) -> list[Survey]:
        """The surveys that it watches, by name."""
        found = select(Survey).where(Survey.workspace_id == self.workspace_id)
        if not self.all_surveys:
            found = found.where(Survey.id.in_(self._chosen()))
        return list(db.session.scalars(found.order_by(Survey.name, Survey.id)))

    @property
    def chosen(self) -> list[uuid.UUID]:
        """Ids of the surveys that it watches when it does not watch all."""
        return [] if self.all_surveys else list(db.session.scalars(self._chosen()))

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Alert:
        """The alert of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("alert", ident)
        return found

    @classmethod
    def held(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Alert:
        """The same as it is now, kept from others who would change it until the transaction ends. Messages go on."""
        ours = select(cls).where(cls.workspace_id == workspace_id, cls.id == ident).with_for_update(key_share=True)
        found = db.session.scalar(ours.execution_options(populate_existing=True))
        if found is None:
            raise NotFoundError("alert", ident)
        return found

    @staticmethod
    def hold_all(workspace_id: uuid.UUID) -> None:
        """Keep others from making alerts of the workspace, or channels of these, until the transaction ends."""
        ours = select(Workspace.id).where(Workspace.id == workspace_id)
        db.session.execute(ours.with_for_update(key_share=True))

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> list[Alert]:
        """All alerts of a workspace: those that are on first, by name."""
        order = cls.off_at.is_not(None), cls.name, cls.id
        return list(db.session.scalars(select(cls).where(cls.workspace_id == workspace_id).order_by(*order)))

    @classmethod
    def listening(cls, workspace_id: uuid.UUID, survey_id: uuid.UUID) -> list[Alert]:
        """The alerts that are on and speak of answers to this survey."""
        followed = select(AlertSurvey.alert_id).where(AlertSurvey.survey_id == survey_id)
        ours = (cls.workspace_id == workspace_id, cls.kind == "response", cls.off_at.is_(None))
        return list(db.session.scalars(select(cls).where(*ours, cls.all_surveys | cls.id.in_(followed))))

    @classmethod
    def listened_to(cls) -> list[uuid.UUID]:
        """The workspaces in which anybody waits for answers."""
        return list(
            db.session.scalars(select(cls.workspace_id).where(cls.kind == "response", cls.off_at.is_(None)).distinct())
        )

    @classmethod
    def due(cls, now: datetime) -> list[uuid.UUID]:
        """Ids of the alerts whose morning has come."""
        return list(db.session.scalars(select(cls.id).where(cls.next_look_at <= now).order_by(cls.next_look_at)))

    @classmethod
    def locked(cls, ident: uuid.UUID) -> Alert | None:
        """The alert as it is now, kept from others until the transaction ends; None when it is gone."""
        return db.session.get(cls, ident, with_for_update=True, populate_existing=True)

    @property
    def zone(self) -> str:
        """Whose days it goes by: the workspace's."""
        return db.session.get_one(Workspace, self.workspace_id).zone

    @property
    def _watched(self) -> tuple[Any, ...]:
        """What a look at a score looks at."""
        return self.kind, self.all_surveys, set(self.chosen), self.conditions.segments, self.days, self.least

    def _morning_after(self, at: datetime) -> datetime:
        day, zone = local_date(at, self.zone), self.zone
        moments = (instant(day + number * ONE_DAY, MORNING, zone) for number in range(3))
        return next(moment for moment in moments if moment > at)

    def _chosen(self) -> Any:
        return select(AlertSurvey.survey_id).where(AlertSurvey.alert_id == self.id)

    def _follow(self, wanted: Iterable[uuid.UUID] | None) -> None:
        chosen = set(wanted or ())
        own = select(Survey.id).where(Survey.workspace_id == self.workspace_id, Survey.id.in_(chosen))
        if missing := chosen - set(db.session.scalars(own)):
            raise NotFoundError("survey", missing.pop())
        db.session.execute(delete(AlertSurvey).where(AlertSurvey.alert_id == self.id))
        db.session.add_all(AlertSurvey(alert_id=self.id, survey_id=ident) for ident in sorted(chosen))
        db.session.flush()

    def _tell(self, kind: str, at: datetime, by: uuid.UUID | None, actor: str | None) -> None:
        actor = str(by) if by else actor
        events.record(kind, self.id, workspace_id=self.workspace_id, at=at, actor=actor)


_NARROWING: Sequence[str] = (
    *("band", "below", "agent", "team", "channel", "language"),
    *("property_name", "property_value"),
)


class AlertSurvey(Model):
    """A survey that an alert watches, when it does not watch all."""

    __tablename__ = "alert_survey"
    __table_args__ = (Index("ix_alert_survey_survey_id", "survey_id"),)

    alert_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)


def cool_down_of(alert: Alert) -> timedelta:
    """How long a recipient is left alone after a message."""
    return timedelta(minutes=alert.cool_down)
