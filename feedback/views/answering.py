"""The respondent's addresses: one question, kept the moment it is sent.

A GET or HEAD never keeps an answer. An answer is acknowledged (303) only when its transaction is durable; whatever
else goes wrong, what the person typed is on the page that says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import Blueprint, Flask, Response
from flask.blueprints import BlueprintSetupState

from base import clock
from base.swift import swift_reading, swift_transaction
from base.web import csrf, public
from feedback import submission
from feedback.response import Response as Answer
from feedback.views import respondent, visiting
from feedback.views.course import Submitted, kindly, take, told
from surveys import emails, paging
from surveys.link import Link
from surveys.scale import SCALES

bp = Blueprint("answering", __name__)

KEY_IS_TOKEN = "the token in the mailed link is the key"  # noqa: S105 - a sentence


@bp.record
def _remember_visits(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    app.extensions[visiting.KEY] = visiting.Visits(app)


@bp.get("/s/<token>")
@bp.get("/s/<token>/<int:score>")
@public(KEY_IS_TOKEN)
@kindly
def page(token: str, score: int | None = None) -> Response:
    """The question, with `score` chosen if the link carried one."""
    return _open(token, score)


@bp.get("/s/<token>/all")
@public(KEY_IS_TOKEN)
@kindly
def decoy(token: str) -> Response:
    """The link of the mail that no person sees; it looks like any other."""
    return _open(token, None, decoy=True)


@bp.get("/s/<token>/thanks")
@public(KEY_IS_TOKEN)
@kindly
def thanks(token: str) -> Response:
    """What is said after an answer; before one, the question."""
    with swift_reading():
        link = Link.by_token(token)
    if not link.answered:
        return respondent.see_other(link.path)
    if link.anonymous:
        return respondent.thanks(link, change_url="")
    again = link.path + respondent.carried(link, respondent.locale_of(link))
    return respondent.thanks(link, change_url=again if link.state(clock.now()) == "open" else "")


@bp.post("/s/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
@public(KEY_IS_TOKEN)
@kindly
def submit(token: str) -> Response:
    """Keep the answer, then say thanks; or say what is wrong, with everything typed still there."""
    sent = take(lambda: Link.by_token(token), _keep, looking=swift_reading, writing=swift_transaction)
    return told(sent) if isinstance(sent, Submitted) else sent


def _keep(sent: Submitted, now: datetime) -> None:
    assert isinstance(sent.way, Link)
    given = visiting.given(sent.way, sent.filled, visiting.client(), locale=sent.locale, at=now)
    Answer.submit(sent.way, given, at=now)


def _open(token: str, score: int | None, *, decoy: bool = False) -> Response:
    with swift_reading():
        link = Link.by_token(token)
        said = submission.said_before(link) if link.answered and not link.anonymous else {}
    now = clock.now()
    state = link.state(now)
    if state == "unsubscribed":  # by their own wish, which they may take back here
        back = emails.unsubscribe_url(link.contact_id, link.survey_id, respondent.locale_of(link))
        return respondent.kind_page(state, link, action_url=back)
    if state != "open":
        return respondent.kind_page(state, link)
    values = SCALES[link.metric].values
    score = score if score in values else None
    visiting.note_visit(link, at=now, score=score, decoy=decoy)
    return respondent.question(link, typed={**said, **paging.scored(score)})
