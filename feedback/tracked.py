"""Properties that a workspace compares its results by, and how often each score was given with each of their values."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, String, Uuid, delete, func, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, db
from base.errors import InvalidError
from feedback.attribute import text_of
from feedback.quartering import number_in
from feedback.response import Response
from feedback.tally import COUNTED, Counts, Filters, conditions
from feedback.zoning import Interval

MOST = 6
"""Properties that are compared at once; each is one more look at the rows."""
LOOKED_AT = 500
"""Newest responses whose properties are offered."""


class TrackedProperty(Model):
    """One such property. A `numeric` one is compared by quarters, another by its values."""

    __tablename__ = "tracked_property"

    workspace_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    numeric: Mapped[bool] = mapped_column(Boolean)

    @classmethod
    def of(cls, workspace_id: uuid.UUID) -> dict[str, bool]:
        """The names, and whether each is numeric."""
        rows = select(cls.name, cls.numeric).where(cls.workspace_id == workspace_id).order_by(cls.name)
        return dict(db.session.execute(rows).all())

    @classmethod
    def choose(
        cls, workspace_id: uuid.UUID, chosen: Mapping[str, bool], *, at: datetime, actor: str | None = None
    ) -> None:
        """Compare by these from now on. Needs a transaction; InvalidError for too many or an impossible name."""
        if len(chosen) > MOST:
            raise InvalidError(f"At most {MOST} properties can be compared.", {"properties": f"Choose {MOST} at most."})
        if any(not name or len(name) > 60 for name in chosen):
            raise InvalidError("No property has such a name.", {"properties": "Choose from the list."})
        if dict(chosen) == cls.of(workspace_id):
            return
        db.session.execute(delete(cls).where(cls.workspace_id == workspace_id))
        db.session.add_all(cls(workspace_id=workspace_id, name=name, numeric=kind) for name, kind in chosen.items())
        data = {"properties": sorted(chosen)}
        events.record("properties.chosen", workspace_id, workspace_id=workspace_id, at=at, actor=actor, data=data)


@dataclass(frozen=True, slots=True)
class Seen:
    """A property that newest responses have: in how many of them, a few of its values, and whether all are numbers."""

    name: str
    n: int
    examples: tuple[str, ...]
    numeric: bool


def seen(workspace_id: uuid.UUID) -> list[Seen]:
    """What the newest responses of a workspace have, the most frequent first."""
    newest = select(Response.properties).where(Response.workspace_id == workspace_id)
    rows = db.session.scalars(newest.order_by(Response.created_at.desc(), Response.id.desc()).limit(LOOKED_AT))
    values: dict[str, list[str]] = {}
    for properties in rows:
        for name, value in properties.items():
            if value not in (None, "") and len(name) <= 60:
                values.setdefault(name, []).append(_told(value))
    found = [
        Seen(name, len(told), tuple(dict.fromkeys(told))[:3], all(number_in(one) is not None for one in told))
        for name, told in values.items()
    ]
    return sorted(found, key=lambda one: (-one.n, one.name))


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Values:
    """Counts of the values with the most answers; `values` is how many there are in all, those of no value apart."""

    counts: dict[str | None, Counts]
    values: int


def counts_by_value(
    survey_ids: Collection[uuid.UUID], name: str, interval: Interval, filters: Filters, *, most: int | None
) -> Values:
    """How often each score was given with each value; of very many values those with the most answers, or with None
    all. One look at the rows.
    """
    of_these = (Response.survey_id.in_(survey_ids), COUNTED, *conditions(filters))
    within = (Response.created_at >= interval.start, Response.created_at < interval.end)
    value = text_of(name).label("value")
    each = select(value, Response.score, func.count().label("n")).where(*of_these, *within)
    cell = each.group_by("value", Response.score).cte("cell")
    query, many = select(cell.c.value, cell.c.score, cell.c.n), literal(0).label("many")
    if most is not None:
        total = func.sum(cell.c.n)
        sizes = select(cell.c.value).where(cell.c.value.is_not(None)).group_by(cell.c.value)
        largest = sizes.order_by(total.desc(), cell.c.value).limit(most).subquery()
        query = query.where(cell.c.value.in_(select(largest.c.value)) | cell.c.value.is_(None))
        many = select(func.count(cell.c.value.distinct())).scalar_subquery().label("many")
    rows: dict[str | None, Counts] = {}
    values = 0
    for row in db.session.execute(query.add_columns(many)):
        rows.setdefault(row.value, {})[row.score] = row.n
        values = row.many
    return Values(rows, max(values, sum(text is not None for text in rows)))
