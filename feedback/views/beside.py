"""Two periods or two groups of one survey side by side, and whether their scores differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from feedback import metric, ranging
from feedback.charting import BandBar, band_bar
from feedback.figure import Figures
from feedback.forms.filtering import NOBODY
from feedback.forms.naming import language_name
from feedback.metric import Score
from feedback.ranging import BadRange, Range
from feedback.ranking import leading
from feedback.tally import FACETS, NAMELESS, Filters
from feedback.zoning import Interval
from surveys.scale import SCALES
from surveys.survey import Survey

bp = Blueprint("beside", __name__)

OFFERED = 50
"""Agents (teams, …) that can be chosen from: those with the most answers in either period."""


@dataclass(frozen=True)
class Side:
    """One of the two: local days, and of whom."""

    key: str
    period: Range
    kind: str | None
    name: str | None

    @property
    def filters(self) -> Filters:
        chosen: dict[str, Any] = {self.kind: NAMELESS if self.name == NOBODY else self.name} if self.kind else {}
        return Filters(**chosen)

    @property
    def whom(self) -> str:
        return f"{self.kind}:{self.name}" if self.kind else ""


@dataclass(frozen=True)
class Shown:
    """A side with its numbers, and the page of results that they lead to."""

    side: Side
    score: Score
    bands: BandBar
    href: str


@bp.get("/w/<workspace>/surveys/<slug>/results/beside")
@requires("results.view")
def show(workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    usual = ranging.chosen({}, clock.now(), workspace.zone)
    before = ranging.between(usual.previous_first_day, usual.previous_last_day, workspace.zone)
    (one, wrong), (two, wrong_too) = _side("a", before), _side("b", usual)
    with Figures.of(survey.id) as figures:
        sides = [_shown(side, figures, workspace, survey) for side in (one, two)]
        shared = _shared(one, two, figures)
        choices = _choices(figures, one, two)
    return render_template(
        "feedback/beside.html",
        survey=survey,
        sides=sides,
        change=metric.change(sides[1].score, sides[0].score),
        shared=shared,
        choices=choices,
        problem=wrong or wrong_too,
        scale=SCALES[survey.metric],
        language_name=language_name,
    )


def _side(key: str, usual: Range) -> tuple[Side, BadRange | None]:
    """What the address says of a side; days that make no sense are told, and the usual ones taken."""
    days = {name: request.args.get(f"{key}_{name}", "") for name in ("from", "to")}
    period, problem = usual, None
    if any(days.values()):
        try:
            period = ranging.chosen({"period": "custom", **days}, clock.now(), usual.zone)
        except BadRange as error:
            problem = error
    kind, _, name = request.args.get(f"{key}_whom", "").partition(":")
    known = kind in FACETS and 0 < len(name) <= 120
    return Side(key, period, kind if known else None, name if known else None), problem


def _shown(side: Side, figures: Figures, workspace: Workspace, survey: Survey) -> Shown:
    score = metric.score(survey.metric, figures.counts(side.period.interval, side.filters))
    days: dict[str, Any] = {"from": side.period.first_day.isoformat(), "to": side.period.last_day.isoformat()}
    whom: dict[str, Any] = {side.kind: side.name} if side.kind else {}
    href = url_for("results.show", workspace=workspace.slug, slug=survey.slug, **days, **whom)
    return Shown(side, score, band_bar(score.bands), href)


def _shared(one: Side, two: Side, figures: Figures) -> int:
    """How many answers are on both sides, which makes the two less different than they are."""
    start = max(one.period.interval.start, two.period.interval.start)
    end = min(one.period.interval.end, two.period.interval.end)
    if start >= end or (one.kind == two.kind and one.name != two.name):
        return 0
    narrowed = {field.name: getattr(one.filters, field.name) for field in fields(Filters)}
    both = replace(two.filters, **{name: value for name, value in narrowed.items() if value is not None})
    return sum(figures.counts(Interval(start, end), both).values())


def _choices(figures: Figures, one: Side, two: Side) -> Mapping[str, list[str]]:
    """Who can be chosen, by kind."""
    found: dict[str, list[str]] = {}
    for kind in FACETS:
        counts: dict[str | None, dict[int, int]] = {}
        for side in (one, two):
            for name, of in figures.counts_by(kind, side.period.interval).items():
                if name not in (None, "", "und"):
                    cell = counts.setdefault(name.split("-")[0] if kind == "language" and name else name, {})
                    cell[0] = cell.get(0, 0) + sum(of.values())
        names = [name for name in leading(counts, most=OFFERED) if name is not None]
        names += [str(side.name) for side in (one, two) if side.kind == kind and side.name not in names]
        found[kind] = sorted(dict.fromkeys(names))
    return found
