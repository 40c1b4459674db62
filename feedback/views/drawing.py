"""The numbers of a results page as its charts draw them, labelled in the reader's language."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from flask_babel import format_date, get_locale

from feedback.charting import BandBar, Distribution, Reading, Trend, band_bar, distribution, trend
from feedback.clockwork import counts_by_hour
from feedback.dashboard import MOST_ROWS, Dashboard
from feedback.driving import Bands, Drivers, drivers
from feedback.heating import Grid, grid, whole_hours
from feedback.metric import score
from feedback.milestone import Milestone
from feedback.plotting import place_in
from feedback.ranging import Bucket
from feedback.tally import Filters
from feedback.trait import Traits
from feedback.zoning import local_date
from surveys.scale import SCALES

APART = 14.0
"""Per cent of the width that the name of a mark takes."""

FORMS = {"day": "d MMM", "week": "d MMM", "month": "MMM y"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A change on the trend, in per cent of its width."""

    stone: Milestone
    x: float
    named: bool


def trend_of(page: Dashboard, address: Callable[[Bucket], str]) -> Trend:
    """The score over time; each column leads to the `address` of its own days."""
    readings = [
        Reading(format_date(column.first_day, FORMS[page.by]), of.value, of.low, of.high, of.n, address(column))
        for column, of in page.trend
    ]
    return trend(readings, unit="nps" if page.score.metric == "nps" else "percent", zoom=True)


def marks_of(page: Dashboard, stones: Sequence[Milestone]) -> list[Mark]:
    """Where on the trend something changed; only what has room beside those before it carries its name."""
    stretches = [(column.interval.start, column.interval.end) for column, _ in page.trend]
    found: list[Mark] = []
    taken = -APART
    for stone in stones:
        place = place_in(stretches, stone.at)
        if place is not None:
            found.append(Mark(stone, place, place >= taken + APART))
            taken = place if found[-1].named else taken
    return found


def grid_of(survey_ids: Collection[uuid.UUID], page: Dashboard, filters: Filters, zone: str) -> Grid:
    """The answers of the newest days by weekday and hour."""
    first, last = local_date(page.recent.start, zone), local_date(page.recent.end, zone)
    minutes = not whole_hours(zone, first, last)
    return grid(page.score.metric, counts_by_hour(survey_ids, page.recent, filters, minutes=minutes), zone)


def drivers_of(page: Dashboard, filters: Filters, themes: Collection[str], traits: Traits) -> Drivers[tuple[str, str]]:
    """What drives the score, by kind and name: what is filtered by is no driver, for all answers have it.

    The kind of a property's value is its name behind a "=". Where only the newest days were looked at, there are none.
    """
    metric = page.score.metric
    groups: dict[tuple[str, str], Bands] = {}
    for segment, rows in page.segments.items():
        if getattr(filters, segment) is None:
            groups |= {(segment, row.name): row.score.bands for row in rows if row.name is not None}
    if sum(page.counts.values()) <= MOST_ROWS:
        for trait in traits.grouped:
            if trait.name != filters.trait:
                rows = [row for row in trait.rows if row.name is not None]
                groups |= {(f"={trait.name}", str(row.name)): row.score.bands for row in rows}
    groups |= {("theme", name): score(metric, of).bands for name, of in page.theme_counts.items() if name in themes}
    return drivers(metric, page.score.bands, groups)


def weekday_names() -> list[tuple[str, str]]:
    """Monday to Sunday as the reader calls them, in short and in full."""
    names = get_locale().days["stand-alone"]
    return [(names["abbreviated"][day], names["wide"][day]) for day in range(7)]


def distribution_of(page: Dashboard) -> Distribution:
    """How many gave each score of the scale."""
    scale = SCALES[page.score.metric]
    return distribution(page.counts, {score: scale.band(score) for score in scale.values})


def bands_of(page: Dashboard) -> BandBar:
    return band_bar(page.score.bands)
