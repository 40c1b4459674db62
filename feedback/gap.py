"""What people expected and what they found, by dimension of a SERVQUAL survey (Parasuraman, Zeithaml and Berry,
Journal of Retailing 64(1), 1988): the gap is perceived − expected, negative where a service falls short.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Float, Subquery, case, cast, func, select

from base.db import db
from feedback.answer import Answer
from feedback.averaging import Mean, Sums, difference, mean
from feedback.metric import ENOUGH
from feedback.response import Response
from feedback.tally import EVERYTHING, Filters, counted
from feedback.zoning import Interval
from surveys.question import Question, questions
from surveys.survey import Survey
from surveys.version import Version

EXPECTED = "expected"


@dataclass(frozen=True)
class Dimension:
    """One dimension. `gap` is None where nobody was asked what they expected; `paired`: each person's perception less
    their own expectation, where enough rated both sides; else the difference of two groups, for two people who rated
    both must not speak for everybody else.
    """

    key: str
    perceived: Mean
    expected: Mean | None
    gap: Mean | None
    paired: bool

    @property
    def told(self) -> Mean:
        """What the page tells of it first."""
        return self.gap or self.perceived


@dataclass(frozen=True)
class Gaps:
    """All dimensions, the largest shortfall first. `overall` is the unweighted mean of the dimensions' gaps in each
    response that rated them all on both sides. Where there are too few, it is None: the mean of the gaps themselves has
    no honest interval, since some people stand behind several of them and others behind one side of one, in numbers
    that a sum of their variances does not know.
    """

    dimensions: list[Dimension]
    low: int
    high: int
    overall: Mean | None

    @property
    def both(self) -> bool:
        """Whether both sides were asked."""
        return any(one.gap for one in self.dimensions)

    @property
    def too_few(self) -> bool:
        return all(one.told.too_few for one in self.dimensions)

    @classmethod
    def of(
        cls, survey: Survey, versions: Sequence[Version], interval: Interval, filters: Filters = EVERYTHING
    ) -> Gaps | None:
        """The gaps of a survey, of the versions with the scale of the newest or chosen one. Two statements."""
        leading = next((one for one in versions if one.number == filters.version), versions[0] if versions else None)
        asked = _dimensions(leading) if leading else []
        if not asked:
            return None
        low, high = min(one.low for one in asked), max(one.high for one in asked)
        same = [version.id for version in versions if _scales(version) == {(low, high)}]
        each = _each(asked, same, survey.id, interval, filters)
        found = [one for one in _read(each, low, high) if one]
        if not found:
            return None
        found.sort(key=lambda one: (one.gap.value if one.gap else 0.0, one.perceived.value))
        return cls(found, low, high, _overall(each, low - high, high - low, len({one.dimension for one in asked})))


def _dimensions(version: Version) -> list[Question]:
    return [one for one in questions(version.document) if one.kind == "matrix" and one.dimension]


def _scales(version: Version) -> set[tuple[int, int]]:
    return {(one.low, one.high) for one in _dimensions(version)}


def _each(
    asked: Sequence[Question], versions: Sequence[uuid.UUID], survey_id: uuid.UUID, interval: Interval, filters: Filters
) -> Subquery:
    """For each response and dimension the mean of its ratings on either side."""
    expected = [one.id for one in asked if one.side == EXPECTED]
    perceived = [one.id for one in asked if one.side != EXPECTED]
    dimension = case({one.id: one.dimension for one in asked}, value=Answer.question).label("dimension")
    rating = cast(Answer.number, Float)
    found = func.avg(case((Answer.question.in_(perceived), rating))).label("found")
    hoped = func.avg(case((Answer.question.in_(expected), rating))).label("hoped")
    same = (Answer.response_id == Response.id) & (Answer.revision == Response.revision)
    query = select(Response.id, dimension, found, hoped).select_from(Response).join(Answer, same)
    query = query.where(*counted(survey_id, interval, filters), Response.version_id.in_(versions))
    query = query.where(Answer.question.in_([one.id for one in asked]), Answer.number.is_not(None))
    return query.group_by(Response.id, "dimension").subquery()


def _read(each: Subquery, low: int, high: int) -> list[Dimension | None]:
    gap = each.c.found - each.c.hoped
    values = (each.c.found, each.c.hoped, gap)
    sums = [of for value in values for of in (func.count(value), func.sum(value), func.sum(value * value))]
    rows = db.session.execute(select(each.c.dimension, *sums).group_by(each.c.dimension))
    return [_dimension(key, _sums(of[:3]), _sums(of[3:6]), _sums(of[6:]), low, high) for key, *of in rows]


def _sums(values: Sequence[float | None]) -> Sums:
    n, total, squares = values
    return Sums(int(n or 0), float(total or 0), float(squares or 0))


def _dimension(key: str, found: Sums, hoped: Sums, pairs: Sums, low: int, high: int) -> Dimension | None:
    perceived, paired = mean(found, low, high), pairs.n >= ENOUGH
    if perceived is None:
        return None
    gap = mean(pairs, low - high, high - low) if paired else difference(found, hoped, low, high)
    return Dimension(key, perceived, mean(hoped, low, high), gap, paired)


def _overall(each: Subquery, low: int, high: int, number: int) -> Mean | None:
    """Over the responses that rated every dimension on both sides."""
    gap = each.c.found - each.c.hoped
    whole = select(func.avg(gap).label("gap")).group_by(each.c.id).having(func.count(gap) == number).subquery()
    gaps = whole.c.gap
    row = db.session.execute(select(func.count(gaps), func.sum(gaps), func.sum(gaps * gaps))).one()
    found = mean(_sums(row), low, high)
    return None if found is None or found.too_few else found
