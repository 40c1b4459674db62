"""The way that a respondent's page goes when it is sent, whichever address it was opened at.

An answer is acknowledged (303) only when its transaction is durable; whatever else goes wrong, what the person typed
is on the page that says so.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from base import clock
from base.errors import ConflictError, NotFoundError
from feedback.ballot import FullError
from feedback.submitting import Filled, read_form
from feedback.views import respondent
from feedback.views.respondent import Way
from surveys import stepping, wording
from surveys.complaining import Problem
from surveys.door import Door
from surveys.merging import merge
from surveys.stepping import Sent, Verdict

log = logging.getLogger("afterword.answering")

MAX_BODY = 256 * 1024
"""Bytes of a submission: 10,000 characters of twelve encoded bytes each, and as much again for whoever writes more."""

Keep = Callable[["Submitted", datetime], None]
"""Keeps a whole answer, in the transaction that is open."""
Finding = Callable[[], Way]

LONGEST_WAIT = timedelta(days=7)
"""A device is brought back to a network by then."""

TAKEN = frozenset({"open", "unsubscribed", "answered", "full"})
"""States in which an answer is looked at: who unsubscribed since the page was opened may still send it, and who
answered an anonymous survey, or took the last place of a link, may have pressed twice.
"""


def kindly(view: Callable[..., Response]) -> Callable[..., Response]:
    """What a respondent is told when there is no such link, or the database cannot be asked."""

    @functools.wraps(view)
    def guarded(**values: Any) -> Response:
        try:
            return view(**values)
        except NotFoundError:
            return respondent.kind_page("unknown")
        except SQLAlchemyError:
            log.exception("a respondent's page could not be shown")
            again = "/".join(request.path.split("/")[:3])
            return respondent.kind_page("unavailable", action_url=again)

    return guarded


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission, and what becomes of it: kept, not kept for a state of the link, or to be looked at again."""

    way: Way
    filled: Filled
    locale: str
    outcome: str
    verdict: Verdict | None = None

    @classmethod
    def read(cls, way: Way, form: Mapping[str, str], now: datetime) -> Submitted:
        filled = read_form(form, way.asked.document, now=now)
        locale = respondent.locale_of(way, filled.switch or filled.lang)
        state = way.state(now - _waited(way, form))
        if state not in TAKEN or (state == "full" and filled.switch):
            return cls(way, filled, locale, state)
        if filled.switch:
            return cls(way, filled, locale, "switch")
        verdict = stepping.judge(filled.sent, way.asked.document, way.reader(locale), texts_of(way, locale))
        if not verdict.kept:
            return cls(way, filled, locale, "full" if state == "full" else "shown", verdict)
        return cls(way, filled, locale, "kept", verdict)


def _waited(way: Way, form: Mapping[str, str]) -> timedelta:
    """How long a device without a connection kept the answer: it was given then, whatever day it is now."""
    raw = form.get("waited", "")
    if not isinstance(way, Door) or way.mode != "kiosk" or not raw.isascii() or not raw.isdigit() or len(raw) > 12:
        return timedelta()
    return min(timedelta(milliseconds=int(raw)), LONGEST_WAIT)


def take(
    find: Finding,
    keep: Keep,
    *,
    looking: Callable[[], AbstractContextManager[Any]],
    writing: Callable[[], AbstractContextManager[Any]],
) -> Submitted | Response:
    """Keep a posted answer, or find out what is to be said instead. `find` reads the link anew each time."""
    request.max_content_length = MAX_BODY
    try:
        form = request.form
    except RequestEntityTooLarge:
        with looking():
            return _too_large(find())
    now, sent = clock.now(), None
    try:
        with writing():
            sent = Submitted.read(find(), form, now)
            if sent.outcome == "kept":
                keep(sent, now)
    except FullError:
        assert sent is not None
        return replace(sent, outcome="full")
    except ConflictError:
        assert sent is not None
        return replace(sent, outcome="conflict")
    except SQLAlchemyError:
        if sent is None:  # not even the question could be read
            raise
        log.exception("an answer could not be kept; its page asks to send it again")
        return replace(sent, outcome="not_saved")
    return sent


def told(sent: Submitted) -> Response:
    """The answer of the web to a submission whose transaction has ended."""
    way, filled, locale = sent.way, sent.filled, sent.locale
    match sent.outcome:
        case "kept":
            return respondent.see_other(f"{way.path}/thanks" + respondent.carried(way, locale))
        case "conflict" if way.anonymous and way.invitation_id:
            return respondent.kind_page("answered", way)
        case "conflict" | "not_saved" as outcome:
            word = "not_saved" if outcome == "not_saved" else "answered_before" if way.invitation_id else "already_sent"
            message = Problem("form", texts_of(way, locale)[word])
            status = 503 if outcome == "not_saved" else 409
            return respondent.question_again(way, filled, locale=locale, wrong=(message,), status=status)
        case "switch":
            return respondent.question_again(way, filled, locale=locale)
        case "shown" if sent.verdict:
            page, wrong = sent.verdict.page, sent.verdict.problems
            status = 422 if wrong else 200
            return respondent.question_again(way, filled, locale=locale, page=page, wrong=wrong, status=status)
        case state:
            return respondent.kind_page(state, way)


def _too_large(way: Way) -> Response:
    """More than we read: what was typed is still in the browser, one step back."""
    locale = respondent.locale_of(way)
    limits = {
        "count": f"> {wording.number(MAX_BODY // 12 // 1000 * 1000, locale)}",
        "limit": wording.number(wording.COMMENT_LIMIT, locale),
    }
    message = merge(texts_of(way, locale)["comment_too_long"], limits)
    wrong = (Problem("form", message),)
    return respondent.question_again(way, Filled(Sent()), locale=locale, wrong=wrong, status=413)


def texts_of(way: Way, locale: str) -> wording.Texts:
    """Every word of the survey for this person."""
    return wording.named(wording.effective(way.asked.document, locale), way.asked.company, way.person)
