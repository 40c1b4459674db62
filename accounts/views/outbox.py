"""Mails of a workspace: what became of each, in the server's own words."""

from __future__ import annotations

import uuid
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.access import actor, can, requires
from accounts.workspace import Workspace
from base import clock, events
from base.breaker import Breaker
from base.db import transaction
from base.errors import ConflictError, NotFoundError
from base.mail import with_pictures
from base.outbox import Mail

bp = Blueprint("outbox", __name__)

STATES = ("queued", "sending", "sent", "failed", "suppressed")
PAGE = 50
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
    older, newer = _named(workspace, "before"), _named(workspace, "after")
    mails = Mail.page(workspace.id, state=state, older_than=older, newer_than=newer, limit=PAGE + 1)
    more = len(mails) > PAGE
    mails = mails[-PAGE:] if newer else mails[:PAGE]
    counts = Mail.counts(workspace.id)
    here: dict[str, Any] = {"workspace": workspace.slug, "state": state}
    return render_template(
        "accounts/outbox.html",
        mails=mails,
        state=state,
        counts=counts,
        total=sum(counts.values()),
        broken=Breaker.current(),
        per_minute=current_app.config["MAIL_PER_MINUTE"],
        filing=current_app.config["SETTINGS"].smtp_url is None,
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
        filing=current_app.config["SETTINGS"].smtp_url is None,
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
    at = clock.now()
    with transaction():
        mail = Mail.of_workspace(workspace.id, mail_id)
        if mail.state != "failed":
            raise ConflictError(gettext("Only a mail that failed can be tried again."))
        mail.retry(at=at)
        events.record("mail.retried", mail.id, workspace_id=workspace.id, at=at, actor=actor())
    flash(gettext("The mail to %(to)s is tried again.", to=mail.to_address), "success")
    return redirect(url_for(".show", workspace=workspace.slug, mail_id=mail_id), 303)


def _parsed(mail: Mail) -> EmailMessage:
    return BytesParser(_class=EmailMessage, policy=policy.SMTP).parsebytes(mail.raw.encode("ascii"))
