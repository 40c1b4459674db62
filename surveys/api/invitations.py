"""Asking people from other systems: one at a time, or a thousand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint

from accounts.access import requires_key
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import AfterwordError
from base.openapi import operation
from base.schema import parse
from base.web import problem_of
from surveys import jobs
from surveys.forecast import fates
from surveys.foreseeing import Fate
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.schemas import BatchIn, BatchOut, DryRun, InvitationIn, InvitationOut
from surveys.selection import Asker
from surveys.survey import Survey

bp = Blueprint("api_invitations", __name__)

BATCH_BODY = 8 * 1024 * 1024
"""Bytes of a batch: a thousand invitations with long properties."""


@bp.post("/api/v1/invitations")
@requires_key
@operation(
    "Ask a person about an interaction; the same interaction again is the same invitation (200)",
    body=InvitationIn,
    query=DryRun,
    answers={201: InvitationOut, 200: InvitationOut},
    problems=(404, 409),
)
def create(*, workspace: Workspace, body: InvitationIn, query: DryRun) -> tuple[InvitationOut, int]:
    now = clock.now()
    survey, occasion = Survey.of(workspace.id, body.survey), body.occasion(now)
    if query.dry_run:
        [foreseen] = _foresee(survey, [occasion], at=now)
        return foreseen, 200
    with transaction():
        [(invitation, new)] = jobs.ask(survey, [occasion], at=now)
    return InvitationOut.of(invitation), 201 if new else 200


@bp.post("/api/v1/invitations/batch")
@requires_key
@operation(
    "Ask up to 1,000 people; each is taken or refused by itself",
    body=BatchIn,
    query=DryRun,
    answers={200: BatchOut},
    limit=BATCH_BODY,
)
def create_batch(*, workspace: Workspace, body: BatchIn, query: DryRun) -> BatchOut:
    now = clock.now()
    answers: list[dict[str, Any]] = [{}] * len(body.invitations)
    wanted: dict[uuid.UUID, list[tuple[int, Occasion]]] = {}
    surveys: dict[str, Survey] = {}
    for index, item in enumerate(body.invitations):
        try:
            read = parse(InvitationIn, item)
            survey = surveys.get(read.survey) or surveys.setdefault(read.survey, Survey.of(workspace.id, read.survey))
            wanted.setdefault(survey.id, []).append((index, read.occasion(now)))
        except AfterwordError as error:
            answers[index] = problem_of(error).get_json()
    by_id = {survey.id: survey for survey in surveys.values()}
    for survey_id in sorted(wanted):
        numbered = wanted[survey_id]
        asked = _ask(by_id[survey_id], [occasion for _, occasion in numbered], at=now, only_foresee=bool(query.dry_run))
        for (index, _), answer in zip(numbered, asked, strict=True):
            answers[index] = answer
    return BatchOut(data=answers)


@bp.get("/api/v1/invitations/<uuid:invitation_id>")
@requires_key
@operation("What became of an invitation", answers={200: InvitationOut})
def show(*, workspace: Workspace, invitation_id: uuid.UUID) -> InvitationOut:
    return InvitationOut.of(Invitation.of(workspace.id, invitation_id))


def _ask(
    survey: Survey, occasions: Sequence[Occasion], *, at: datetime, only_foresee: bool = False
) -> list[dict[str, Any]]:
    """The answers to those who ask one survey, or the survey's problem for each of them."""
    try:
        if only_foresee:
            return [foreseen.model_dump(mode="json") for foreseen in _foresee(survey, occasions, at=at)]
        with transaction():
            asked = jobs.ask(survey, occasions, at=at)
    except AfterwordError as error:
        return [problem_of(error).get_json()] * len(occasions)
    return [InvitationOut.of(invitation).model_dump(mode="json") for invitation, _ in asked]


def _foresee(survey: Survey, occasions: Sequence[Occasion], *, at: datetime) -> list[InvitationOut]:
    """What would be answered if they were asked now. Nothing is written."""
    found = fates(Asker.to_ask(survey), occasions, at=at)
    return [
        _told(fate, Invitation.about(survey.id, one.source, one.external_id) if fate.kind == "known" else None, at)
        for one, fate in zip(occasions, found, strict=True)
    ]


def _told(fate: Fate, known: Invitation | None, at: datetime) -> InvitationOut:
    """What would be answered; `known`: the invitation that is there already."""
    if known is not None:
        return InvitationOut.of(known)
    waits = fate.kind != "skip" and (fate.cause or "due") != "due"
    return InvitationOut(
        id=None,
        status="skipped" if fate.kind == "skip" else "scheduled",
        reason=fate.reason or (fate.cause if waits else None),
        answer_url=None,
        send_at=at if fate.kind == "skip" or fate.at is None else fate.at,
        until=fate.at if waits or fate.kind == "skip" else None,
    )
