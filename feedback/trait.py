"""What a page compares by the properties that its workspace chose: by values, ranked, and numbers by quarters."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from feedback.quartering import Quarters, quarters
from feedback.ranking import Ranked, ranked
from feedback.tally import Filters
from feedback.tracked import counts_by_value
from feedback.zoning import Interval

MOST_VALUES = 100
"""Values of a property that a page ranks: those with the most answers."""


@dataclass(frozen=True)
class Trait:
    """A property by its values. `more` have fewer answers than those that are ranked."""

    name: str
    rows: list[Ranked]
    more: int


@dataclass(frozen=True)
class Measure:
    """A number by its quarters."""

    name: str
    quarters: Quarters


@dataclass(frozen=True)
class Traits:
    """All that were chosen and that answers have."""

    grouped: list[Trait]
    measured: list[Measure]

    @classmethod
    def of(
        cls,
        metric: str,
        survey_ids: Collection[uuid.UUID],
        tracked: Mapping[str, bool],
        interval: Interval,
        filters: Filters,
    ) -> Traits:
        """All values of a property are compared, even when one of them is chosen. One look at the rows a property."""
        grouped, measured = [], []
        numbers = sum(tracked.values())
        for name, numeric in tracked.items():
            others = filters
            if filters.trait == name:
                others = replace(filters, trait=None, equals=None, least=None, most=None)
            most = None if numeric else MOST_VALUES
            found = counts_by_value(survey_ids, name, interval, others, most=most)
            if not any(value is not None for value in found.counts):
                continue
            if numeric:
                measured.append(Measure(name, quarters(metric, found.counts, comparisons=numbers)))
            else:
                rows = ranked(metric, found.counts)
                shown = sum(row.name is not None for row in rows)
                grouped.append(Trait(name, rows, found.values - shown))
        return cls(grouped, measured)
