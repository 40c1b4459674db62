"""Moments when what a survey asks, or whom and when, became another: what a trend must be read beside."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from base.db import db
from base.events import Event
from feedback.zoning import Interval
from surveys.version import Version
from surveys.versioning import What, shifts

TERMS = "survey.terms_changed"
MOST = 100
"""Changes of the rules that one page tells; the newest of them."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A new version, with what makes its answers hard to compare, or other rules, with those that changed."""

    at: datetime
    kind: Literal["version", "terms"]
    number: int | None = None
    shifts: tuple[What, ...] = ()
    changed: tuple[str, ...] = ()


def within(survey_id: uuid.UUID, versions: Sequence[Version], interval: Interval) -> list[Milestone]:
    """All of an interval, the oldest first; `versions` are those of the survey, the newest first.

    The first version is no change: there was nothing before it.
    """
    return sorted([*_published(versions, interval), *_decided(survey_id, interval)], key=lambda one: one.at)


def _published(versions: Sequence[Version], interval: Interval) -> Iterator[Milestone]:
    for before, after in zip(versions[1:], versions, strict=False):
        if after.published_at in interval:
            differ = shifts(before.document, after.document)
            yield Milestone(after.published_at, "version", number=after.number, shifts=differ)


def _decided(survey_id: uuid.UUID, interval: Interval) -> Iterator[Milestone]:
    found = select(Event.at, Event.data).where(Event.subject_id == survey_id, Event.kind == TERMS)
    found = found.where(Event.at >= interval.start, Event.at < interval.end).order_by(Event.at.desc()).limit(MOST)
    for at, data in db.session.execute(found):
        yield Milestone(at, "terms", changed=tuple(data.get("changed", ())))
