"""Where a recipient without account reads what a digest told. The link of the mail shows a button and nothing else, so
that a scanner that follows it learns nothing and does nothing; whoever presses it reads on in this browser.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from accounts.workspace import Workspace
from base import clock
from base.db import db, reading, transaction
from base.errors import NotFoundError
from base.web import public
from feedback import emails
from feedback.digest import Digest
from feedback.digesting import period_of
from feedback.issue import Issue
from feedback.report import Report
from feedback.way import Leave, Way
from feedback.wording import Voice

bp = Blueprint("guests", __name__)

LISTED = 200
"""Those that a page shows; of more, the worst."""
_READS = "digests"
_REMEMBERED = 20


@bp.get("/digest/read/<token>")
@public("the signed link of a digest's mail; before the button is pressed it shows nothing")
def ask(token: str) -> ResponseReturnValue:
    leave = Leave.by(token)
    with reading():
        issue = db.session.get(Issue, leave.issue_id)
        digest = db.session.get(Digest, issue.digest_id) if issue else None
        if issue is None or digest is None:
            raise NotFoundError("link")
        workspace, voice = db.session.get_one(Workspace, digest.workspace_id), Voice.of(digest.locale)
        if not leave.opens(digest, clock.now()):
            return _page(voice, workspace, state="closed"), 410
        values = {"company": workspace.name, "address": digest.recipient_email}
        if digest.id.hex not in session.get(_READS, ()):
            days = period_of(issue.period_from, issue.period_to, digest.rhythm)
            dates = voice.dates(days.first_day, days.last_day)
            return _page(voice, workspace, state="shut", dates=dates, values=values)
        report = Report.of(digest, issue, issue.members, most=LISTED)
        way = Way(f"/w/{workspace.slug}", digest.id, issue.id, digest.recipient_email, "guest", leave.until)
        part = emails.part(voice, report, way)
        when = voice.moment(leave.until, digest.zone)
        return _page(voice, workspace, state="open", dates=part["dates"], part=part, when=when)


@bp.post("/digest/read/<token>")
@public("the button on the page of a digest's signed link; it opens that page in this browser")
def show(token: str) -> ResponseReturnValue:
    leave, now = Leave.by(token), clock.now()
    with transaction():
        issue = db.session.get(Issue, leave.issue_id)
        digest = db.session.get(Digest, issue.digest_id) if issue else None
        if digest is None:
            raise NotFoundError("link")
        if leave.opens(digest, now):
            digest.seen(at=now)
            session[_READS] = [digest.id.hex, *session.get(_READS, ())][:_REMEMBERED]
    return redirect(request.path, 303)


def _page(voice: Voice, workspace: Workspace, *, state: str, **more: object) -> Response:
    """A page without a way into the product. It is in the reader's language, not the browser's."""
    page = render_template(
        "feedback/digest_reading.html",
        voice=voice,
        locale=voice.locale,
        dir=voice.direction,
        company=workspace.name,
        state=state,
        **more,
    )
    response = make_response(page)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
