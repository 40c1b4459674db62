"""What was sent when, and what comes next: of all digests of a workspace, each by the clock of its reader."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from feedback.digest import Digest
from feedback.digesting import Due, coming
from feedback.issue import Issue
from feedback.views import phrasing

bp = Blueprint("agenda", __name__)

PAGE = 30
AHEAD = timedelta(days=7)
MOST = 60
"""Mails to come that a page lists at most; the next one of each digest is listed whatever there are."""


@bp.get("/w/<workspace>/digests/calendar")
@requires("digests.view")
def show(workspace: Workspace) -> ResponseReturnValue:
    before = _ident(request.args.get("before", ""))
    sent = Issue.sent(workspace.id, before=before, limit=PAGE + 1)
    return render_template(
        "feedback/digest_calendar.html",
        ahead=[] if before else _ahead(workspace.id),
        sent=sent[:PAGE],
        older=sent[PAGE - 1][0].id if len(sent) > PAGE else None,
        first=before is None,
        phrasing=phrasing,
    )


def _ahead(workspace_id: uuid.UUID) -> list[tuple[Due, list[Digest]]]:
    """The mails of the coming week with the digests in each; at least the next one of each digest."""
    found: dict[tuple[object, ...], tuple[Due, list[Digest]]] = {}
    first: set[tuple[object, ...]] = set()
    now = clock.now()
    for one in (one for one in Digest.all_of(workspace_id) if one.next_due_at is not None):
        dues = coming(one.rhythm, now, until=now + AHEAD, last_local_date=one.last_local_date)
        keys = [(due, (due.at, *one.reader)) for due in dues]
        for due, key in keys:
            found.setdefault(key, (due, []))[1].append(one)
        first.add(keys[0][1])
    listed = sorted(found.items(), key=lambda each: (each[1][0].at, each[1][1][0].recipient_email))
    return [mail for place, (key, mail) in enumerate(listed) if place < MOST or key in first]


def _ident(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
