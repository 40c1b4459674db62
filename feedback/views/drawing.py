"""The numbers of a results page as its charts draw them, labelled in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from babel import Locale, UnknownLocaleError
from flask_babel import format_date, get_locale

from feedback.charting import BandBar, Distribution, Reading, Trend, band_bar, distribution, trend
from feedback.dashboard import Dashboard
from feedback.plotting import place_in
from feedback.ranging import Bucket
from surveys.scale import SCALES
from surveys.versioning import Turn

FORMS = {"day": "d MMM", "week": "d MMM", "month": "MMM y"}


def trend_of(page: Dashboard, address: Callable[[Bucket], str]) -> Trend:
    """The score over time; each column leads to the `address` of its own days."""
    readings = [
        Reading(format_date(column.first_day, FORMS[page.by]), of.value, of.low, of.high, of.n, address(column))
        for column, of in page.trend
    ]
    return trend(readings, unit="nps" if page.score.metric == "nps" else "percent", zoom=True)


def marks_of(page: Dashboard, turns: Sequence[Turn]) -> list[tuple[Turn, float]]:
    """Where on the trend a version changed what is asked."""
    stretches = [(column.interval.start, column.interval.end) for column, _ in page.trend]
    places = [(turn, place_in(stretches, turn.at)) for turn in turns]
    return [(turn, place) for turn, place in places if place is not None]


def distribution_of(page: Dashboard) -> Distribution:
    """How many gave each score of the scale."""
    scale = SCALES[page.score.metric]
    return distribution(page.counts, {score: scale.band(score) for score in scale.values})


def bands_of(page: Dashboard) -> BandBar:
    return band_bar(page.score.bands)


def language_name(code: str | None) -> str | None:
    """A language as the reader calls it ("sl" → "Slovenian"); a code that nobody knows stays as it is."""
    if not code or code == "und":
        return None
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(get_locale()) or code
    except (UnknownLocaleError, ValueError):
        return code
