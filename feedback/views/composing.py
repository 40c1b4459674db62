"""What pages of results have in common: the period and the address that they are read from, and their parts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for

from accounts.workspace import Workspace
from base import clock
from base.errors import InvalidError
from feedback import detail, feed, ranging
from feedback.dashboard import Dashboard
from feedback.feed import Place
from feedback.forms.filtering import NAMED, NARROWING, SENTIMENTS, ResultsForm
from feedback.forms.naming import language_name
from feedback.ranging import BadRange, Range
from feedback.saved_view import SavedView
from feedback.tally import Filters
from feedback.tracked import TrackedProperty
from feedback.trait import Traits
from feedback.views.drawing import (
    bands_of,
    distribution_of,
    drivers_of,
    grid_of,
    trend_of,
    weekday_names,
)
from feedback.views.hourly import SPANS, Week, side_words
from feedback.views.theming import theme_names
from surveys.scale import SCALES

PAGE = 25

SAFE = "!$'()*,/:;?@"
"""What stands in an address as it is, beside letters and digits; the same as in all others."""


class Here:
    """The address of the page: called with changes, it says where they lead; None takes something away.

    A page has hundreds of links to itself, so what they have in common is looked up once.
    """

    def __init__(self, endpoint: str, **names: Any) -> None:
        self._path, self._kept = url_for(endpoint, **names), kept()

    def __call__(self, *, _anchor: str | None = None, **changes: Any) -> str:
        values = {name: value for name, value in (self._kept | changes).items() if value not in (None, "")}
        query = "?" + urlencode(values, safe=SAFE) if values else ""
        return self._path + query + (f"#{_anchor}" if _anchor else "")


@dataclass(frozen=True)
class Scene:
    """The numbers of one survey, or of several of one metric, in a period, narrowed by `facts`."""

    workspace: Workspace
    page: Dashboard
    period: Range
    form: ResultsForm
    facts: Filters
    survey_ids: Sequence[uuid.UUID]
    survey_id: uuid.UUID | None = None
    """The survey whose page it is; None on that of the workspace."""

    def context(self, query: feed.Query, here: Here) -> dict[str, Any]:
        """What the parts of the page are made of; `query` are the answers that it lists."""
        page, form = self.page, self.form
        tracked = TrackedProperty.of(self.workspace.id)
        traits = Traits.of(page.score.metric, self.survey_ids, tracked, page.recent, self.facts)
        window = feed.window(query, limit=PAGE, order=form.sequence, after=place_of("after"), before=place_of("before"))
        return {
            "form": form,
            "period": self.period,
            "page": page,
            "matching": page.score.n if query.filters == self.facts and not query.commented else feed.size(query),
            "window": window,
            "said": detail.of(window.entries, self.workspace.name) if form.about_answers else {},
            "scale": SCALES[page.score.metric],
            "sentiments": SENTIMENTS,
            "line": page.line,
            "bands": bands_of(page),
            "distribution": distribution_of(page),
            "side_words": side_words(),
            "weekdays": weekday_names(),
            "spans": SPANS,
            "trend": trend_of(page, lambda column: _days(here, column.first_day, column.last_day)),
            "week": Week.of(grid_of(self.survey_ids, page, self.facts, self.period.zone), here),
            "traits": traits,
            "drivers": drivers_of(page, self.facts, theme_names(), traits),
            "views": SavedView.all_of(self.workspace.id, self.survey_id),
            "here": here,
            "kept": kept,
            "narrowing": self._narrowing(),
            "language_name": language_name,
        }

    def _narrowing(self) -> dict[str, str]:
        """What goes along to pages of the same answers: a version only where the numbers are of one."""
        left_out = () if self.survey_id else ("version",)
        return {name: value for name, value in kept(*left_out).items() if name in NARROWING}


def place_of(name: str) -> Place | None:
    """The place in a list that the address names; a damaged one is the beginning."""
    text = request.args.get(name)
    try:
        return Place.read(text) if text else None
    except InvalidError:
        return None


def period_of(zone: str) -> tuple[Range, BadRange | None]:
    """The period asked for; one that makes no sense is told, and the usual one shown."""
    now = clock.now()
    try:
        return ranging.chosen(request.args, now, zone), None
    except BadRange as error:
        return ranging.chosen({}, now, zone), error


def kept(*names: str) -> dict[str, str]:
    """What the address says now, without `names` and without the place in the list."""
    return {name: request.args[name] for name in NAMED if name not in names and request.args.get(name)}


def _days(here: Here, first: date, last: date) -> str:
    changes = {"period": None, "by": None, "from": first.isoformat(), "to": last.isoformat(), "_anchor": "answers"}
    return here(**changes)
