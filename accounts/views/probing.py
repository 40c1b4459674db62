"""A test mail to oneself, with the whole conversation of the mail server when it fails."""

from __future__ import annotations

import threading
from email.utils import parseaddr

from flask import Blueprint, current_app, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts import emails
from accounts.access import actor, requires
from accounts.workspace import Workspace
from base import clock, events, return_path, throttle
from base.conversation import Conversation
from base.db import new_id, reading, transaction
from base.errors import ConflictError
from base.sealing import Seal
from base.smtp import SmtpServer
from config import Settings

bp = Blueprint("probing", __name__)

HOURLY = 20
"""Test mails that one person may send."""
_one_at_a_time = threading.Lock()


@bp.get("/w/<workspace>/outbox/test")
@requires("outbox.test")
def show(workspace: Workspace) -> ResponseReturnValue:  # noqa: ARG001 - the door-keeper hands it to every page
    return _page(None)


@bp.post("/w/<workspace>/outbox/test")
@requires("outbox.test")
def send(workspace: Workspace) -> ResponseReturnValue:
    server = _server()
    if server is None:
        raise ConflictError(gettext("No mail server is set, so there is nothing to test."))
    with transaction():
        throttle.spend(f"probe:{g.user.id}", limit=HOURLY, per_seconds=3600, now=clock.now())
    if not _one_at_a_time.acquire(blocking=False):  # a page may wait for a server, a row of pages may not
        raise ConflictError(gettext("Another test is under way. Try again in a few seconds."))
    try:
        held = _hold(server, workspace)
    finally:
        _one_at_a_time.release()
    with transaction():
        told = {"taken": held.taken, "step": held.step}
        events.record("mail.tested", g.user.id, workspace_id=workspace.id, at=clock.now(), actor=actor(), data=told)
    return _page(held)


def _hold(server: SmtpServer, workspace: Workspace) -> Conversation:
    with reading():  # ended before the network begins
        message = emails.check(g.user, workspace, at=clock.now())
    data, seal = message.as_bytes(), _seal()
    if seal is not None:
        data = seal.sign(data)
    return Conversation.hold(server, data, envelope_from=_envelope_sender(), to=g.user.email)


def _page(held: Conversation | None) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return render_template(
        "accounts/probe.html",
        held=held,
        server=_server(),
        mail_from=settings.mail_from,
        bounces=settings.bounce_address,
        seal=_seal(),
    )


def _server() -> SmtpServer | None:
    url = current_app.config["SETTINGS"].smtp_url
    return SmtpServer.from_url(url) if url else None


def _seal() -> Seal | None:
    return current_app.extensions["afterword.seal"]  # type: ignore[no-any-return]


def _envelope_sender() -> str:
    """As real mails have it, so that a server which refuses it shows."""
    return return_path.of(new_id()) or parseaddr(current_app.config["MAIL_FROM"])[1]
