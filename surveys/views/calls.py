"""Calls of a source: how they are read, and working one off again or trying a recorded one."""

from __future__ import annotations

import json
import uuid

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import new_id, transaction
from base.jobs import enqueue
from surveys.forms.calling import standing
from surveys.forms.mapping import mapping_of, problems_of
from surveys.picking import with_values
from surveys.received_call import Parcel, ReceivedCall
from surveys.receiver import job_of, take_in, work_off
from surveys.receiving import read
from surveys.recipes import recipe
from surveys.source import Source
from surveys.views import sourcing

bp = Blueprint("calls", __name__)

HERE = "/w/<workspace>/sources/<uuid:ident>"


@bp.post(f"{HERE}/mapping")
@requires("sources.edit")
def save(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    source = Source.of(workspace.id, ident)
    mapping = mapping_of(request.form, source.mapping)
    if problems_of(mapping):
        return sourcing.page(workspace, source, mapping=mapping), 422
    with transaction():
        Source.of(workspace.id, ident).map(mapping, at=clock.now(), by=g.user.id)
    flash(_("Saved. Calls are read like this from now on."), "success")
    return _back(workspace, ident, sourcing.chosen_call())


@bp.post(f"{HERE}/preview")
@requires("sources.edit")
def preview(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    """What the call would become by what is chosen now; keeps nothing."""
    source = Source.of(workspace.id, ident)
    looked = sourcing.looked_at(source, sourcing.chosen_call())
    return sourcing.becoming(workspace, source, looked, mapping_of(request.form, source.mapping))


@bp.post(f"{HERE}/calls/<uuid:call_id>/replay")
@requires("sources.edit")
def replay(*, workspace: Workspace, ident: uuid.UUID, call_id: uuid.UUID) -> ResponseReturnValue:
    """Work a call off once more, by the mapping of today. Whoever was asked about it is not asked again."""
    with transaction():
        source = Source.of(workspace.id, ident)
        call = ReceivedCall.of(source, call_id)
        call.again()
        job = job_of(source, call)
        enqueue(job, call.id)
    if job is take_in:
        work_off(call_id)  # the job finds it done
    told = standing(ReceivedCall.of(Source.of(workspace.id, ident), call_id))
    flash(f"{told.word}: {told.sentence}", "error" if told.tone == "bad" else "success")
    return _back(workspace, ident, call_id)


@bp.post(f"{HERE}/sample")
@requires("sources.edit")
def sample(*, workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    """Take in what the recipe has recorded, as if it were about the person who asks for it."""
    now = clock.now()
    with transaction():
        source = Source.of(workspace.id, ident)
        recorded = recipe(source.recipe).sample
        told = read(recorded.body, recorded.content_type, recorded.query, found=dict(recorded.found or {}))
        own = {"email": g.user.email, "name": g.user.name or "", "external_id": f"sample-{new_id()}"}
        body = json.dumps(with_values(told.body, source.mapping, own)).encode()
        parcel = Parcel(method="POST", content_type="application/json", query="", body=body)
        call = ReceivedCall.keep(source.id, parcel, at=now, sample=True)
        enqueue(take_in, call.id)
        call_id = call.id
    work_off(call_id)
    told_of = standing(ReceivedCall.of(Source.of(workspace.id, ident), call_id))
    flash(f"{told_of.word}: {told_of.sentence}", "error" if told_of.tone == "bad" else "success")
    return _back(workspace, ident, call_id)


def _back(workspace: Workspace, ident: uuid.UUID, call_id: uuid.UUID | None) -> ResponseReturnValue:
    return redirect(url_for("sources.show", workspace=workspace.slug, ident=ident, call=call_id), 303)
