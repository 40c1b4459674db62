"""How often each score was given in each hour, counted from the rows: roll-ups know days only."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, String, func, select, type_coerce

from base.db import db
from feedback.response import Response
from feedback.tally import TIMED, Filters, counted
from feedback.zoning import Interval


def counts_by_hour(
    survey_ids: Collection[uuid.UUID], interval: Interval, filters: Filters, *, minutes: bool = False
) -> Iterator[tuple[datetime, int, int]]:
    """When, which score, how often; moments are the beginnings of hours of UTC, with `minutes` of minutes."""
    stretch = _cut(16 if minutes else 13)
    for survey_id in survey_ids:
        query = select(stretch.label("stretch"), Response.score, func.count())
        query = query.where(*counted(survey_id, interval, filters), TIMED).group_by("stretch", Response.score)
        for text, score, n in db.session.execute(query):
            yield datetime.fromisoformat(text if minutes else f"{text}:00").replace(tzinfo=UTC), score, n


def _cut(length: int) -> ColumnElement[str]:
    """The first characters of a moment as "2026-11-20 09:00"."""
    if db.engine.dialect.name == "sqlite":
        return func.substr(type_coerce(Response.created_at, String), 1, length)
    whole = func.to_char(func.timezone("UTC", Response.created_at), "YYYY-MM-DD HH24:MI")
    return func.substr(whole, 1, length)
