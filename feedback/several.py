"""The numbers of several surveys at one moment, added up: what a page of the workspace says."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from feedback.figure import Figures
from feedback.reach import Reach
from feedback.snapshot import snapshot
from feedback.tally import EVERYTHING, Counts, Filters, Segment
from feedback.zoning import Interval


@dataclass(frozen=True)
class Several:
    """Asked like `Figures` is; every number is the sum of theirs. Use `of`; good only inside it."""

    members: Sequence[Figures]

    @classmethod
    @contextmanager
    def of(cls, survey_ids: Collection[uuid.UUID]) -> Iterator[Several]:
        with snapshot() as connection:
            yield cls([Figures.read(survey_id, connection) for survey_id in survey_ids])

    def only(self, survey_ids: Collection[uuid.UUID]) -> Several:
        """The same moment, of some of them."""
        return Several([member for member in self.members if member.ledger.survey_id in survey_ids])

    def counts_over(self, edges: Sequence[datetime], filters: Filters = EVERYTHING) -> list[Counts]:
        found: list[Counts] = [{} for _ in edges[1:]]
        for member in self.members:
            for into, of in zip(found, member.counts_over(edges, filters), strict=True):
                _add(into, of)
        return found

    def counts_by(
        self, segment: Segment, interval: Interval, filters: Filters = EVERYTHING
    ) -> dict[str | None, Counts]:
        found: dict[str | None, Counts] = {}
        for member in self.members:
            for name, of in member.counts_by(segment, interval, filters).items():
                _add(found.setdefault(name, {}), of)
        return found

    def counts_by_version(self, interval: Interval | None = None) -> dict[int, Counts]:  # noqa: ARG002 - as `Figures` is asked
        """Versions of two surveys have nothing in common."""
        return {}

    def sentiments(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, int]:
        found: dict[str, int] = {}
        for member in self.members:
            for kind, n in member.sentiments(interval, filters).items():
                found[kind] = found.get(kind, 0) + n
        return found

    def themes(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, tuple[int, int, int]]:
        found: dict[str, tuple[int, int, int]] = {}
        for member in self.members:
            for theme, (n, bad, good) in member.themes(interval, filters).items():
                known = found.get(theme, (0, 0, 0))
                found[theme] = (known[0] + n, known[1] + bad, known[2] + good)
        return found

    def theme_counts(self, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, Counts]:
        found: dict[str, Counts] = {}
        for member in self.members:
            for theme, of in member.theme_counts(interval, filters).items():
                _add(found.setdefault(theme, {}), of)
        return found

    def reach(self, interval: Interval, filters: Filters = EVERYTHING) -> Reach:
        each = [member.reach(interval, filters) for member in self.members]

        def total(of: Callable[[Reach], int]) -> int:
            return sum(of(one) for one in each)

        return Reach(
            asked=total(lambda one: one.asked),
            sent=total(lambda one: one.sent),
            clicked=total(lambda one: one.clicked),
            answered=total(lambda one: one.answered),
            commented=total(lambda one: one.commented),
            beside=total(lambda one: one.beside),
            wider=next((one.wider for one in each if one.wider), None),
        )


def _add(into: Counts, of: Counts) -> None:
    for score, n in of.items():
        into[score] = into.get(score, 0) + n
