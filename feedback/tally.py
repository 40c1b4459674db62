"""How often each score was given: the one place where answers are counted for pages, API and digests alike."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, case, func, or_, select

from base.db import db
from feedback.response import Response
from feedback.zoning import Interval
from surveys.scale import SCALES, Band, Scale
from surveys.version import Version

Segment = Literal["agent", "team", "channel", "language"]
Counts = dict[int, int]

COUNTED = Response.flagged_at.is_(None) | Response.released_at.is_not(None)
"""What numbers are made of: suspicious submissions wait apart until staff release them."""

spoken = case((Response.comment.is_(None), Response.locale), else_=Response.language)
"""The language of a comment as it was read (None until then); without a comment, that of the page."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What narrows a view of responses. None does not narrow; `sentiment` is a label or "unscored"."""

    band: Band | None = None
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    language: str | None = None
    sentiment: str | None = None
    version: int | None = None


EVERYTHING = Filters()


def counts(survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING) -> Counts:
    """How many counted responses first came in `interval` with each score."""
    query = select(Response.score, func.count()).where(*_counted(survey_id, interval, filters))
    return dict(db.session.execute(query.group_by(Response.score)).all())


def counts_by(
    segment: Segment, survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING
) -> dict[str | None, Counts]:
    """The same apart for each agent, team, channel or language; None where the response has none."""
    column = spoken if segment == "language" else getattr(Response, segment)
    query = select(column, Response.score, func.count()).where(*_counted(survey_id, interval, filters))
    found: dict[str | None, Counts] = {}
    for name, score, n in db.session.execute(query.group_by(column, Response.score)):
        found.setdefault(name, {})[score] = n
    return found


def conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """What rows of `Response` must satisfy to pass `filters`."""
    for name in ("agent", "team", "channel"):
        wanted = getattr(filters, name)
        if wanted is not None:
            yield getattr(Response, name) == wanted
    if filters.band is not None:
        yield or_(*(_in_band(scale, filters.band) for scale in SCALES.values()))
    if filters.language is not None:
        yield (spoken == filters.language) | spoken.startswith(f"{filters.language}-", autoescape=True)
    if filters.sentiment == "unscored":
        yield Response.comment.is_not(None) & Response.sentiment_label.is_(None)
    elif filters.sentiment is not None:
        yield Response.sentiment_label == filters.sentiment
    if filters.version is not None:
        yield Response.version_id.in_(select(Version.id).where(Version.number == filters.version))


def _counted(survey_id: uuid.UUID, interval: Interval, filters: Filters) -> list[ColumnElement[bool]]:
    within = (Response.created_at >= interval.start, Response.created_at < interval.end)
    return [Response.survey_id == survey_id, *within, COUNTED, *conditions(filters)]


def _in_band(scale: Scale, band: Band) -> ColumnElement[bool]:
    scores = [value for value in scale.values if scale.band(value) == band]
    return (Response.metric == scale.key) & Response.score.between(scores[0], scores[-1])
