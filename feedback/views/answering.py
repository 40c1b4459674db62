"""The respondent's addresses: one question, kept the moment it is sent.

A GET or HEAD never keeps an answer. An answer is acknowledged (303) only when its transaction is durable; whatever
else goes wrong, what the person typed is on the page that says so.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from base import clock
from base.errors import ConflictError, NotFoundError
from base.swift import swift_reading, swift_transaction
from base.web import csrf, public
from feedback.response import Response as Answer
from feedback.submitting import Filled, read_form
from feedback.views import respondent, visiting
from surveys import emails, paging, stepping, wording
from surveys.complaining import Problem
from surveys.link import Link
from surveys.merging import merge
from surveys.scale import SCALES
from surveys.stepping import Sent, Verdict

log = logging.getLogger("afterword.answering")

bp = Blueprint("answering", __name__)

MAX_BODY = 256 * 1024
"""Bytes of a submission: 10,000 characters of twelve encoded bytes each, and as much again for whoever writes more."""

KEY_IS_TOKEN = "the token in the mailed link is the key"  # noqa: S105 - a sentence


@bp.record
def _remember_visits(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    app.extensions[visiting.KEY] = visiting.Visits(app)


def _kindly(view: Callable[..., Response]) -> Callable[..., Response]:
    """What a respondent is told when there is no such link, or the database cannot be asked."""

    @functools.wraps(view)
    def guarded(token: str, **values: Any) -> Response:
        try:
            return view(token, **values)
        except NotFoundError:
            return respondent.kind_page("unknown")
        except SQLAlchemyError:
            log.exception("a respondent's page could not be shown")
            return respondent.kind_page("unavailable", action_url=f"/s/{token}")

    return guarded


@bp.get("/s/<token>")
@bp.get("/s/<token>/<int:score>")
@public(KEY_IS_TOKEN)
@_kindly
def page(token: str, score: int | None = None) -> Response:
    """The question, with `score` chosen if the link carried one."""
    return _open(token, score)


@bp.get("/s/<token>/all")
@public(KEY_IS_TOKEN)
@_kindly
def decoy(token: str) -> Response:
    """The link of the mail that no person sees; it looks like any other."""
    return _open(token, None, decoy=True)


@bp.get("/s/<token>/thanks")
@public(KEY_IS_TOKEN)
@_kindly
def thanks(token: str) -> Response:
    """What is said after an answer; before one, the question."""
    with swift_reading():
        link = Link.by_token(token)
    if link.answered_at is None:
        return respondent.see_other(f"/s/{token}")
    again = f"/s/{token}" + respondent.carried(link, respondent.locale_of(link))
    return respondent.thanks(link, change_url=again if link.state(clock.now()) == "open" else "")


@bp.post("/s/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
@public(KEY_IS_TOKEN)
@_kindly
def submit(token: str) -> Response:
    """Keep the answer, then say thanks; or say what is wrong, with everything typed still there."""
    request.max_content_length = MAX_BODY
    try:
        form = request.form
    except RequestEntityTooLarge:
        with swift_reading():
            return _too_large(Link.by_token(token))
    now, sent = clock.now(), None
    try:
        with swift_transaction():
            sent = _Sent.read(Link.by_token(token), form, now)
            if sent.outcome == "kept":
                given = visiting.given(sent.link, sent.filled, visiting.client(), locale=sent.locale, at=now)
                Answer.submit(sent.link, given, at=now)
    except ConflictError:
        assert sent is not None
        return _told(replace(sent, outcome="answered_before"), status=409)
    except SQLAlchemyError:
        if sent is None:  # not even the question could be read
            raise
        log.exception("an answer could not be kept; its page asks to send it again")
        return _told(replace(sent, outcome="not_saved"), status=503)
    return _told(sent)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A submission, and what becomes of it: kept, not kept for a state of the link, or to be looked at again."""

    link: Link
    filled: Filled
    locale: str
    outcome: str
    verdict: Verdict | None = None

    @classmethod
    def read(cls, link: Link, form: Mapping[str, str], now: datetime) -> _Sent:
        filled = read_form(form, link.asked.document, now=now)
        locale = respondent.locale_of(link, filled.switch or filled.lang)
        state = link.state(now)
        if state not in {"open", "unsubscribed"}:  # who unsubscribed since the page was opened may still send it
            return cls(link, filled, locale, state)
        if filled.switch:
            return cls(link, filled, locale, "switch")
        verdict = stepping.judge(filled.sent, link.asked.document, link.reader(locale), _texts(link, locale))
        return cls(link, filled, locale, "kept" if verdict.kept else "shown", verdict)


def _told(sent: _Sent, status: int = 200) -> Response:
    """The answer of the web to a submission whose transaction has ended."""
    link, filled, locale = sent.link, sent.filled, sent.locale
    match sent.outcome:
        case "kept":
            return respondent.see_other(f"/s/{link.token}/thanks" + respondent.carried(link, locale))
        case "closed" | "expired":
            return respondent.kind_page(sent.outcome, link)
        case "switch":
            return respondent.question_again(link, filled, locale=locale)
        case "shown" if sent.verdict:
            page, wrong = sent.verdict.page, sent.verdict.problems
            status = 422 if wrong else 200
            return respondent.question_again(link, filled, locale=locale, page=page, wrong=wrong, status=status)
        case word:
            message = Problem("form", _texts(link, locale)[word])
            return respondent.question_again(link, filled, locale=locale, wrong=(message,), status=status)


def _open(token: str, score: int | None, *, decoy: bool = False) -> Response:
    with swift_reading():
        link = Link.by_token(token)
        said = Answer.said_before(link) if link.answered_at else {}
    now = clock.now()
    state = link.state(now)
    if state == "unsubscribed":  # by their own wish, which they may take back here
        back = emails.unsubscribe_url(link.contact_id, respondent.locale_of(link))
        return respondent.kind_page(state, link, action_url=back)
    if state != "open":
        return respondent.kind_page(state, link)
    values = SCALES[link.metric].values
    score = score if score in values else None
    visiting.note_visit(link.invitation_id, at=now, score=score, decoy=decoy)
    return respondent.question(link, typed={**said, **paging.scored(score)})


def _too_large(link: Link) -> Response:
    """More than we read: what was typed is still in the browser, one step back."""
    locale = respondent.locale_of(link)
    limits = {
        "count": f"> {wording.number(MAX_BODY // 12 // 1000 * 1000, locale)}",
        "limit": wording.number(wording.COMMENT_LIMIT, locale),
    }
    message = merge(_texts(link, locale)["comment_too_long"], limits)
    wrong = (Problem("form", message),)
    return respondent.question_again(link, Filled(Sent()), locale=locale, wrong=wrong, status=413)


def _texts(link: Link, locale: str) -> wording.Texts:
    return wording.named(wording.effective(link.asked.document, locale), link.asked.company, link.person)
