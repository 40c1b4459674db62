"""What roll-ups say of one survey at one moment, made up to that moment by hand: with what changed since they were
made, and with the rows of those hours that are no whole days.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, literal_column, null, select, union_all

from feedback import counting
from feedback.counting import (
    CUTS,
    FEW,
    MANY,
    MEASURES,
    NAMED,
    REACH,
    SCORES,
    Cell,
    Cells,
    Cut,
    Fact,
    Numbers,
    add,
    named,
    value_of,
)
from feedback.response import Response
from feedback.rollup import (
    Rollup,
    RollupReach,
    RollupState,
    asked_rows,
    differences,
    face,
    gone_rows,
    pending_rows,
    taken_away,
)
from feedback.spanning import HIGHEST, Whole, cover, whole_days
from feedback.tally import COUNTED, EVERYTHING, FACETS, NAMELESS, Filters, facet, passes
from feedback.zoning import Interval
from surveys.version import Version

MOST_PENDING = 20_000
"""Changes that are added by hand; with more of them, as after an import of old answers, rows are counted."""


@dataclass
class Ledger:
    """Use `read`; good only in the snapshot that it was read in."""

    survey_id: uuid.UUID
    connection: Connection
    zone: str | None
    """Whose days the roll-ups have; None when there are none yet."""
    generation: int | None
    versions: Mapping[uuid.UUID, int]
    changes: list[Fact] | None
    """What roll-ups do not count yet; None when that is too much."""
    asked: Sequence[Row[Any]] | None
    """What became of invitations since; None when that is too much, or roll-ups are not told."""
    apart: bool
    """Whether roll-ups tell the reach of each agent, team, channel and language."""
    cuts: Sequence[Cut] = CUTS
    """What is read of an interval; whoever asks for no segments reads much less without them."""
    _rows: dict[Interval, list[Fact]] = field(default_factory=dict)

    @classmethod
    def read(cls, survey_id: uuid.UUID, connection: Connection) -> Ledger:
        anonymous = Version.document["anonymous"].as_boolean().label("anonymous")
        state = (RollupState.generation, RollupState.zone, RollupState.apart_from)
        query = select(Version.id, Version.number, anonymous, *state)
        query = query.outerjoin(RollupState, RollupState.survey_id == Version.survey_id)
        found = connection.execute(query.where(Version.survey_id == survey_id)).all()
        versions = {row.id: row.number for row in found}
        rows = connection.execute(pending_rows(survey_id).limit(MOST_PENDING + 1)).all()
        changes = None
        if len(rows) <= MOST_PENDING:
            changes = differences(rows, versions)
            changes += taken_away(connection.execute(gone_rows(survey_id)).all(), versions)
        zone, generation = (found[0].zone, found[0].generation) if found else (None, None)
        asked = connection.execute(asked_rows(survey_id).limit(MOST_PENDING + 1)).all()
        # Whoever answered anonymously is told by the rows of invitations alone.
        few = len(asked) <= MOST_PENDING and not any(row.anonymous for row in found)
        apart = generation is None or generation >= found[0].apart_from
        return cls(survey_id, connection, zone, generation, versions, changes, asked if few else None, apart)

    def slot(self, interval: Interval) -> Whole:
        """What an interval is made of; without roll-ups all of it is what changed since."""
        return whole_days(interval, self.zone) if self.zone else Whole(0, 0, (), interval)

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
        parts = [self._sums(slot, version, MANY, SCORES), self._sums(slot, version, FEW, MEASURES)]
        rows = self.connection.execute(union_all(*parts))
        known = {(cut, value): [int(n) for n in numbers] for cut, value, *numbers in rows}
        for fact in (*self._changed(slot), *self._rims(slot.rims)):
            if version in (None, fact.version):
                for key, places in counting.cells(fact):
                    add(known.setdefault(key, [0] * len(MEASURES)), places, fact.weight)
        return known

    def over(self, slots: Sequence[Whole], filters: Filters) -> list[Numbers]:
        """One sum a stretch of time."""
        at = {stretch: place for place, slot in enumerate(slots) for stretch in cover(slot.first, slot.end)}
        columns = (Rollup.stretch, Rollup.value, *(Rollup.__table__.c[name] for name in MEASURES))
        query, found = self._of_one(select(*columns), Rollup, filters), [[0] * len(MEASURES) for _ in slots]
        for stretch, key, *numbers in self.connection.execute(query.where(Rollup.stretch.in_(list(at)))):
            if passes(filters, value_of(key)):
                place = at[stretch]
                found[place] = [a + b for a, b in zip(found[place], numbers, strict=True)]
        for place, fact in self._placed(slots):
            if filters.version in (None, fact.version):
                for places in _passing(counting.cells(fact), filters):
                    add(found[place], places, fact.weight)
        return found

    def by_version(self, interval: Interval | None) -> dict[int, Numbers]:
        """How often each version was given each score, of all time or of an interval."""
        slot = self.slot(interval) if interval else None
        sums = [func.sum(Rollup.__table__.c[name]) for name in SCORES]
        query = self._within(slot, self._stored(select(Rollup.version, *sums), Rollup, ["all"]))
        rows = self.connection.execute(query.group_by(Rollup.version))
        found = {version: [int(n) for n in numbers] for version, *numbers in rows}
        for fact in (*self._changed(slot), *self._rims(slot.rims if slot else ())):
            if fact.face:
                add(found.setdefault(fact.version, [0] * len(SCORES)), [counting.score_of(fact.face)], fact.weight)
        return found

    def reach(self, interval: Interval, filters: Filters) -> Numbers:
        """The numbers of `REACH`, of an interval of whole days."""
        slot, sums = self.slot(interval), [func.sum(RollupReach.__table__.c[name]) for name in REACH]
        query = self._of_one(select(RollupReach.value, *sums), RollupReach, filters)
        query = query.where(RollupReach.day >= slot.first, RollupReach.day < slot.end).group_by(RollupReach.value)
        found = [0] * len(REACH)
        for key, *numbers in self.connection.execute(query):
            if passes(filters, value_of(key)):
                found = [a + int(b) for a, b in zip(found, numbers, strict=True)]
        for at, version, cells, weight in self._steps():
            if slot.days is not None and at in slot.days and filters.version in (None, version):
                for places in _passing(cells, filters):
                    add(found, places, weight)
        return found

    def _steps(self) -> Iterator[tuple[datetime, int, Iterable[Cell], int]]:
        """What roll-ups do not count yet of those asked: when, in which version, what it adds to, how often."""
        for row in self.asked or ():
            names = (row.agent, row.team, row.channel)
            yield row.created_at, self.versions[row.version_id], counting.stepped(names, row.steps), row.weight
        for fact in self.changes or ():
            if fact.asked is not None:
                yield fact.asked, fact.version, counting.reached(fact), fact.weight

    def _sums(self, slot: Whole, version: int | None, cuts: Sequence[Cut], measures: Sequence[str]) -> Any:
        """The sums of these cuts by value; 0 for what is not among `measures`."""
        sums = [func.sum(Rollup.__table__.c[name]) if name in measures else literal_column("0") for name in MEASURES]
        query = self._stored(select(Rollup.cut, Rollup.value, *sums), Rollup, {*cuts} & {*self.cuts}, version)
        return self._within(slot, query).group_by(Rollup.cut, Rollup.value)

    def _within(self, slot: Whole | None, query: Any) -> Any:
        """Of whole days, or with None of all time."""
        if slot is None:
            return query.where(Rollup.stretch >= HIGHEST)
        return query.where(Rollup.stretch.in_(list(cover(slot.first, slot.end))))

    def _of_one(self, query: Any, of: type[Rollup | RollupReach], filters: Filters) -> Any:
        """Of the value that narrows; of languages all, for several may pass."""
        segment = facet(filters)
        query = self._stored(query, of, [segment or "all"], filters.version)
        if segment in (None, "language"):
            return query
        wanted = getattr(filters, segment)
        return query.where(of.value == named(None if wanted == NAMELESS else wanted))

    def _stored(
        self, query: Any, of: type[Rollup | RollupReach], cuts: Iterable[Cut], version: int | None = None
    ) -> Any:
        query = query.where(of.survey_id == self.survey_id, of.generation == self.generation, of.cut.in_(list(cuts)))
        return query if version is None else query.where(of.version == version)

    def _placed(self, slots: Sequence[Whole]) -> Iterator[tuple[int, Fact]]:
        """What changed and the rows of parts of days, each with the place of its slot."""
        days = [(slot.days, place) for place, slot in enumerate(slots) if slot.days is not None]
        starts = [one.start for one, _ in days]
        for fact in self.changes or ():
            at = bisect_right(starts, fact.at) - 1
            if at >= 0 and fact.at in days[at][0]:
                yield days[at][1], fact
        for place, slot in enumerate(slots):
            for fact in self._rims(slot.rims):
                yield place, fact

    def _changed(self, slot: Whole | None) -> list[Fact]:
        """What changed of the days that were read from roll-ups."""
        changes = self.changes or []
        if slot is None:
            return changes
        return [fact for fact in changes if slot.days is not None and fact.at in slot.days]

    def _rims(self, rims: Sequence[Interval]) -> Iterator[Fact]:
        """The rows of parts of days, alike ones together, each part read once."""
        for rim in rims:
            if rim not in self._rows:
                self._rows[rim] = list(self._rim(rim))
            yield from self._rows[rim]

    def _rim(self, rim: Interval) -> Iterator[Fact]:
        names = [getattr(Response, name) if name in self.cuts else null().label(name) for name in NAMED]
        within = (Response.created_at >= rim.start, Response.created_at < rim.end)
        query = select(Response.version_id, *names, face.label("face"), func.count().label("n"))
        query = query.where(Response.survey_id == self.survey_id, *within, COUNTED)
        columns = [name for name in names if name.key in self.cuts]
        for row in self.connection.execute(query.group_by(Response.version_id, *columns, "face")):
            about = (row.agent, row.team, row.channel)
            yield Fact(rim.start, self.versions[row.version_id], about, row.face, row.n)


def _passing(found: Iterable[Cell], filters: Filters) -> Iterator[tuple[int, ...]]:
    """The places of the cells that make up what passes."""
    segment = facet(filters) or "all"
    for (cut, key), places in found:
        if cut == segment and passes(filters, value_of(key)):
            yield places
