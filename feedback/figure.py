"""Counts of answers for pages, API and digests, read from roll-ups: what `tally` counts, without counting it anew.

A figure is the sum of few roll-ups (`spanning`), of what changed since they were made, and of the rows of those hours
that are no whole days. All three are read from one snapshot of the database, so it equals a count of the rows at that
moment. What roll-ups do not know (filters together, those by what was said) is counted by `tally`.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, func, literal_column, null, select, union_all

from feedback import counting, tally
from feedback.counting import CUTS, FEW, MANY, MEASURES, REACH, SCORES, Cut, Fact, Numbers, add, cells, value_of
from feedback.reach import Reach
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
from feedback.snapshot import snapshot
from feedback.spanning import HIGHEST, Whole, cover, whole_days
from feedback.tally import COUNTED, EVERYTHING, FACETS, NAMELESS, Counts, Filters, Segment, facet, passes
from feedback.zoning import Interval
from surveys.version import Version

MOST_PENDING = 20_000
"""Changes that are added by hand; with more of them, as after an import of old answers, rows are counted."""

MOST_RIMS = 4
"""Parts of days that are counted from rows; with more, the days of roll-ups are not those that are asked for."""

Cells = dict[tuple[Cut, str], Numbers]


@dataclass
class Figures:
    """The numbers of one survey at one moment. Use `of`; the numbers are only good inside it."""

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
    cuts: Sequence[Cut] = CUTS
    """What is read of an interval; whoever asks for no segments reads much less without them."""
    _known: dict[tuple[Interval, int | None], Cells] = field(default_factory=dict)
    _rows: dict[Interval, list[Fact]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def of(cls, survey_id: uuid.UUID, *, cuts: Sequence[Cut] = CUTS) -> Iterator[Figures]:
        with snapshot() as connection:
            yield replace(cls.read(survey_id, connection), cuts=cuts)

    @classmethod
    def read(cls, survey_id: uuid.UUID, connection: Connection) -> Figures:
        anonymous = Version.document["anonymous"].as_boolean().label("anonymous")
        about = (Version.id, Version.number, anonymous, RollupState.generation, RollupState.zone)
        query = select(*about).outerjoin(RollupState, RollupState.survey_id == Version.survey_id)
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
        return cls(survey_id, connection, zone, generation, versions, changes, asked if few else None)

    def counts(self, interval: Interval, filters: Filters = EVERYTHING) -> Counts:
        """How many counted responses first came in `interval` with each score."""
        return self.counts_over([interval.start, interval.end], filters)[0]

    def counts_over(self, edges: Sequence[datetime], filters: Filters = EVERYTHING) -> list[Counts]:
        """The same apart for each stretch of time from one of the rising `edges` up to, and without, the next."""
        slots = [self._slot(Interval(*pair)) for pair in pairwise(edges)]
        if not self._knows(filters) or sum(len(slot.rims) for slot in slots) > MOST_RIMS:
            return tally.counts_over(self.survey_id, edges, filters)
        return [counting.scores_of(numbers) for numbers in self._over(slots, filters)]

    def counts_by(
        self, segment: Segment, interval: Interval, filters: Filters = EVERYTHING
    ) -> dict[str | None, Counts]:
        """The same apart for each agent, team, channel or language; None where the response has none."""
        others = replace(filters, **{segment: None})
        if not self._knows(filters) or any(getattr(others, name) is not None for name in FACETS):
            return tally.counts_by(segment, self.survey_id, interval, filters)
        found = {
            value_of(key): counting.scores_of(numbers)
            for (cut, key), numbers in self._cells(interval, filters.version).items()
            if cut == segment and passes(filters, value_of(key))
        }
        return {name: counts for name, counts in found.items() if counts}

    def counts_by_version(self, interval: Interval | None = None) -> dict[int, Counts]:
        """How many counted responses to each version gave each score, of any time or first come in it."""
        slot = self._slot(interval) if interval else None
        if self.changes is None:
            return tally.counts_by_version(self.survey_id, interval)
        sums = [func.sum(Rollup.__table__.c[name]) for name in SCORES]
        query = self._within(slot, self._stored(select(Rollup.version, *sums), ("all",), None))
        rows = self.connection.execute(query.group_by(Rollup.version))
        found = {version: [int(n) for n in numbers] for version, *numbers in rows}
        for fact in (*self._changed(slot), *self._rims(slot.rims if slot else ())):
            if fact.face:
                add(found.setdefault(fact.version, [0] * len(SCORES)), [counting.score_of(fact.face)], fact.weight)
        by_version = {version: counting.scores_of(numbers) for version, numbers in found.items()}
        return {version: counts for version, counts in by_version.items() if counts}

    def sentiments(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, int]:
        """How many comments have each label; "unscored": read and left without one, "unread": not read yet."""
        if not self._knows(filters):
            return tally.sentiments(self.survey_id, interval, filters)
        return counting.kinds_of(self._whole(interval, filters))

    def themes(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, tuple[int, int, int]]:
        """Of how many comments each theme is spoken, and in how many of them rather badly and rather well."""
        if not self._knows(filters) or facet(filters) is not None:
            return tally.themes(self.survey_id, interval, filters)
        of_theme = {
            str(value_of(key)): counting.spoken_of(numbers)
            for (cut, key), numbers in self._cells(interval, filters.version).items()
            if cut == "theme"
        }
        return {theme: said for theme, said in of_theme.items() if said[0]}

    def theme_counts(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, Counts]:
        """How often each score was given with a comment that speaks of each theme."""
        if not self._knows(filters) or facet(filters) is not None:
            return tally.theme_counts(self.survey_id, interval, filters)
        known = {key: of for (cut, key), of in self._cells(interval, filters.version).items() if cut == "theme"}
        return {str(value_of(key)): counts for key, of in known.items() if (counts := counting.scores_of(of))}

    def beside(self, interval: Interval, filters: Filters = EVERYTHING) -> int:
        """How many came to no mail that we could name."""
        if not self._knows(filters):
            return tally.beside(self.survey_id, interval, filters)
        return counting.beside(self._whole(interval, filters))

    def reach(self, interval: Interval, filters: Filters = EVERYTHING) -> Reach:
        """How far those came who were asked in an interval; see `Reach`."""
        beside, slot = self.beside(interval, filters), self._slot(interval)
        unknown = self.asked is None or self.changes is None or slot.rims
        if unknown or replace(filters, version=None) != EVERYTHING:
            return Reach.of(self.survey_id, interval, filters, beside=beside)
        sums = [func.sum(RollupReach.__table__.c[name]) for name in REACH]
        query = select(*sums).where(
            RollupReach.survey_id == self.survey_id,
            RollupReach.generation == self.generation,
            RollupReach.stretch.in_(list(cover(slot.first, slot.end))),
        )
        query = query if filters.version is None else query.where(RollupReach.version == filters.version)
        numbers = [int(n or 0) for n in self.connection.execute(query).one()]
        for at, version, places, weight in self._steps():
            if slot.days is not None and at in slot.days and filters.version in (None, version):
                add(numbers, places, weight)
        asked, sent, clicked, answered, commented = numbers
        return Reach(asked, sent, clicked, answered, commented, beside)

    def _steps(self) -> Iterator[tuple[datetime, int, tuple[int, ...], int]]:
        """What roll-ups do not count yet of those asked: when, in which version, how far, how often."""
        for row in self.asked or ():
            yield row.created_at, self.versions[row.version_id], counting.stepped(row.steps), row.weight
        for fact in self.changes or ():
            if fact.asked is not None:
                yield fact.asked, fact.version, counting.reached(fact), fact.weight

    def _slot(self, interval: Interval) -> Whole:
        """What an interval is made of; without roll-ups all of it is what changed since."""
        return whole_days(interval, self.zone) if self.zone else Whole(0, 0, (), interval)

    def _knows(self, filters: Filters) -> bool:
        """Whether roll-ups can tell: by one of agent, team, channel and language, and by version."""
        named_ones = [name for name in FACETS if getattr(filters, name) is not None]
        others = replace(filters, **dict.fromkeys((*FACETS, "version")))
        return self.changes is not None and len(named_ones) <= 1 and others == EVERYTHING

    def _whole(self, interval: Interval, filters: Filters) -> Numbers:
        """The sum over an interval of everything that passes."""
        if facet(filters) is not None:
            return self._over([self._slot(interval)], filters)[0]
        return self._cells(interval, filters.version).get(("all", ""), [0] * len(MEASURES))

    def _cells(self, interval: Interval, version: int | None) -> Cells:
        """Everything that is known of an interval, read once; of names and languages only how often each score was
        given, for they are most of all.
        """
        known = self._known.get((interval, version))
        if known is None:
            slot = self._slot(interval)
            parts = [self._sums(slot, version, MANY, SCORES), self._sums(slot, version, FEW, MEASURES)]
            rows = self.connection.execute(union_all(*parts))
            known = {(cut, value): [int(n) for n in numbers] for cut, value, *numbers in rows}
            for fact in (*self._changed(slot), *self._rims(slot.rims)):
                if version in (None, fact.version):
                    for cut, key, places in cells(fact):
                        add(known.setdefault((cut, key), [0] * len(MEASURES)), places, fact.weight)
            self._known[interval, version] = known
        return known

    def _sums(self, slot: Whole, version: int | None, cuts: Sequence[Cut], measures: Sequence[str]) -> Any:
        """The sums of these cuts by value; 0 for what is not among `measures`."""
        sums = [func.sum(Rollup.__table__.c[name]) if name in measures else literal_column("0") for name in MEASURES]
        query = self._stored(select(Rollup.cut, Rollup.value, *sums), set(cuts) & set(self.cuts), version)
        return self._within(slot, query).group_by(Rollup.cut, Rollup.value)

    def _within(self, slot: Whole | None, query: Any) -> Any:
        """Of whole days, or with None of all time."""
        if slot is None:
            return query.where(Rollup.stretch >= HIGHEST)
        return query.where(Rollup.stretch.in_(list(cover(slot.first, slot.end))))

    def _over(self, slots: Sequence[Whole], filters: Filters) -> list[Numbers]:
        """One sum a stretch of time."""
        segment = facet(filters)
        at = {stretch: place for place, slot in enumerate(slots) for stretch in cover(slot.first, slot.end)}
        columns = (Rollup.stretch, Rollup.value, *(Rollup.__table__.c[name] for name in MEASURES))
        query = self._stored(select(*columns), (segment or "all",), filters.version)
        found = [[0] * len(MEASURES) for _ in slots]
        wanted = getattr(filters, segment) if segment else None
        if segment not in (None, "language"):
            query = query.where(Rollup.value == ("" if wanted == NAMELESS else counting.named(wanted)))
        for stretch, key, *numbers in self.connection.execute(query.where(Rollup.stretch.in_(list(at)))):
            if passes(filters, value_of(key)):
                place = at[stretch]
                found[place] = [a + b for a, b in zip(found[place], numbers, strict=True)]
        for place, fact in self._placed(slots):
            for cut, key, places in cells(fact):
                same = cut == (segment or "all") and passes(filters, value_of(key))
                if same and filters.version in (None, fact.version):
                    add(found[place], places, fact.weight)
        return found

    def _stored(self, query: Any, cuts: Iterable[Cut], version: int | None) -> Any:
        query = query.where(Rollup.survey_id == self.survey_id, Rollup.generation == self.generation)
        query = query.where(Rollup.cut.in_(list(cuts)))
        return query if version is None else query.where(Rollup.version == version)

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
        names = [getattr(Response, name) if name in self.cuts else null().label(name) for name in FACETS[:3]]
        within = (Response.created_at >= rim.start, Response.created_at < rim.end)
        query = select(Response.version_id, *names, face.label("face"), func.count().label("n"))
        query = query.where(Response.survey_id == self.survey_id, *within, COUNTED)
        columns = [name for name in names if name.key in self.cuts]
        for row in self.connection.execute(query.group_by(Response.version_id, *columns, "face")):
            about = (row.agent, row.team, row.channel)
            yield Fact(rim.start, self.versions[row.version_id], about, row.face, row.n)
