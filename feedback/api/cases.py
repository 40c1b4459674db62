"""Who is being followed up, for other systems."""

from __future__ import annotations

import uuid

from flask import Blueprint

from accounts.access import requires_key
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.errors import NotFoundError
from base.openapi import operation
from feedback import case_list
from feedback.case import CaseStage
from feedback.case_list import NOBODY
from feedback.case_reason import CaseReason
from feedback.case_schemas import CaseList, CaseOut, CasesIn
from feedback.feed import Place
from surveys.survey import Survey

bp = Blueprint("api_cases", __name__)


@bp.get("/api/v1/cases")
@requires_key
@operation("Cases, the most urgent first", query=CasesIn, answers={200: CaseList}, problems=(404,))
def index(*, workspace: Workspace, query: CasesIn) -> CaseList:
    owners, now = {user.id: user.email for user, _role in User.of_workspace(workspace.id)}, clock.now()
    survey_id = Survey.of(workspace.id, query.survey).id if query.survey else None
    asked = query.asked(workspace.id, survey_id, _owner(query.owner, owners), now)
    place = Place.read(query.cursor) if query.cursor else None
    window = case_list.window(asked, limit=query.limit, after=place)
    stages = CaseStage.of_all([row.case.id for row in window.rows])
    reasons = {one.id: one.name for one in CaseReason.ever(workspace.id)}
    data = [
        CaseOut.of(row, stages.get(row.case.id, []), owners=owners, reasons=reasons, now=now) for row in window.rows
    ]
    return CaseList(data=data, next_cursor=str(window.later) if window.later else None)


def _owner(wanted: str | None, owners: dict[uuid.UUID, str]) -> uuid.UUID | str | None:
    if wanted in (None, NOBODY):
        return wanted
    found = next((ident for ident, email in owners.items() if email == str(wanted).lower()), None)
    if found is None:
        raise NotFoundError("person", wanted)
    return found
