from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Uuid, delete, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from accounts.workspace import Workspace
from base import events
from base.db import Model, Moment, db
from feedback.case_owner import CaseLead, CaseTurn, workers
from feedback.case_reason import CaseReason
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.open_link import OpenLink
from surveys.recurrence import Recurrence
from surveys.source import SourceSurvey
from surveys.survey import Survey
from surveys.timing import Window

SOURCE = "case"
"""Of what a customer is asked about again."""


def asking_others(survey_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these surveys that ask for another reason than a case, too, or have done so: their score mixes both."""
    elsewhere = exists().where(Interaction.id == Invitation.interaction_id, Interaction.source != SOURCE)
    reasons = (
        exists().where(Invitation.survey_id == Survey.id, elsewhere),
        exists().where(SourceSurvey.survey_id == Survey.id),
        exists().where(OpenLink.survey_id == Survey.id),
        exists().where(Recurrence.survey_id == Survey.id, Recurrence.started_at.is_not(None)),
    )
    return set(db.session.scalars(select(Survey.id).where(Survey.id.in_(survey_ids), or_(*reasons))))


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What a workspace decides about cases. Ids; `leads` by team; `reasons` in the order in which they are offered."""

    owner_by: str
    person_id: uuid.UUID | None
    hours: int
    window: Window
    follow_survey_id: uuid.UUID | None
    follow_days: int
    surveys: frozenset[uuid.UUID]
    leads: Mapping[str, uuid.UUID]
    turns: frozenset[uuid.UUID]
    reasons: Sequence[str]


class CaseRule(Model):
    """How a workspace follows its detractors up: who owns a case, by when, and whether the person is asked again."""

    __tablename__ = "case_rule"

    workspace_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )
    owner_by: Mapped[str] = mapped_column(String(8))
    """nobody · lead (of the agent's team) · turns (of some people) · person"""
    person_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("user_account.id", ondelete="SET NULL"))
    hours: Mapped[int] = mapped_column(SmallInteger)
    """Business hours from opening to due."""
    weekdays: Mapped[str] = mapped_column(String(7))
    start_hour: Mapped[int] = mapped_column(SmallInteger)
    end_hour: Mapped[int] = mapped_column(SmallInteger)
    zone: Mapped[str] = mapped_column(String(60))
    follow_survey_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="SET NULL"))
    """What asks again after a case is resolved; None asks nothing."""
    follow_days: Mapped[int] = mapped_column(SmallInteger)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def of(cls, workspace: Workspace) -> CaseRule:
        """The rule of a workspace, or what holds until it has decided."""
        usual = {"owner_by": "nobody", "hours": 8, "weekdays": "12345", "start_hour": 9, "end_hour": 17}
        return db.session.get(cls, workspace.id) or cls(
            **usual, workspace_id=workspace.id, zone=workspace.zone, follow_days=3, changed_at=workspace.created_at
        )

    @classmethod
    def of_id(cls, workspace_id: uuid.UUID) -> CaseRule:
        """The same, by the id of the workspace."""
        return cls.of(db.session.get_one(Workspace, workspace_id))

    @property
    def window(self) -> Window:
        """The business hours."""
        return Window(self.zone, self.weekdays, self.start_hour, self.end_hour)

    def due(self, opened_at: datetime) -> datetime:
        """When a case opened then is due."""
        return self.window.after(opened_at, timedelta(hours=self.hours))

    @classmethod
    def decide(cls, workspace: Workspace, ruling: Ruling, *, at: datetime, by: uuid.UUID | None) -> None:
        """From now on follow this. A survey that opens cases anew opens them for answers from now on."""
        window = ruling.window
        rule = db.session.get(cls, workspace.id) or cls(workspace_id=workspace.id)
        rule.owner_by, rule.person_id, rule.hours = ruling.owner_by, ruling.person_id, ruling.hours
        rule.weekdays, rule.start_hour, rule.end_hour = window.weekdays, window.start, window.end
        rule.zone, rule.changed_at, rule.changed_by = window.zone, at, by
        rule.follow_survey_id, rule.follow_days = ruling.follow_survey_id, ruling.follow_days
        db.session.add(rule)
        db.session.flush()
        CaseSurvey.choose(workspace.id, ruling.surveys, at=at, by=by)
        CaseLead.choose(workspace.id, ruling.leads)
        CaseTurn.choose(workspace.id, ruling.turns)
        CaseReason.choose(workspace.id, ruling.reasons, at=at)
        actor = str(by) if by else None
        events.record("case_rule.changed", workspace.id, workspace_id=workspace.id, at=at, actor=actor)

    def owner_for(self, team: str | None, *, at: datetime) -> uuid.UUID | None:
        """Whose a new case is. Who left the workspace or may not work on cases owns none. Needs a transaction."""
        able = {user.id for user in workers(self.workspace_id)}
        if self.owner_by == "lead":
            lead = db.session.get(CaseLead, (self.workspace_id, team)) if team else None
            chosen = lead.user_id if lead else self.person_id
        elif self.owner_by == "turns":
            chosen = CaseTurn.next(self.workspace_id, able, at=at)
        else:
            chosen = self.person_id if self.owner_by == "person" else None
        return chosen if chosen in able else None


class CaseSurvey(Model):
    """A survey whose detractors open cases, and since when. Without a row it opens none."""

    __tablename__ = "case_survey"
    __table_args__ = (Index("ix_case_survey_workspace_id", "workspace_id"),)

    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    since: Mapped[datetime] = mapped_column(Moment)
    """Answers from before open nothing."""
    by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> dict[uuid.UUID, datetime]:
        """Survey → since when it opens cases."""
        rows = db.session.execute(select(cls.survey_id, cls.since).where(cls.workspace_id == workspace_id))
        return {row.survey_id: row.since for row in rows}

    @classmethod
    def choose(
        cls, workspace_id: uuid.UUID, wanted: frozenset[uuid.UUID], *, at: datetime, by: uuid.UUID | None
    ) -> None:
        """These open cases; those that did already go on doing so."""
        known = cls.all_of(workspace_id)
        gone = delete(cls).where(cls.workspace_id == workspace_id, cls.survey_id.in_(set(known) - wanted))
        db.session.execute(gone)
        for ident in sorted(wanted - set(known)):
            db.session.add(cls(survey_id=ident, workspace_id=workspace_id, since=at, by=by))
