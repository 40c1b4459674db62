"""What roll-ups do not count yet, put together as they are: by day, version, cut and value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from feedback.counting import MEASURES, REACH, Fact, cells, reached, stepped
from feedback.spanning import Sums


class Surplus:
    """Changes of the cells of a survey, in days of a zone."""

    def __init__(self, zone: str, versions: Mapping[Any, int]) -> None:
        self._versions = versions
        self.cells, self.reach = Sums(zone, len(MEASURES)), Sums(zone, len(REACH))

    def take(self, facts: Iterable[Fact]) -> None:
        """Responses, as they count now and did before."""
        for fact in facts:
            self.cells.add(fact.at, fact.version, cells(fact), fact.weight)
            if fact.asked is not None:
                self.reach.add(fact.asked, fact.version, reached(fact), fact.weight)

    def take_asked(self, rows: Iterable[Sequence[Any]]) -> None:
        """What became of invitations: rows of an id, when it was made, its version, steps, weight, and names."""
        steps: defaultdict[Any, int] = defaultdict(int)
        for row in rows:  # most take back what one before them said, and many of a day are alike
            at, version, so_far, weight, agent, team, channel = row[1:8]
            steps[self.reach.day(at), version, (agent, team, channel), so_far] += weight
        for (day, version, names, so_far), weight in steps.items():
            if weight:
                self.reach.add_on(day, self._versions[version], stepped(names, so_far), weight)
