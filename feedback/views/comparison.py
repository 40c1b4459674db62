"""Two versions of a survey side by side: their scores, whether they differ, and what changed in words."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from feedback import metric
from feedback.averaging import mean_answer
from feedback.figure import Figures
from surveys import versioning, wording
from surveys.forms.changes import told
from surveys.merging import NOBODY
from surveys.scale import SCALES
from surveys.survey import Survey
from surveys.version import Version

bp = Blueprint("comparison", __name__)


@bp.get("/w/<workspace>/surveys/<slug>/results/compare")
@requires("results.view")
def show(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    versions = Version.all_of(survey.id)
    older, newer = _pair(versions)
    with Figures.of(survey.id) as figures:
        counts = figures.counts_by_version()
    scores = {version.number: metric.score(version.metric, counts.get(version.number, {})) for version in versions}
    words = {
        version.number: wording.named(
            wording.effective(version.document, version.document["default_locale"]), workspace.name, NOBODY
        )
        for version in (older, newer)
        if version
    }
    return render_template(
        "feedback/compare.html",
        survey=survey,
        versions=versions,
        older=older,
        newer=newer,
        scores=scores,
        words=words,
        mean=mean_answer(survey.metric, counts.get(newer.number, {})) if newer else None,
        change=metric.change(scores[newer.number], scores[older.number]) if older and newer else None,
        changes=told(older.document, newer.document) if older and newer else [],
        shifts=versioning.shifts(older.document, newer.document) if older and newer else (),
        scale=SCALES[survey.metric],
        direction=wording.direction,
    )


def _pair(versions: list[Version]) -> tuple[Version | None, Version | None]:
    """The two that the address names, the older first; else the newest two."""
    if len(versions) < 2:
        return None, None
    by_number = {version.number: version for version in versions}
    named = {request.args.get(name, type=int) for name in ("a", "b")}
    chosen = sorted(number for number in named if number in by_number)
    if len(chosen) == 2:
        return by_number[chosen[0]], by_number[chosen[1]]
    return versions[1], versions[0]
