"""Which surveys there are, what they ask, and new ones."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from accounts.access import requires_key
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import InvalidError
from base.openapi import operation
from surveys import exchanging
from surveys.exchanging import LARGEST
from surveys.forms.flaws import sentence
from surveys.survey import Survey
from surveys.survey_schemas import SurveyDetail, SurveyIn, SurveyList, SurveyOut, SurveyQuery
from surveys.validating import Flaw
from surveys.version import Version

bp = Blueprint("api_surveys", __name__)


@bp.get("/api/v1/surveys")
@requires_key
@operation("All surveys of the workspace", answers={200: SurveyList})
def index(*, workspace: Workspace) -> SurveyList:
    newest = Survey.newest_versions(workspace.id)
    surveys = Survey.all_of(workspace.id)
    return SurveyList(data=[SurveyOut.of(one, newest.get(one.id), workspace.name) for one in surveys])


@bp.post("/api/v1/surveys")
@requires_key
@operation("Make a draft", body=SurveyIn, answers={201: SurveyDetail}, limit=LARGEST)
def create(*, workspace: Workspace, body: SurveyIn) -> tuple[SurveyDetail, int]:
    document = _accepted(body)
    with transaction():
        survey = Survey.create(workspace.id, body.name, document, at=clock.now())
    return SurveyDetail.whole(survey, survey.draft, workspace.name), 201


@bp.get("/api/v1/surveys/<survey>")
@requires_key
@operation("One survey, by id or slug, with its draft or a version", query=SurveyQuery, answers={200: SurveyDetail})
def show(*, workspace: Workspace, survey: str, query: SurveyQuery) -> SurveyDetail:
    found = Survey.of(workspace.id, survey)
    document = found.draft if query.version is None else Version.numbered(found.id, query.version).document
    return SurveyDetail.whole(found, document, workspace.name)


def _accepted(body: SurveyIn) -> dict[str, Any]:
    """The document, cleaned; InvalidError with the path of each flaw."""
    flaws: list[Flaw] = []
    document = exchanging.accepted(body.document, flaws)
    if document is None or flaws:
        fields: dict[str, str] = {}
        for flaw in flaws:
            fields[flaw.path] = " ".join(filter(None, (fields.get(flaw.path), sentence(flaw))))
        raise InvalidError(f"Not accepted: {', '.join(list(fields)[:10])}.", fields)
    return document
