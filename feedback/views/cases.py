"""The list of cases, and the page of one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.user import User
from accounts.workspace import Workspace
from base import clock, return_path
from base.db import db, new_id
from base.outbox import Mail
from feedback import case_list, case_tally
from feedback.case import STAGES, Case
from feedback.case_customer import Customer
from feedback.case_entry import CaseEntry
from feedback.case_list import NOBODY
from feedback.case_owner import workers
from feedback.case_reason import CaseReason
from feedback.case_rule import CaseRule, CaseSurvey
from feedback.dossier import Dossier
from feedback.forms.handling import CloseForm, DueForm, NoteForm, OwnerForm, WriteForm
from feedback.forms.naming import language_name
from feedback.response import Response
from feedback.views.composing import place_of
from surveys import wording
from surveys.invitation import Invitation
from surveys.scale import SCALES
from surveys.survey import Survey

bp = Blueprint("cases", __name__)

PAGE = 50
SHOWN = ("open", "mine", "overdue", "closed")


@bp.get("/w/<workspace>/cases")
@requires("cases.work")
def index(workspace: Workspace) -> ResponseReturnValue:
    now, people, surveys = clock.now(), workers(workspace.id), Survey.all_of(workspace.id)
    show, stage = _known("show", SHOWN) or "open", _known("stage", STAGES)
    owner = _known("owner", (NOBODY, *(str(one.id) for one in people)))
    survey = next((one for one in surveys if one.slug == request.args.get("survey")), None)
    query = case_list.Query(
        workspace_id=workspace.id,
        show="closed" if show == "closed" else "overdue" if show == "overdue" else "open",
        owner=g.user.id if show == "mine" else NOBODY if owner == NOBODY else uuid.UUID(owner) if owner else None,
        stage=stage,
        survey_id=survey.id if survey else None,
        now=now,
    )
    kept = {"show": show, "owner": owner, "stage": stage, "survey": survey.slug if survey else None}

    def here(**changes: Any) -> str:
        values = {name: value for name, value in (kept | changes).items() if value and value != "open"}
        return url_for("cases.index", workspace=workspace.slug, **values)

    return render_template(
        "feedback/cases.html",
        window=case_list.window(query, limit=PAGE, after=place_of("after"), before=place_of("before")),
        standing=case_tally.standing(Case.workspace_id == workspace.id, now=now, user_id=g.user.id),
        recovery=case_tally.recovery(Case.workspace_id == workspace.id),
        on=bool(CaseSurvey.all_of(workspace.id)),
        now=now,
        zone=CaseRule.of(workspace).zone,
        people=people,
        owners={user.id: user.name for user, _role in User.of_workspace(workspace.id)},
        surveys=surveys,
        names={one.id: one.name for one in surveys},
        reasons={one.id: one.name for one in CaseReason.ever(workspace.id)},
        scales=SCALES,
        stages=STAGES,
        here=here,
        **kept,
    )


def _known(name: str, choices: tuple[str, ...]) -> str | None:
    value = request.args.get(name)
    return value if value in choices else None


@bp.get("/w/<workspace>/cases/<uuid:case_id>")
@requires("cases.work")
def show(workspace: Workspace, case_id: uuid.UUID) -> ResponseReturnValue:
    return page(workspace, Case.of(workspace.id, case_id)), 200


def page(workspace: Workspace, case: Case, **forms: Any) -> str:
    """The page of a case; `forms` are those that were refused, with what was typed into them."""
    found, rule = Dossier.of(workspace, case.response_id), CaseRule.of(workspace)
    trail, people = CaseEntry.of(case.id), workers(workspace.id)
    return render_template(
        "feedback/case.html",
        case=case,
        found=found,
        response=found.response,
        scale=SCALES[found.response.metric],
        survey=found.survey,
        customer=Customer.of(case),
        stages=STAGES,
        reached=case.reached,
        trail=trail,
        mails=_mails(trail),
        names={str(user.id): user.name for user, _role in User.of_workspace(workspace.id)},
        people=people,
        now=clock.now(),
        zone=rule.zone,
        threaded=return_path.of(new_id()) is not None,
        reason=db.session.get(CaseReason, case.reason_id) if case.reason_id else None,
        language=language_name(found.response.language),
        language_name=language_name,
        direction=wording.direction,
        **_followed(case, rule),
        **{
            "note_form": NoteForm(formdata=None),
            "write_form": WriteForm(formdata=None),
            "owner_form": OwnerForm.over(people, case.owner_id),
            "due_form": DueForm.at(case.due_at, rule.zone),
            "close_form": CloseForm.over(CaseReason.all_of(workspace.id)),
            **forms,
        },
    )


def _mails(trail: Any) -> Mapping[uuid.UUID, Mail]:
    """The mails that staff sent from here, by id: where they are now is said by the outbox alone."""
    idents = [entry.mail_id for entry in trail if entry.kind == "sent"]
    return {ident: mail for ident in idents if ident and (mail := db.session.get(Mail, ident))}


def _followed(case: Case, rule: CaseRule) -> dict[str, Any]:
    """What becomes of asking the person again."""
    asked = db.session.get(Invitation, case.follow_invitation_id) if case.follow_invitation_id else None
    answer = db.session.get(Response, case.follow_response_id) if case.follow_response_id else None
    survey_id = asked.survey_id if asked else answer.survey_id if answer else rule.follow_survey_id
    survey = db.session.get(Survey, survey_id) if survey_id else None
    return {
        "follow": survey,
        "follow_rule": rule,
        "asked_again": asked,
        "follow_answer": answer,
        "follow_scale": SCALES[answer.metric] if answer else None,
    }
