"""From draft to customers: what would change, the versions so far, a test mail, closing and opening again."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import ConflictError
from surveys import wording
from surveys.checking import findings
from surveys.forms import changes
from surveys.forms.gathering import lines
from surveys.forms.publishing import RevisionForm
from surveys.scale import SCALES
from surveys.survey import Survey
from surveys.version import Version
from surveys.wording import Document

bp = Blueprint("publishing", __name__)


@bp.get("/w/<workspace>/surveys/<slug>/publish")
@requires("surveys.publish")
def review(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    newest = Version.newest(survey.id)
    return render_template(
        "surveys/publish.html",
        survey=survey,
        findings=lines(findings(survey.draft), survey.draft),
        changes=_changes(newest.document if newest else None, survey.draft),
        scale=SCALES[survey.draft["metric"]],
        direction=wording.direction,
        words=wording.named(wording.effective(survey.draft, survey.draft["default_locale"]), workspace.name),
        form=RevisionForm(revision=survey.draft_revision),
    )


@bp.post("/w/<workspace>/surveys/<slug>/publish")
@requires("surveys.publish")
def publish(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    form = RevisionForm()
    with transaction():
        survey = Survey.of(workspace.id, slug)
        if not form.validate() or form.revision.data != survey.draft_revision:
            flash(_("The draft changed while you looked at it. Look again, then publish."), "warning")
            return redirect(url_for(".review", workspace=workspace.slug, slug=slug), 303)
        if any(finding.stops for finding in findings(survey.draft)):
            raise ConflictError(_("Something on the checklist must be put right first."))
        if not survey.has_edits:
            raise ConflictError(_("This draft is published already."))
        number = survey.publish(at=clock.now(), by=g.user.id).number
    flash(_("Version %(number)s is live.", number=number), "success")
    return redirect(url_for("surveys.overview", workspace=workspace.slug, slug=slug), 303)


@bp.post("/w/<workspace>/surveys/<slug>/close")
@requires("surveys.close")
def close(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    with transaction():
        Survey.of(workspace.id, slug).close(at=clock.now(), by=g.user.id)
    flash(_("The survey is closed. Nobody can answer it, and nothing more is sent."), "success")
    return redirect(url_for("surveys.overview", workspace=workspace.slug, slug=slug), 303)


@bp.post("/w/<workspace>/surveys/<slug>/reopen")
@requires("surveys.close")
def reopen(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    with transaction():
        Survey.of(workspace.id, slug).reopen(at=clock.now(), by=g.user.id)
    flash(_("The survey takes answers again."), "success")
    return redirect(url_for("surveys.overview", workspace=workspace.slug, slug=slug), 303)


def _changes(before: Document | None, after: Document) -> list[changes.Told] | None:
    """What differs, in words; None when there is nothing to compare with."""
    return None if before is None else changes.told(before, after)
