"""Where the reader of a digest pauses it: from the mail, without signing in. Opening the page changes nothing."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.web import csrf, public
from feedback.digest import RECIPIENT, Digest
from feedback.emails import title
from feedback.way import pausable
from feedback.wording import Voice

bp = Blueprint("pausing", __name__)


@bp.get("/digest/pause/<token>")
@public("the signed link of a digest's mail; it only shows a button")
def ask(token: str) -> ResponseReturnValue:
    digests = pausable(token)
    return _page(digests, "paused" if _all_paused(digests) else "pause")


@bp.post("/digest/pause/<token>")
@public("the signed link of a digest's mail; mail programs post here without cookies (RFC 8058)")
def decide(token: str) -> ResponseReturnValue:
    now, resume = clock.now(), "resume" in request.form
    with transaction():
        digests = pausable(token)
        for digest in digests:
            if request.form.get("List-Unsubscribe") == "One-Click":
                digest.pause(at=now, by=RECIPIENT)
            elif resume:
                digest.resume(at=now, by=RECIPIENT)
                digest.seen(at=now)
    return _page(digests, "paused" if _all_paused(digests) else "resumed" if resume else "pause")


csrf.exempt(bp)


def _all_paused(digests: list[Digest]) -> bool:
    return all(digest.paused_at for digest in digests)


def _page(digests: list[Digest], state: str) -> str:
    digest = digests[0]
    voice = Voice.of(digest.locale)
    moments = [one.next_due_at for one in digests if one.next_due_at]
    values = {
        "company": db.session.get_one(Workspace, digest.workspace_id).name,
        "address": digest.recipient_email,
        "when": voice.moment(min(moments), digest.zone) if moments else "",
    }
    return render_template(
        "feedback/digest_pause.html",
        get_locale=lambda: voice.locale,  # the page's language is the reader's, not the browser's
        state=state,
        names=[title(voice, one) for one in digests],
        title=voice.say(f"{state}_title"),
        body=voice.say(f"{state}_body", **values),
        button_words=voice.say("resume_button" if state == "paused" else "pause_button"),
    )
