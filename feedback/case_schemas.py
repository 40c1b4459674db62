"""What the REST API gives about cases."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from base.schema import BlankIsNone, Moment, Schema
from feedback import case_list
from feedback.case import Case, CaseStage
from feedback.case_list import Row
from feedback.schemas import Text

StageName = Literal["responded", "acknowledged", "relieved", "resolved", "removed"]


class CasesIn(Schema):
    """Which cases, and how many at once."""

    status: Annotated[
        Literal["open", "overdue", "closed"],
        Field(description="Open and overdue ones come by their due time, closed ones the newest first."),
    ] = "open"
    survey: Annotated[Text, Field(description="Id or slug of a survey.")] = None
    owner: Annotated[Text, Field(description="Address of the colleague who owns it, or `nobody`.")] = None
    stage: Annotated[StageName | None, BlankIsNone, Field(description="The first stage that is not reached.")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[Text, Field(description="The next_cursor of the page before.")] = None

    def asked(
        self, workspace_id: uuid.UUID, survey_id: uuid.UUID | None, owner: uuid.UUID | str | None, now: datetime
    ) -> case_list.Query:
        """The same as the room asks for it."""
        return case_list.Query(
            workspace_id=workspace_id, show=self.status, owner=owner, stage=self.stage, survey_id=survey_id, now=now
        )


class CaseOut(Schema):
    """One detractor being followed up. `stages` are the moments at which each was reached."""

    id: uuid.UUID
    response_id: uuid.UUID
    survey_id: uuid.UUID
    email: str | None
    owner: Annotated[str | None, Field(description="Address of the colleague who owns it.")]
    opened_at: Moment
    due_at: Moment
    overdue: bool
    stages: dict[StageName, Moment]
    next_stage: StageName | None
    calmed_at: Annotated[Moment | None, Field(description="Since when their own newest answer is no detractor's.")]
    closed_at: Moment | None
    reason: Annotated[str | None, Field(description="How it ended, in the words of the workspace.")]
    follow_up_response_id: Annotated[uuid.UUID | None, Field(description="What they answered when asked again.")]

    @classmethod
    def of(
        cls,
        row: Row,
        stages: list[CaseStage],
        *,
        owners: Mapping[uuid.UUID, str],
        reasons: Mapping[uuid.UUID, str],
        now: datetime,
    ) -> CaseOut:
        case: Case = row.case
        same = ("id", "response_id", "survey_id", "opened_at", "due_at", "next_stage", "calmed_at", "closed_at")
        return cls(
            **{name: getattr(case, name) for name in same},
            email=row.contact.email if row.contact else None,
            owner=owners.get(case.owner_id) if case.owner_id else None,
            overdue=case.closed_at is None and case.due_at <= now,
            stages={one.stage: one.at for one in stages},  # type: ignore[misc] # only those are kept
            reason=reasons.get(case.reason_id) if case.reason_id else None,
            follow_up_response_id=case.follow_response_id,
        )


class CaseList(Schema):
    """A page of cases."""

    data: list[CaseOut]
    next_cursor: str | None
