"""Mails of a workspace: what became of each, in the server's own words."""

from __future__ import annotations

import uuid
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from accounts.access import actor, can, requires
from accounts.workspace import Workspace
from base import clock, events, postbook, second_try
from base.breaker import Breaker
from base.db import transaction
from base.errors import ConflictError, NotFoundError
from base.mail import with_pictures
from base.outbox import Mail

bp = Blueprint("outbox", __name__)

STATES = ("queued", "sending", "sent", "failed", "suppressed")
PAGE = 50
AT_ONCE = 500
"""Failed mails that one press tries again."""
SEARCH_LIMIT = 100
"""Characters of a search that count."""
SECRET_KINDS = ("invite", "reset")
"""Mails that carry a link into an account: nobody reads them but the one they are for."""

FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


@bp.get("/w/<workspace>/outbox")
@requires("outbox.view")
def index(workspace: Workspace) -> ResponseReturnValue:
    state = request.args.get("state") if request.args.get("state") in STATES else None
    wish = " ".join(request.args.get("q", "").split())[:SEARCH_LIMIT]
    older, newer = _named(workspace, "before"), _named(workspace, "after")
    mails = postbook.page(workspace.id, state=state, to=wish, older_than=older, newer_than=newer, limit=PAGE + 1)
    more = len(mails) > PAGE
    mails = mails[-PAGE:] if newer else mails[:PAGE]
    counts = postbook.counts(workspace.id)
    here: dict[str, Any] = {"workspace": workspace.slug, "state": state, "q": wish or None}
    return render_template(
        "accounts/outbox.html",
        mails=mails,
        state=state,
        wish=wish,
        counts=counts,
        total=sum(counts.values()),
        broken=Breaker.current(),
        per_minute=current_app.config["MAIL_PER_MINUTE"],
        held_up=postbook.held_up(workspace.id) if counts.get("queued") else None,
        at_once=AT_ONCE,
        newer=url_for(".index", **here, after=mails[0].id) if mails and (older or (newer and more)) else None,
        older=url_for(".index", **here, before=mails[-1].id) if mails and (newer or more) else None,
    )


def _named(workspace: Workspace, name: str) -> Mail | None:
    """The mail that the address names under `name`; a broken or foreign id is as if there were none."""
    try:
        return Mail.of_workspace(workspace.id, uuid.UUID(request.args.get(name, "")))
    except (ValueError, NotFoundError):
        return None


@bp.get("/w/<workspace>/outbox/<uuid:mail_id>")
@requires("outbox.view")
def show(workspace: Workspace, mail_id: uuid.UUID) -> ResponseReturnValue:
    mail = Mail.of_workspace(workspace.id, mail_id)
    readable = mail.kind not in SECRET_KINDS and bool(mail.raw)
    message = _parsed(mail) if readable else None
    text = message.get_body(("plain",)) if message else None
    return render_template(
        "accounts/mail.html",
        mail=mail,
        message=message,
        readable=readable,
        text=text.get_content() if text else None,
        html=message is not None and message.get_body(("html",)) is not None,
        source=mail.raw if readable and can("outbox.retry") else None,
        broken=Breaker.current(),
        per_minute=current_app.config["MAIL_PER_MINUTE"],
    )


@bp.get("/w/<workspace>/outbox/<uuid:mail_id>/html")
@requires("outbox.view")
def html(workspace: Workspace, mail_id: uuid.UUID) -> Response:
    """The mail's HTML alone, for a frame without scripts, forms, cookies or anything from elsewhere."""
    mail = Mail.of_workspace(workspace.id, mail_id)
    if mail.kind in SECRET_KINDS or not mail.raw:
        raise NotFoundError("mail", mail_id)
    message = _parsed(mail)
    body = message.get_body(("html",))
    if body is None:
        raise NotFoundError("mail", mail_id)
    response = make_response(with_pictures(message, str(body.get_content())))
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


@bp.post("/w/<workspace>/outbox/<uuid:mail_id>/retry")
@requires("outbox.retry")
def retry(workspace: Workspace, mail_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        mail = Mail.of_workspace(workspace.id, mail_id)
        if not mail.retriable:
            raise ConflictError(gettext("Only a mail that failed before it left can be tried again."))
        if not second_try.retry([mail], at=clock.now(), actor=actor()):
            raise ConflictError(gettext("This person is not to be asked any more, so the mail stays here."))
    flash(gettext("The mail to %(to)s is tried again.", to=mail.to_address), "success")
    return redirect(url_for(".show", workspace=workspace.slug, mail_id=mail_id), 303)


@bp.post("/w/<workspace>/outbox/retry")
@requires("outbox.retry")
def retry_all(workspace: Workspace) -> ResponseReturnValue:
    """A bounded number a press: a server that comes back is not met by everything at once."""
    with transaction():
        number = second_try.retry(postbook.failed_ones(workspace.id, limit=AT_ONCE), at=clock.now(), actor=actor())
    if number:
        flash(ngettext("%(num)s mail is tried again.", "%(num)s mails are tried again.", number), "success")
    else:
        flash(gettext("No failed mail can go again: they came back, or their people are not to be asked."), "info")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


@bp.post("/w/<workspace>/outbox/<uuid:mail_id>/withdraw")
@requires("outbox.retry")
def withdraw(workspace: Workspace, mail_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        mail = Mail.of_workspace(workspace.id, mail_id)
        if not Mail.take_back(workspace.id, mail.id, "withdrawn"):
            raise ConflictError(gettext("The mail does not wait any more, so it cannot be taken back."))
        events.record("mail.withdrawn", mail.id, workspace_id=workspace.id, at=clock.now(), actor=actor())
    flash(gettext("The mail to %(to)s is taken back; it is not sent.", to=mail.to_address), "success")
    return redirect(url_for(".show", workspace=workspace.slug, mail_id=mail_id), 303)


def _parsed(mail: Mail) -> EmailMessage:
    return BytesParser(_class=EmailMessage, policy=policy.SMTP).parsebytes(mail.raw.encode("ascii"))
