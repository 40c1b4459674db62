"""What roll-ups say of one survey at one moment, made up to that moment by hand: with what changed since they were
made, and with the rows of those hours that are no whole days.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, TypeVar

from sqlalchemy import Connection, Integer, String, Uuid, bindparam, func, null, select, type_coerce

from accounts.workspace import Workspace
from base.db import Moment
from base.prepared import Prepared
from feedback import counting
from feedback.counting import CUTS, EVERY, MEASURES, NAMED, SCORES, Cells, Cut, Fact, Key, Numbers, add, value_of
from feedback.response import Response
from feedback.rollup import (
    Rollup,
    RollupState,
    asked_rows,
    differences,
    face,
    gone_rows,
    pending_rows,
    taken_away,
)
from feedback.spanning import SHIFT, Whole, whole_days
from feedback.stored import Stored
from feedback.surplus import Surplus
from feedback.tally import COUNTED, EVERYTHING, FACETS, Filters, facet, passes
from feedback.zoning import Interval
from surveys.survey import Survey
from surveys.version import Version

MOST_PENDING = 20_000
"""Changes that are added by hand; with more of them, as after an import of old answers, rows are counted."""

Counted = TypeVar("Counted", Numbers, tuple[int, ...])
_survey, _most = bindparam("survey", type_=Uuid()), bindparam("most", type_=Integer())


def _states() -> Prepared:
    """The versions of a survey, each with what is read of its roll-ups, their first day and their last."""
    days = select(Rollup.stretch).where(
        Rollup.survey_id == RollupState.survey_id,
        Rollup.generation == RollupState.generation,
        Rollup.cut == "all",
        Rollup.stretch < SHIFT,
    )
    ends = [days.order_by(order).limit(1).scalar_subquery() for order in (Rollup.stretch, Rollup.stretch.desc())]
    anonymous = Version.document["anonymous"].as_boolean()
    state = (RollupState.generation, func.coalesce(RollupState.zone, Workspace.zone), RollupState.apart_from)
    query = select(type_coerce(Version.id, String), Version.number, anonymous, *state, *ends)
    query = query.join(Survey, Survey.id == Version.survey_id).join(Workspace, Workspace.id == Survey.workspace_id)
    query = query.outerjoin(RollupState, RollupState.survey_id == Version.survey_id)
    return Prepared(query.where(Version.survey_id == _survey))


_STATES = _states()
_PENDING = Prepared(pending_rows(_survey, raw=True).limit(_most))
_GONE = Prepared(gone_rows(_survey, raw=True))
_ASKED = Prepared(asked_rows(_survey, raw=True).limit(_most))


@dataclass
class Ledger:
    """Use `read`; good only in the snapshot that it was read in."""

    survey_id: uuid.UUID
    connection: Connection
    zone: str
    """Whose days the roll-ups have; as long as there are none, whose days they will have."""
    versions: Mapping[Any, int]
    """Their numbers by their ids, as the database has these."""
    stored: Stored
    changes: list[Fact] | None
    """What roll-ups do not count yet; None when that is too much."""
    asked: Sequence[Sequence[Any]] | None
    """What became of invitations since; None when that is too much, or roll-ups are not told."""
    apart: bool
    """Whether roll-ups tell the reach of each agent, team, channel and language."""
    cuts: Sequence[Cut] = CUTS
    """What is read of an interval; whoever asks for no segments reads much less without them."""
    _rows: dict[Interval, list[Fact]] = field(default_factory=dict)

    @classmethod
    def read(cls, survey_id: uuid.UUID, connection: Connection) -> Ledger:
        wanted = {"survey": survey_id, "most": MOST_PENDING + 1}
        found = _STATES.all(wanted)
        versions = {ident: number for ident, number, *_ in found}
        rows, changes = _PENDING.all(wanted), None
        if len(rows) <= MOST_PENDING:
            changes = differences(rows, versions) + taken_away(_GONE.all(wanted), versions)
        asked = _ASKED.all(wanted)
        # Whoever answered anonymously is told by the rows of invitations alone.
        few = len(asked) <= MOST_PENDING and not any(anonymous for _, _, anonymous, *_ in found)
        generation, zone, apart_from, oldest, newest = found[0][3:] if found else (None, "UTC", None, None, None)
        stored = Stored(survey_id, generation, oldest or 0, (newest or -1) + 1)
        apart = generation is None or generation >= apart_from
        return cls(survey_id, connection, zone, versions, stored, changes, asked if few else None, apart)

    def slot(self, interval: Interval) -> Whole:
        """What an interval is made of."""
        return whole_days(interval, self.zone)

    def knows(self, filters: Filters) -> bool:
        """Whether it can tell: by one of agent, team, channel and language, and by version."""
        named_ones = [name for name in FACETS if getattr(filters, name) is not None]
        others = replace(filters, **dict.fromkeys((*FACETS, "version")))
        return self.changes is not None and len(named_ones) <= 1 and others == EVERYTHING

    def knows_reach(self, interval: Interval, filters: Filters) -> bool:
        """The same of how far those asked came."""
        whole = self.asked is not None and self.knows(filters) and not self.slot(interval).rims
        return whole and (self.apart or facet(filters) is None)

    def cells(self, interval: Interval, version: int | None) -> Cells:
        """Everything of an interval; of names and languages only how often each score was given, for they are most of
        all.
        """
        slot = self.slot(interval)
        known = self.stored.sums(slot, self.cuts, version)
        for _, of, cells in self._surplus.cells.within(slot.first, slot.end):
            if version in (None, of):
                for key, more in cells.items():
                    so_far = known.get(key)
                    known[key] = [a + b for a, b in zip(so_far, more, strict=True)] if so_far else [*more]
        for fact in self._rims(slot.rims):
            if version in (None, fact.version):
                for key, places in counting.cells(fact):
                    add(known.setdefault(key, [0] * len(MEASURES)), places, fact.weight)
        return known

    def over(self, slots: Sequence[Whole], filters: Filters, measures: tuple[str, ...] = MEASURES) -> list[Numbers]:
        """One sum a stretch of time: of all measures, or of the first ones."""
        found = self.stored.over(slots, filters, measures)
        for place, of, cells in self._placed(slots):
            if filters.version in (None, of):
                for more in _passing(cells.items(), filters):
                    found[place] = [a + b for a, b in zip(found[place], more, strict=False)]
        for place, slot in enumerate(slots):
            for fact in self._rims(slot.rims):
                if filters.version in (None, fact.version):
                    for places in _passing(counting.cells(fact), filters):
                        add(found[place], [one for one in places if one < len(measures)], fact.weight)
        return found

    def by_version(self, interval: Interval | None) -> dict[int, Numbers]:
        """How often each version was given each score, of all time or of an interval."""
        slot = self.slot(interval) if interval else None
        found = self.stored.by_version(slot)
        first, end = (slot.first, slot.end) if slot else (0, SHIFT)
        for _, version, cells in self._surplus.cells.within(first, end):
            if more := cells.get(EVERY):
                so_far = found.get(version, [0] * len(SCORES))
                found[version] = [a + b for a, b in zip(so_far, more, strict=False)]
        for fact in self._rims(slot.rims if slot else ()):
            if fact.face:
                add(found.setdefault(fact.version, [0] * len(SCORES)), [counting.score_of(fact.face)], fact.weight)
        return found

    def reach(self, interval: Interval, filters: Filters) -> Numbers:
        """The numbers of `REACH`, of an interval of whole days."""
        slot = self.slot(interval)
        found = self.stored.reach(slot, filters)
        for _, of, cells in self._surplus.reach.within(slot.first, slot.end):
            if filters.version in (None, of):
                for more in _passing(cells.items(), filters):
                    found = [a + b for a, b in zip(found, more, strict=True)]
        return found

    @cached_property
    def _surplus(self) -> Surplus:
        """What roll-ups do not count yet, by day."""
        found = Surplus(self.zone, self.versions)
        found.take(self.changes or ())
        found.take_asked(self.asked or ())
        return found

    def _placed(self, slots: Sequence[Whole]) -> Iterator[tuple[int, int, Mapping[Key, Numbers]]]:
        """What roll-ups do not count yet of the days of rising slots: the place of the slot, version and numbers."""
        whole = [(slot.first, slot.end, place) for place, slot in enumerate(slots) if slot.days is not None]
        starts = [first for first, _, _ in whole]
        for day, version, cells in self._surplus.cells.within(*((whole[0][0], whole[-1][1]) if whole else (0, 0))):
            _, end, place = whole[bisect_right(starts, day) - 1]
            if day < end:
                yield place, version, cells

    def _rims(self, rims: Sequence[Interval]) -> Iterator[Fact]:
        """The rows of parts of days, alike ones together, each part read once."""
        for rim in rims:
            if rim not in self._rows:
                self._rows[rim] = list(self._rim(rim))
            yield from self._rows[rim]

    def _rim(self, rim: Interval) -> Iterator[Fact]:
        rows = _rim(*(name in self.cuts for name in NAMED))
        for version, agent, team, channel, said, n in rows.all(
            {"survey": self.survey_id, "start": rim.start, "end": rim.end}
        ):
            yield Fact(rim.start, self.versions[version], (agent, team, channel), said, n)


@cache
def _rim(*told: bool) -> Prepared:
    """The counted rows of a part of a day, alike ones together; of names those that are told."""
    known = [getattr(Response, name) for name, wanted in zip(NAMED, told, strict=True) if wanted]
    names = [getattr(Response, name) if wanted else null() for name, wanted in zip(NAMED, told, strict=True)]
    start, end = (bindparam(name, type_=Moment()) for name in ("start", "end"))
    query = select(type_coerce(Response.version_id, String), *names, face.label("face"), func.count())
    query = query.where(Response.survey_id == _survey, Response.created_at >= start, Response.created_at < end, COUNTED)
    return Prepared(query.group_by(Response.version_id, *known, "face"))


def _passing(found: Iterable[tuple[Key, Counted]], filters: Filters) -> Iterator[Counted]:
    """What is told of the cells that make up what passes."""
    segment = facet(filters) or "all"
    for (cut, key), told in found:
        if cut == segment and passes(filters, value_of(key)):
            yield told
