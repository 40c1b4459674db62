"""Counts of answers for pages, API and digests, read from roll-ups: what `tally` counts, without counting it anew.

A figure is the sum of few roll-ups (`spanning`), of what changed since they were made, and of the rows of those hours
that are no whole days. All three are read from one snapshot of the database, so it equals a count of the rows at that
moment. What roll-ups do not know (filters together, those by what was said) is counted from rows: in one look at them
by `census`, and by `tally` where times are told apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection

from feedback import counting, tally
from feedback.census import census
from feedback.counting import CUTS, EVERY, MEASURES, SCORES, Cells, Cut, Numbers, value_of
from feedback.ledger import Ledger
from feedback.reach import Reach, only_said
from feedback.snapshot import snapshot
from feedback.tally import EVERYTHING, Counts, Filters, Segment, facet, passes
from feedback.zoning import Interval

MOST_RIMS = 4
"""Parts of days that are counted from rows; with more, the days of roll-ups are not those that are asked for."""


@dataclass
class Figures:
    """The numbers of one survey at one moment. Use `of`; the numbers are only good inside it."""

    ledger: Ledger
    _cells: dict[tuple[Interval, Filters], Cells] = field(default_factory=dict)
    _sums: dict[tuple[Interval, Filters], Numbers] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def of(cls, survey_id: uuid.UUID, *, cuts: Sequence[Cut] = CUTS) -> Iterator[Figures]:
        with snapshot() as connection:
            yield cls(replace(Ledger.read(survey_id, connection), cuts=cuts))

    @classmethod
    def read(cls, survey_id: uuid.UUID, connection: Connection) -> Figures:
        return cls(Ledger.read(survey_id, connection))

    def counts(self, interval: Interval, filters: Filters = EVERYTHING) -> Counts:
        """How many counted responses first came in `interval` with each score."""
        return self.counts_over([interval.start, interval.end], filters)[0]

    def counts_over(self, edges: Sequence[datetime], filters: Filters = EVERYTHING) -> list[Counts]:
        """The same apart for each stretch of time from one of the rising `edges` up to, and without, the next."""
        slots = [self.ledger.slot(Interval(*pair)) for pair in pairwise(edges)]
        if not self.ledger.knows(filters) or sum(len(slot.rims) for slot in slots) > MOST_RIMS:
            return tally.counts_over(self.ledger.survey_id, edges, filters)
        return [counting.scores_of(numbers) for numbers in self.ledger.over(slots, filters, SCORES)]

    def counts_by(
        self, segment: Segment, interval: Interval, filters: Filters = EVERYTHING
    ) -> dict[str | None, Counts]:
        """The same apart for each agent, team, channel or language; None where the response has none."""
        others = replace(filters, **{segment: None})
        summed = self._sums_up(others)
        known = self._all(interval, others if summed else filters)
        found = {value_of(key): counting.scores_of(numbers) for (cut, key), numbers in known.items() if cut == segment}
        return {name: of for name, of in found.items() if of and (not summed or passes(filters, name))}

    def counts_by_version(self, interval: Interval | None = None) -> dict[int, Counts]:
        """How many counted responses to each version gave each score, of any time or first come in it."""
        if self.ledger.changes is None:
            return tally.counts_by_version(self.ledger.survey_id, interval)
        found = {version: counting.scores_of(numbers) for version, numbers in self.ledger.by_version(interval).items()}
        return {version: counts for version, counts in found.items() if counts}

    def sentiments(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, int]:
        """How many comments have each label; "unscored": read and left without one, "unread": not read yet."""
        return counting.kinds_of(self._whole(interval, filters))

    def themes(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, tuple[int, int, int]]:
        """Of how many comments each theme is spoken, and in how many of them rather badly and rather well."""
        known = self._all(interval, filters).items()
        of_theme = {str(value_of(key)): counting.spoken_of(numbers) for (cut, key), numbers in known if cut == "theme"}
        return {theme: said for theme, said in of_theme.items() if said[0]}

    def theme_counts(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, Counts]:
        """How often each score was given with a comment that speaks of each theme."""
        known = {key: of for (cut, key), of in self._all(interval, filters).items() if cut == "theme"}
        return {str(value_of(key)): counts for key, of in known.items() if (counts := counting.scores_of(of))}

    def beside(self, interval: Interval, filters: Filters = EVERYTHING) -> int:
        """How many came to no mail that we could name."""
        return counting.beside(self._whole(interval, filters))

    def reach(self, interval: Interval, filters: Filters = EVERYTHING) -> Reach:
        """How far those came who were asked in an interval; see `Reach`."""
        beside = self.beside(interval, filters)
        if not self.ledger.knows_reach(interval, filters):
            return Reach.of(self.ledger.survey_id, interval, filters, beside=beside)
        asked, sent, clicked, answered, commented = self.ledger.reach(interval, filters)
        if filters.language is not None:  # which only those have who answered
            asked, sent, clicked, *_ = self.ledger.reach(interval, replace(filters, language=None))
        return Reach(asked, sent, clicked, answered, commented, beside, only_said(filters))

    def _sums_up(self, filters: Filters) -> bool:
        """Whether roll-ups tell everything at once."""
        return self.ledger.knows(filters) and facet(filters) is None

    def _whole(self, interval: Interval, filters: Filters) -> Numbers:
        """The sum over an interval of everything that passes."""
        if facet(filters) is None or not self.ledger.knows(filters):
            return self._all(interval, filters).get(EVERY, [0] * len(MEASURES))
        known = self._sums.get((interval, filters))
        if known is None:
            [known] = self.ledger.over([self.ledger.slot(interval)], filters)
            self._sums[interval, filters] = known
        return known

    def _all(self, interval: Interval, filters: Filters) -> Cells:
        """Everything that is known of an interval, read once."""
        known = self._cells.get((interval, filters))
        if known is None:
            if self._sums_up(filters):
                known = self.ledger.cells(interval, filters.version)
            else:
                about = (self.ledger.survey_id, interval, filters, self.ledger.cuts)
                known = census(self.ledger.connection, *about)
            self._cells[interval, filters] = known
        return known
