"""Geometry of the charts: values in, points and paths out; the templates only print what stands here.

Horizontal positions are per cent of the plot's width (0 left, 100 right) so that a chart stretches without
stretching its words; paths, which know no per cent, use 0…1000 instead. Vertical positions are CSS pixels from
the plot's top. Axes are honest: a score starts at the ends of its scale unless a zoom is asked for, and then
`Axis.zoomed` is true and the page says so; counts always start at nought.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["nps", "percent"]
Band: TypeAlias = Literal["detractor", "passive", "promoter"]

FEW = 10
BANDS: tuple[Band, ...] = ("detractor", "passive", "promoter")
LIMITS: dict[Unit, tuple[float, float]] = {"nps": (-100.0, 100.0), "percent": (0.0, 100.0)}
PLOT_HEIGHT = 200.0
BARS_HEIGHT = 36.0
PATH_WIDTH = 1000.0
LABELS_WIDE = 8
LABELS_NARROW = 4
DOTS_AT_MOST = 31


@dataclass(frozen=True, slots=True)
class Reading:
    """One period as it was measured. `value` is None when nobody answered; `low`/`high` end its interval.

    `href` leads to what is behind it.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    value: float
    y: float


@dataclass(frozen=True, slots=True)
class Axis:
    low: float
    high: float
    ticks: tuple[Tick, ...]
    zoomed: bool

    def y(self, value: float, height: float = PLOT_HEIGHT) -> float:
        """Pixels from the top of the plot; values beyond the ends stop at the ends."""
        inside = min(max(value, self.low), self.high)
        return _round((self.high - inside) / (self.high - self.low) * height)


@dataclass(frozen=True, slots=True)
class Point:
    """A reading with its place. `label_shown` is "always", "wide" (only where there is room) or "never"."""

    reading: Reading
    x: float
    y: float | None
    bar_x: float
    bar_width: float
    bar_y: float
    bar_height: float
    slot_x: float
    slot_width: float
    label_shown: Literal["always", "wide", "never"]
    few: bool


@dataclass(frozen=True, slots=True)
class Trend:
    unit: Unit
    axis: Axis
    points: tuple[Point, ...]
    line: str
    band: str
    most: int
    height: float = PLOT_HEIGHT
    bars_height: float = BARS_HEIGHT
    path_width: float = PATH_WIDTH

    @property
    def last(self) -> Point | None:
        """The newest point that has a value: the one that carries a direct label."""
        return next((point for point in reversed(self.points) if point.y is not None), None)

    @property
    def dotted(self) -> bool:
        """Whether each point gets a dot; beyond a month of days dots would hide the line."""
        return len(self.points) <= DOTS_AT_MOST


@dataclass(frozen=True, slots=True)
class Column:
    """How many gave one score. `share` is per cent of all answers."""

    score: int
    count: int
    share: float
    band: Band
    x: float
    width: float
    middle: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Distribution:
    columns: tuple[Column, ...]
    total: int
    few: bool
    height: float


@dataclass(frozen=True, slots=True)
class Segment:
    band: Band
    count: int
    share: float
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class BandBar:
    segments: tuple[Segment, ...]
    total: int
    few: bool


def trend(readings: Sequence[Reading], *, unit: Unit, zoom: bool = False) -> Trend:
    """The line of a score over equal periods, oldest first, with its interval band and n as small bars.

    A period without answers breaks the line. `unit` is "nps" (points, −100…100) or "percent" (0…100).
    """
    axis = axis_for(readings, unit=unit, zoom=zoom)
    most = max((reading.n for reading in readings), default=0)
    points = tuple(
        _point(reading, place=(i, len(readings)), axis=axis, most=most) for i, reading in enumerate(readings)
    )
    runs = list(_runs(points))
    return Trend(
        unit=unit,
        axis=axis,
        points=points,
        line=" ".join(_line(run) for run in runs),
        band=" ".join(_band(run, axis) for run in runs if len(run) > 1),
        most=most,
    )


def axis_for(readings: Iterable[Reading], *, unit: Unit, zoom: bool = False) -> Axis:
    """The whole scale, or with `zoom` the round bounds nearest around every interval, when that is narrower."""
    low, high = LIMITS[unit]
    step = (high - low) / 4
    ends = [end for r in readings for end in (r.value, r.low, r.high) if end is not None]
    zoomed = False
    if zoom and ends:
        near_step = _round_step((max(ends) - min(ends)) / 4)
        near_low = max(low, math.floor(min(ends) / near_step) * near_step)
        near_high = min(high, math.ceil(max(ends) / near_step) * near_step)
        if 0 < near_high - near_low < (high - low) * 0.75:
            low, high, step, zoomed = near_low, near_high, near_step, True
    values = [low + step * i for i in range(int((high - low) / step + 1e-9) + 1)]
    bare = Axis(low, high, (), zoomed)
    return Axis(low, high, tuple(Tick(value, bare.y(value)) for value in values), zoomed)


def distribution(counts: Mapping[int, int], bands: Mapping[int, Band], *, height: float = 120.0) -> Distribution:
    """A column a score, from nought, the tallest filling `height` pixels. `bands` names every score of the scale."""
    total = sum(counts.get(score, 0) for score in bands)
    most = max((counts.get(score, 0) for score in bands), default=0)
    slot = 100 / len(bands) if bands else 100.0
    columns = []
    for i, (score, band) in enumerate(sorted(bands.items())):
        count = counts.get(score, 0)
        tall = _round(max(count / most * height, 2.0)) if count else 0.0
        columns.append(
            Column(
                score=score,
                count=count,
                share=_round(100 * count / total) if total else 0.0,
                band=band,
                x=_round(slot * (i + 0.11)),
                width=_round(slot * 0.78),
                middle=_round(slot * (i + 0.5)),
                y=_round(height - tall),
                height=tall,
            )
        )
    return Distribution(tuple(columns), total, total < FEW, height)


def band_bar(counts: Mapping[Band, int], *, gap: float = 0.8) -> BandBar:
    """One thin bar cut in detractors, passives and promoters, in this order; `gap` per cent between the parts."""
    total = sum(counts.get(band, 0) for band in BANDS)
    present = [band for band in BANDS if counts.get(band, 0) > 0]
    room = 100 - gap * max(len(present) - 1, 0)
    segments, x = [], 0.0
    for band in present:
        count = counts[band]
        width = room * count / total
        segments.append(Segment(band, count, _round(100 * count / total), _round(x), _round(width)))
        x += width + gap
    return BandBar(tuple(segments), total, total < FEW)


def _point(reading: Reading, *, place: tuple[int, int], axis: Axis, most: int) -> Point:
    index, number = place
    slot = 100 / number
    tall = _round(max(reading.n / most * BARS_HEIGHT, 1.5)) if reading.n else 0.0
    return Point(
        reading=reading,
        x=_round(slot * (index + 0.5)),
        y=None if reading.value is None else axis.y(reading.value),
        bar_x=_round(slot * (index + 0.25)),
        bar_width=_round(slot * 0.5),
        bar_y=_round(BARS_HEIGHT - tall),
        bar_height=tall,
        slot_x=_round(slot * index),
        slot_width=_round(slot),
        label_shown=_label_shown(number - 1 - index, number),
        few=reading.n < FEW,
    )


def _label_shown(from_end: int, number: int) -> Literal["always", "wide", "never"]:
    every = math.ceil(number / LABELS_WIDE)
    if from_end % every:
        return "never"
    return (
        "wide" if (from_end // every) % math.ceil(LABELS_WIDE / LABELS_NARROW) and number > LABELS_NARROW else "always"
    )


def _runs(points: Sequence[Point]) -> Iterable[list[Point]]:
    run: list[Point] = []
    for point in points:
        if point.y is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _line(run: Sequence[Point]) -> str:
    return "M" + " L".join(f"{_round(point.x * PATH_WIDTH / 100):g} {point.y:g}" for point in run)


def _band(run: Sequence[Point], axis: Axis) -> str:
    def corner(point: Point, end: float | None) -> str:
        y = point.y if end is None else axis.y(end)
        return f"{_round(point.x * PATH_WIDTH / 100):g} {y:g}"

    upper = [corner(point, point.reading.high) for point in run]
    lower = [corner(point, point.reading.low) for point in reversed(run)]
    return "M" + " L".join(upper + lower) + " Z"


def _round_step(rough: float) -> float:
    """The nearest step of 1, 2, 5 times a power of ten that is not smaller than `rough`, at least 1."""
    power = 10 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    steps = [power * factor for factor in (1, 2, 5, 10)]
    for smaller, step in pairwise([0.0, *steps]):
        if smaller < rough <= step:
            return max(step, 1.0)
    return 1.0


def _round(value: float) -> float:
    return round(value, 2)
