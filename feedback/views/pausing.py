"""Where the reader of a digest pauses it: from the mail, without signing in. Opening the page changes nothing."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from accounts.workspace import Workspace
from base import clock, tokens
from base.db import db, transaction
from base.errors import NotFoundError
from base.web import csrf, public
from feedback.digest import RECIPIENT, Digest
from feedback.emails import PAUSE
from feedback.wording import Voice

bp = Blueprint("pausing", __name__)


@bp.get("/digest/pause/<token>")
@public("the signed link of a digest's mail; it only shows a button")
def ask(token: str) -> ResponseReturnValue:
    digest = _of(token)
    return _page(digest, "paused" if digest.paused_at else "pause")


@bp.post("/digest/pause/<token>")
@public("the signed link of a digest's mail; mail programs post here without cookies (RFC 8058)")
def decide(token: str) -> ResponseReturnValue:
    digest, now = _of(token), clock.now()
    with transaction():
        if request.form.get("List-Unsubscribe") == "One-Click":
            digest.pause(at=now, by=RECIPIENT)
        elif "resume" in request.form:
            digest.resume(at=now, by=RECIPIENT)
    return _page(digest, "paused" if digest.paused_at else "resumed" if "resume" in request.form else "pause")


csrf.exempt(bp)


def _of(token: str) -> Digest:
    digest = db.session.get(Digest, uuid.UUID(str(tokens.unsign(PAUSE, token))))
    if digest is None:
        raise NotFoundError("link", token)
    return digest


def _page(digest: Digest, state: str) -> str:
    voice = Voice.of(digest.locale)
    values = {
        "company": db.session.get_one(Workspace, digest.workspace_id).name,
        "address": digest.recipient_email,
        "when": voice.moment(digest.next_due_at, digest.zone) if digest.next_due_at else "",
    }
    return render_template(
        "feedback/digest_pause.html",
        get_locale=lambda: voice.locale,  # the page's language is the reader's, not the browser's
        state=state,
        title=voice.say(f"{state}_title"),
        body=voice.say(f"{state}_body", **values),
        button_words=voice.say("resume_button" if state == "paused" else "pause_button"),
    )
