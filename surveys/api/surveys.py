"""Which surveys there are."""

from __future__ import annotations

from flask import Blueprint

from accounts.access import requires_key
from accounts.workspace import Workspace
from base.openapi import operation
from surveys.schemas import SurveyList, SurveyOut
from surveys.survey import Survey
from surveys.version import Version

bp = Blueprint("api_surveys", __name__)


@bp.get("/api/v1/surveys")
@requires_key
@operation("All surveys of the workspace", answers={200: SurveyList})
def index(*, workspace: Workspace) -> SurveyList:
    newest = Survey.newest_versions(workspace.id)
    surveys = Survey.all_of(workspace.id)
    return SurveyList(data=[SurveyOut.of(one, newest.get(one.id), workspace.name) for one in surveys])


@bp.get("/api/v1/surveys/<survey>")
@requires_key
@operation("One survey, by id or slug", answers={200: SurveyOut})
def show(*, workspace: Workspace, survey: str) -> SurveyOut:
    found = Survey.of(workspace.id, survey)
    return SurveyOut.of(found, Version.newest(found.id), workspace.name)
