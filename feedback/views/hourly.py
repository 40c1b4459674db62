"""The week of a results page, hour by hour: what each hour is told as, once for the grid and the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from flask_babel import gettext, ngettext

from base.numerals import metric_unit, num, numberformat, spread
from feedback.heating import Cell, Grid

SPANS = tuple(f"{hour:02d}–{hour + 1:02d}" for hour in range(24))


@dataclass(frozen=True, slots=True)
class Hour:
    """One cell: where it leads and what it is told as; `look` are the classes that it is drawn with."""

    cell: Cell
    look: str
    href: str
    told: str

    @property
    def n(self) -> int:
        return self.cell.score.n


@dataclass(frozen=True, slots=True)
class Week:
    """The hours by weekday; `n` answers are in it."""

    days: tuple[tuple[Hour, ...], ...]
    n: int

    @classmethod
    def of(cls, grid: Grid, here: Callable[..., str]) -> Self:
        words = side_words()
        return cls(tuple(tuple(_hour(cell, here, words) for cell in day) for day in grid.days), grid.n)

    @property
    def hours(self) -> list[int]:
        """Those in which anybody answered."""
        return [hour for hour in range(24) if any(day[hour].n for day in self.days)]


def side_words() -> dict[str, str]:
    """How an hour stands to the others, in words."""
    return {
        "above": gettext("clearly above the other hours"),
        "below": gettext("clearly below the other hours"),
        "same": gettext("no clear difference"),
        "few": gettext("too few"),
    }


def _hour(cell: Cell, here: Callable[..., str], words: dict[str, str]) -> Hour:
    of = cell.score
    if of.value is None or of.margin is None:
        return Hour(cell, "heat-none", "", "")
    look = f"heat-{cell.side}"
    if cell.tint:
        look += f" heat-{'good' if cell.better else 'bad'} heat-{cell.tint}"
    unit = metric_unit(of.metric)
    answers = ngettext("%(count)s answer", "%(count)s answers", of.n, count=numberformat(of.n))
    told = f"{num(of.value, unit)} {spread(of.value, of.margin, of.low, of.high, unit)}, {answers} · {words[cell.side]}"
    return Hour(cell, look, here(weekday=cell.weekday, hour=cell.hour, _anchor="answers"), told)
