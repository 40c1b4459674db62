"""Where the reader of an alert's mail stops it: from the mail, without signing in. Opening the page changes nothing."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from accounts.workspace import Workspace
from base import clock, tokens
from base.db import db, transaction
from base.errors import NotFoundError
from base.web import csrf, public
from feedback.alert import Alert
from feedback.alert_emails import STOP
from feedback.bulletin import locale_of
from feedback.recipient import READER, Recipient
from feedback.wording import Voice

bp = Blueprint("stopping", __name__)


@bp.get("/alert/stop/<token>")
@public("the signed link of an alert's mail; it only shows a button")
def ask(token: str) -> ResponseReturnValue:
    recipient = _of(token)
    return _page(recipient, "paused" if recipient.stopped_at else "pause")


@bp.post("/alert/stop/<token>")
@public("the signed link of an alert's mail; mail programs post here without cookies (RFC 8058)")
def decide(token: str) -> ResponseReturnValue:
    recipient = _of(token)
    with transaction():
        if request.form.get("List-Unsubscribe") == "One-Click":
            recipient.stop(at=clock.now(), by=READER)
        elif "resume" in request.form:
            recipient.resume()
    return _page(recipient, "paused" if recipient.stopped_at else "resumed" if "resume" in request.form else "pause")


csrf.exempt(bp)


def _of(token: str) -> Recipient:
    found = db.session.get(Recipient, uuid.UUID(str(tokens.unsign(STOP, token))))
    if found is None or found.removed_at is not None or found.left:
        raise NotFoundError("link", token)
    return found


def _page(recipient: Recipient, state: str) -> str:
    alert = db.session.get_one(Alert, recipient.alert_id)
    voice, name = Voice.of(locale_of(alert, recipient)), {"pause": "ask", "paused": "stopped"}.get(state, state)
    company = db.session.get_one(Workspace, alert.workspace_id).name
    return render_template(
        "feedback/digest_pause.html",
        get_locale=lambda: voice.locale,  # the page's language is the reader's, not the browser's
        state=state,
        title=voice.say(f"alert_{name}_title"),
        body=voice.say(f"alert_{name}_body", company=company, address=recipient.address, rule=alert.name),
        button_words="" if name == "resumed" else voice.say(f"alert_{name}_button"),
    )
