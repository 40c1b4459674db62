"""The shapes of surveys in the REST API: what they ask, drafts, and files of them."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from base.schema import Moment, Schema
from surveys import exchanging, wording
from surveys.question import KINDS, Document, questions
from surveys.schemas import MetricName, Word120
from surveys.survey import Survey
from surveys.version import Version


class QuestionOut(Schema):
    """One question of a survey, in its main language; merge fields are as they were written."""

    id: str
    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": list(KINDS)})]
    required: bool
    title: str

    @classmethod
    def all_of(cls, document: Document, company: str) -> list[QuestionOut]:
        """Every question of a document, in order."""
        words = wording.named(wording.effective(document, document["default_locale"]), company)
        return [
            cls(id=one.id, kind=one.kind, required=one.required, title=words.get(one.title_key, ""))
            for one in questions(document)
        ]


class SurveyOut(Schema):
    """One survey. `version` is the newest published one; what is not published asks nobody."""

    id: uuid.UUID
    slug: str
    name: str
    metric: MetricName
    version: int | None
    default_locale: str
    locales: list[str]
    questions: Annotated[list[QuestionOut], Field(description="Of the newest version, else of the draft.")]
    created_at: Moment
    closed_at: Moment | None

    @classmethod
    def of(cls, survey: Survey, newest: Version | None, company: str) -> SurveyOut:
        return cls(
            id=survey.id,
            slug=survey.slug,
            name=survey.name,
            metric=survey.metric,
            version=survey.published_number,
            default_locale=survey.draft["default_locale"],
            locales=survey.draft["locales"],
            questions=QuestionOut.all_of(newest.document if newest else survey.draft, company),
            created_at=survey.created_at,
            closed_at=survey.closed_at,
        )


class SurveyList(Schema):
    """All surveys of the workspace, by name."""

    data: list[SurveyOut]
    next_cursor: str | None = None


class SurveyIn(Schema):
    """A new draft. An exported file is one as it is."""

    name: Word120
    document: Annotated[dict[str, Any], Field(description="What is asked, as an export has it.")]
    afterword: Literal[1] = 1
    kind: Literal["survey"] = "survey"
    logo: None = None


class SurveyQuery(Schema):
    """Which document of a survey."""

    version: Annotated[int, Field(ge=1, le=10**8, description="A published version instead of the draft.")] | None = (
        None
    )


class SurveyDetail(SurveyOut):
    """One survey with what it asks: the draft, or the version that was asked for."""

    document: dict[str, Any]

    @classmethod
    def whole(cls, survey: Survey, document: Document, company: str) -> SurveyDetail:
        known = SurveyOut.of(survey, Version.newest(survey.id), company).model_dump()
        return cls(**known, document=exchanging.portable(document))
