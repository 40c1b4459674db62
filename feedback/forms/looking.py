"""What narrows the list of answers of a workspace, read from its address. What makes no sense narrows nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import AnyOf, Length, Optional, Regexp

from accounts.workspace import Workspace
from base import clock
from base.errors import NotFoundError
from feedback import ranging
from feedback.feed import Query
from feedback.forms.filtering import ABOUT_ANSWERS, FACTS, PERIOD, ResultsForm
from feedback.ranging import BadRange, Range
from feedback.searching import LONGEST_WISH, wish_of
from feedback.tag import Tag
from feedback.tally import Filters
from feedback.topic import Topic
from surveys.scale import SCALES
from surveys.survey import Survey

FLAGGED: Mapping[str, bool | None] = {"1": None, "only": True}
"""Those set aside: with the others, or alone. Without a word they are left out."""
PHRASE = r"^[a-z]{2}:[^\W\d_]+( [^\W\d_]+){0,2}$"
"""A phrase: its language and the dictionary forms of its words."""
KEPT = ("survey", "q", "tag", "topic", "phrase", "flagged", "metric", *PERIOD[:3], *FACTS, *ABOUT_ANSWERS[:-1])
"""What a list is narrowed by, as its address names it."""


class InboxForm(ResultsForm):
    """The filters of the list. Call `validate()` before reading."""

    q = StringField(validators=[Optional(), Length(max=LONGEST_WISH)])
    tag = StringField(validators=[Optional(), Regexp(r"^[0-9a-f-]{32,36}$")])
    topic = StringField(validators=[Optional(), Regexp(r"^[0-9a-f-]{32,36}$")])
    phrase = StringField(validators=[Optional(), Length(max=110), Regexp(PHRASE)])
    metric = StringField(validators=[Optional(), AnyOf(tuple(SCALES))])

    @classmethod
    def read(cls, query: MultiDict[str, str]) -> InboxForm:
        form = cls(query)
        form.validate()
        return form

    @property
    def typed(self) -> str:
        """What was typed to search for, cut where it is too long to be one."""
        return (self.q.data or "")[:LONGEST_WISH]

    def tag_of(self, workspace: Workspace) -> Tag | None:
        """The tag that it names; None when there is none such here (any more)."""
        try:
            return Tag.of(workspace.id, uuid.UUID(self._value("tag"))) if self._value("tag") else None
        except (ValueError, NotFoundError):
            return None

    def topic_of(self, workspace: Workspace) -> Topic | None:
        """The topic that it names; None when there is none such here (any more)."""
        try:
            return Topic.of(workspace.id, uuid.UUID(self._value("topic"))) if self._value("topic") else None
        except (ValueError, NotFoundError):
            return None

    @property
    def all(self) -> Filters:
        return replace(super().all, phrase=self._value("phrase"), metric=self._value("metric"))

    def query(
        self, workspace: Workspace, survey: Survey | None, *, period: Range | None, flagged: bool | None
    ) -> Query:
        """The answers that the list shows."""
        tag, topic = self.tag_of(workspace), self.topic_of(workspace)
        return Query(
            workspace_id=workspace.id,
            survey_id=survey.id if survey else None,
            since=period.interval.start if period else None,
            until=period.interval.end if period else None,
            flagged=flagged,
            commented=self.commented.data,
            filters=self.all,
            tags=tuple(tag.aliases()) if tag else (),
            wish=wish_of(self.typed),
            either=topic.parts if topic else (),
        )


def period_of(given: Mapping[str, str], zone: str) -> Range | None:
    """The period that an address names; without one, and for one that makes no sense, ever."""
    if not any(given.get(name) for name in PERIOD[:3]):
        return None
    try:
        return ranging.chosen(given, clock.now(), zone)
    except BadRange:
        return None
