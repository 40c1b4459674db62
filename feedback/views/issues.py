"""A digest's mails: as it would be now, sent by hand, as they were sent; and pausing by staff."""

from __future__ import annotations

import uuid
from dataclasses import replace
from email import policy
from email.parser import BytesParser

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import db, reading, transaction
from base.errors import ConflictError, NotFoundError
from base.mail import Letter
from base.outbox import Mail
from feedback import emails, jobs
from feedback.digest import Digest
from feedback.issue import Issue, today
from feedback.issue_member import oldest_untold, untold
from feedback.report import Report, told_in
from feedback.views import phrasing
from surveys.previewing import Theme, in_theme

bp = Blueprint("issues", __name__)

LISTED = 200
FRAME_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""A framed mail runs nothing and loads nothing; its links open beside it."""


@bp.get("/w/<workspace>/digests/<uuid:digest_id>/preview")
@requires("digests.view")
def preview(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    digest = Digest.living(workspace.id, digest_id)
    return render_template(
        "feedback/digest_preview.html",
        digest=digest,
        letter=_as_of_now(workspace, digest),
        todays=Issue.of_today(digest, clock.now()),
        theme=_theme(),
    )


@bp.get("/w/<workspace>/digests/<uuid:digest_id>/preview/mail")
@requires("digests.view")
def preview_mail(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    return _framed(_as_of_now(workspace, Digest.living(workspace.id, digest_id)).html)


@bp.post("/w/<workspace>/digests/<uuid:digest_id>/send")
@requires("digests.edit")
def send(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    now = clock.now()
    with reading():
        digest = Digest.living(workspace.id, digest_id)
        since = oldest_untold(digest, now)
    try:
        with transaction():
            issue = Issue.claim_by_hand(digest_id, at=now, since=since, by=g.user.id)
    except ConflictError:
        found = Issue.of_today(digest, now)
        flash(gettext("Today's issue is there already. You can send that same issue again from here."), "warning")
        return redirect(_address(workspace, digest_id, found), 303)
    flash(gettext("The digest is on its way to %(email)s.", email=digest.recipient_email), "success")
    return redirect(_address(workspace, digest_id, issue), 303)


@bp.post("/w/<workspace>/digests/<uuid:digest_id>/pause")
@requires("digests.edit")
def pause(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        Digest.living(workspace.id, digest_id).pause(at=clock.now(), by=str(g.user.id))
    flash(gettext("The digest is paused. Nothing is lost meanwhile."), "success")
    return redirect(url_for("digests.show", workspace=workspace.slug, digest_id=digest_id), 303)


@bp.post("/w/<workspace>/digests/<uuid:digest_id>/resume")
@requires("digests.edit")
def resume(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        digest = Digest.living(workspace.id, digest_id)
        digest.resume(at=clock.now(), by=str(g.user.id))
    flash(gettext("The digest goes on. The next one comes on %(when)s.", when=phrasing.next_words(digest)), "success")
    return redirect(url_for("digests.show", workspace=workspace.slug, digest_id=digest_id), 303)


@bp.get("/w/<workspace>/digests/<uuid:digest_id>/issues/<uuid:issue_id>")
@requires("digests.view")
def show(workspace: Workspace, digest_id: uuid.UUID, issue_id: uuid.UUID) -> ResponseReturnValue:
    digest = Digest.of(workspace.id, digest_id)
    issue = Issue.of(digest, issue_id)
    return render_template(
        "feedback/issue.html",
        digest=digest,
        issue=issue,
        mail=db.session.get(Mail, issue.mail_id) if issue.mail_id else None,
        mates=[(one, order) for one, order in issue.mates if one.state == "posted"],
        cards=told_in(issue, most=LISTED),
        phrasing=phrasing,
        theme=_theme(),
    )


@bp.get("/w/<workspace>/digests/<uuid:digest_id>/issues/<uuid:issue_id>/open")
@requires("digests.view")
def follow(workspace: Workspace, digest_id: uuid.UUID, issue_id: uuid.UUID) -> ResponseReturnValue:
    """From a link of the mail to what it is about. That its reader, signed in, came by is kept like a last visit."""
    digest = Digest.of(workspace.id, digest_id)
    issue, now = Issue.of(digest, issue_id), clock.now()
    if g.user.email == digest.recipient_email:
        with transaction():
            digest.seen(at=now)
    answer, slug = _ident(request.args.get("answer", "")), request.args.get("survey", "")
    if answer:
        return redirect(url_for("responses.show", workspace=workspace.slug, ident=answer))
    if case := request.args.get("case", ""):
        if ident := _ident(case):
            return redirect(url_for("cases.show", workspace=workspace.slug, case_id=ident))
        return redirect(url_for("cases.index", workspace=workspace.slug, show="overdue"))
    if slug in {survey.slug for survey in digest.surveys}:
        return redirect(url_for("results.show", workspace=workspace.slug, slug=slug))
    return redirect(_address(workspace, digest_id, issue))


@bp.get("/w/<workspace>/digests/<uuid:digest_id>/issues/<uuid:issue_id>/mail")
@requires("digests.view")
def sent_mail(workspace: Workspace, digest_id: uuid.UUID, issue_id: uuid.UUID) -> ResponseReturnValue:
    """The mail of an issue exactly as it went out."""
    issue = Issue.of(Digest.of(workspace.id, digest_id), issue_id)
    mail = db.session.get(Mail, issue.mail_id) if issue.mail_id else None
    if mail is None:
        raise NotFoundError("mail", issue_id)
    message = BytesParser(policy=policy.default).parsebytes(mail.raw.encode("ascii"))
    html = message.get_body(("html",))
    if html is None:
        raise NotFoundError("mail", issue_id)
    return _framed(html.get_content())


@bp.post("/w/<workspace>/digests/<uuid:digest_id>/issues/<uuid:issue_id>/again")
@requires("digests.edit")
def again(workspace: Workspace, digest_id: uuid.UUID, issue_id: uuid.UUID) -> ResponseReturnValue:
    """The same issue as a new mail; pressed twice within a minute it is still one."""
    now = clock.now()
    with reading():
        digest = Digest.living(workspace.id, digest_id)
        issue = Issue.of(digest, issue_id)
        if issue.state != "posted":
            raise ConflictError(gettext("This issue was not sent, so it cannot be sent again."))
        report = Report.of(digest, issue, issue.members)
        prepared = emails.digest(workspace, [replace(report, asked_for=True)], at=now)
    with transaction():
        jobs.post_issue(prepared, key=f"issue:{issue.bundle_id}:{issue.id.hex}:{now:%Y%m%d%H%M}")
    flash(gettext("The same issue is on its way to %(email)s again.", email=digest.recipient_email), "success")
    return redirect(_address(workspace, digest_id, issue), 303)


def _address(workspace: Workspace, digest_id: uuid.UUID, issue: Issue | None) -> str:
    if issue is None:
        return url_for("digests.show", workspace=workspace.slug, digest_id=digest_id)
    return url_for(".show", workspace=workspace.slug, digest_id=digest_id, issue_id=issue.id)


def _as_of_now(workspace: Workspace, digest: Digest) -> Letter:
    """The mail as "send now" would make it; nothing is recorded."""
    now = clock.now()
    draft = Issue.drafted(digest, today(digest, now), trigger="by hand", at=now)
    letter = emails.digest(workspace, [Report.of(digest, draft, untold(digest, now))], at=now, staff=True).letter
    assert letter is not None
    return letter


def _ident(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _theme() -> Theme:
    return "dark" if request.args.get("theme") == "dark" else "light"


def _framed(html: str) -> Response:
    beside = html.replace("<a ", '<a target="_blank" rel="noopener" ')
    response = make_response(in_theme(beside, _theme()))
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response
