"""Which surveys open cases, whose they are, until when, how they end, and whether the person is asked again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.clock import zones
from base.db import db, transaction
from feedback.case_owner import CaseLead, CaseTurn, workers
from feedback.case_reason import USUAL, CaseReason
from feedback.case_rule import CaseRule, CaseSurvey, asking_others
from feedback.casework import can_ask
from feedback.forms.following import RulingForm, data_of
from feedback.response import Response
from surveys.survey import Survey

bp = Blueprint("following", __name__)

LOOKED_AT = 2_000
"""Newest answers in which teams are looked for that could have a lead."""


@bp.get("/w/<workspace>/cases/rules")
@requires("cases.rules")
def show(workspace: Workspace) -> ResponseReturnValue:
    rule = CaseRule.of(workspace)
    data = data_of(rule) | {
        "surveys": [str(ident) for ident in CaseSurvey.all_of(workspace.id)],
        "leads": CaseLead.all_of(workspace.id),
        "turns": [str(ident) for ident in CaseTurn.all_of(workspace.id)],
        "reasons": "\n".join([one.name for one in CaseReason.all_of(workspace.id)] or [_(name) for name in USUAL]),
    }
    return _page(workspace, _form(workspace, _teams(workspace), **data)), 200


@bp.post("/w/<workspace>/cases/rules")
@requires("cases.rules")
def decide(workspace: Workspace) -> ResponseReturnValue:
    form = _form(workspace)
    if not form.validate():
        return _page(workspace, form), 422
    with transaction():
        CaseRule.decide(workspace, form.ruling(), at=clock.now(), by=g.user.id)
    flash(_("Saved. It holds for answers that come from now on."), "success")
    return redirect(url_for("cases.index", workspace=workspace.slug), 303)


def _form(workspace: Workspace, teams: Sequence[str] = (), **data: Any) -> RulingForm:
    able = _able(workspace)
    mixed = asking_others([survey.id for survey in able])
    return RulingForm.over(able, workers(workspace.id), teams, mixed=mixed, **data)


def _able(workspace: Workspace) -> list[Survey]:
    """Surveys whose people are known, for nobody could follow up an anonymous answer; and those chosen before."""
    chosen = CaseSurvey.all_of(workspace.id)
    return [survey for survey in Survey.all_of(workspace.id) if survey.id in chosen or can_ask(survey)]


def _teams(workspace: Workspace) -> list[str]:
    newest = select(Response.team).where(Response.workspace_id == workspace.id)
    newest = newest.order_by(Response.created_at.desc()).limit(LOOKED_AT)
    found = select(newest.subquery().c.team).distinct()
    return sorted(team for team in db.session.scalars(found) if team)[:100]


def _page(workspace: Workspace, form: RulingForm) -> str:
    return render_template(
        "feedback/case_rules.html", form=form, zones=zones(), quarantine_days=workspace.quarantine_days
    )
