"""The cells of one survey as they are stored, summed by the database in statements that are made once.

Pages read few hundred cells; to make and read a statement of some thirty sums anew took longer than to run it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, Uuid, bindparam, func, literal_column, select, union_all

from base.among import among
from base.prepared import Prepared
from feedback.counting import FEW, MANY, MEASURES, REACH, SCORES, Cells, Cut, Numbers, named, value_of
from feedback.rollup import Rollup, RollupReach
from feedback.spanning import Span, Whole, span
from feedback.tally import NAMELESS, Filters, Segment, facet, passes

_CELL, _REACHED = Rollup.__table__.c, RollupReach.__table__.c


@dataclass(frozen=True)
class Stored:
    """Good in the snapshot that it was read in, and in a transaction of the session."""

    survey_id: uuid.UUID
    generation: int | None
    """None when there are no roll-ups yet."""
    oldest: int
    newest: int
    """The days that have cells are from the one up to, and without, the other."""

    def sums(self, days: Whole, cuts: Sequence[Cut], version: int | None) -> Cells:
        """All of some days; of names and languages only how often each score was given, for they are most of all."""
        found: Cells = {}
        known = self._span(days.first, days.end)
        if known.more:
            query = _sums(tuple(cuts), narrowed=version is not None, back=bool(known.less))
            for sign, cut, value, *numbers in query.all(self._values(version, more=known.more, less=known.less)):
                before = found.get((cut, value))
                if sign > 0 and before is None:
                    found[cut, value] = numbers
                else:
                    before = before or [0] * len(MEASURES)
                    found[cut, value] = [a + sign * b for a, b in zip(before, numbers, strict=True)]
        return found

    def over(self, slots: Sequence[Whole], filters: Filters, measures: tuple[str, ...]) -> list[Numbers]:
        """One sum a stretch of time, of what passes."""
        found = [[0] * len(measures) for _ in slots]
        wanted: dict[int, list[tuple[int, int]]] = {}
        for place, slot in enumerate(slots):
            known = self._span(slot.first, slot.end)
            for stretches, sign in ((known.more, 1), (known.less, -1)):
                for stretch in stretches:
                    wanted.setdefault(stretch, []).append((place, sign))
        if wanted:
            segment, value, version = _narrowed(filters)
            query = _over(segment or "all", measures, one=value is not None, narrowed=version is not None)
            for stretch, key, *numbers in query.all(self._values(version, value=value, more=list(wanted))):
                if segment is None or passes(filters, value_of(key)):
                    for place, sign in wanted[stretch]:
                        found[place] = [a + sign * b for a, b in zip(found[place], numbers, strict=True)]
        return found

    def by_version(self, days: Whole | None) -> dict[int, Numbers]:
        """How often each version was given each score, of some days or of all time."""
        found: dict[int, Numbers] = {}
        known = self._span(*((days.first, days.end) if days else (self.oldest, self.newest)))
        if known.more:
            rows = _by_version().all(self._values(more=known.more + known.less))
            less = {*known.less}
            for stretch, version, *numbers in rows:
                sign = -1 if stretch in less else 1
                so_far = found.get(version, [0] * len(SCORES))
                found[version] = [a + sign * b for a, b in zip(so_far, numbers, strict=True)]
        return found

    def reach(self, days: Whole, filters: Filters) -> Numbers:
        """The numbers of `REACH` of some days, of what passes."""
        found = [0] * len(REACH)
        if self.generation is not None:
            segment, value, version = _narrowed(filters)
            query = _reach(segment or "all", one=value is not None, narrowed=version is not None)
            for key, *numbers in query.all(self._values(version, value=value, first=days.first, end=days.end)):
                if segment is None or passes(filters, value_of(key)):
                    found = [a + b for a, b in zip(found, numbers, strict=True)]
        return found

    def _span(self, first: int, end: int) -> Span:
        return span(first, end, self.oldest, self.newest)

    def _values(self, version: int | None = None, **others: Any) -> dict[str, Any]:
        return {"survey": self.survey_id, "generation": self.generation, "version": version, **others}


def _narrowed(filters: Filters) -> tuple[Segment | None, str | None, int | None]:
    """By what it is narrowed, to which value as roll-ups key it (of languages several may pass), to which version."""
    segment = facet(filters)
    if segment in (None, "language"):
        return segment, None, filters.version
    wanted = getattr(filters, segment)
    return segment, named(None if wanted == NAMELESS else wanted), filters.version


def _of(
    columns: Any, cuts: Iterable[Cut], *, one: bool = False, narrowed: bool = False
) -> Iterator[ColumnElement[bool]]:
    """Where the cells of some cuts lie: of all values or one, of all versions or one."""
    yield columns.survey_id == bindparam("survey", type_=Uuid())
    yield columns.generation == bindparam("generation", type_=Integer())
    yield columns.cut.in_([literal_column(f"'{cut}'") for cut in cuts])
    if one:
        yield columns.value == bindparam("value", type_=String())
    if narrowed:
        yield columns.version == bindparam("version", type_=Integer())


@cache
def _sums(cuts: tuple[Cut, ...], *, narrowed: bool, back: bool) -> Prepared:
    """By cut and value; with `back` also those that are to be taken away. 0 stands for what is not read."""
    parts = []
    for name, sign in (("more", 1), ("less", -1))[: 2 if back else 1]:
        for group, measures in ((MANY, SCORES), (FEW, MEASURES)):
            wanted = [cut for cut in group if cut in cuts]
            sums = [func.sum(_CELL[one]) if one in measures else literal_column("0") for one in MEASURES]
            query = select(literal_column(str(sign)), _CELL.cut, _CELL.value, *sums)
            query = query.where(*_of(_CELL, wanted, narrowed=narrowed), among(_CELL.stretch, name))
            if wanted:
                parts.append(query.group_by(_CELL.cut, _CELL.value))
    return Prepared(union_all(*parts))


@cache
def _over(cut: Cut, measures: tuple[str, ...], *, one: bool, narrowed: bool) -> Prepared:
    query = select(_CELL.stretch, _CELL.value, *(_CELL[name] for name in measures))
    return Prepared(query.where(*_of(_CELL, [cut], one=one, narrowed=narrowed), among(_CELL.stretch, "more")))


@cache
def _by_version() -> Prepared:
    query = select(_CELL.stretch, _CELL.version, *(_CELL[name] for name in SCORES))
    return Prepared(query.where(*_of(_CELL, ["all"]), among(_CELL.stretch, "more")))


@cache
def _reach(cut: Cut, *, one: bool, narrowed: bool) -> Prepared:
    query = select(_REACHED.value, *(func.sum(_REACHED[name]) for name in REACH))
    days = (_REACHED.day >= bindparam("first", type_=Integer()), _REACHED.day < bindparam("end", type_=Integer()))
    return Prepared(query.where(*_of(_REACHED, [cut], one=one, narrowed=narrowed), *days).group_by(_REACHED.value))
