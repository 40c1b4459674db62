"""Open links: addresses of a survey that anybody may open, on paper, inside other sites' pages, on a device.

A GET or HEAD keeps no answer and sets no cookie. Whose browser sent an answer is only remembered afterwards, by a
cookie of this site that says nothing but "this browser answered".
"""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, Response, current_app, request

from accounts.access import cookie_name
from base import clock, throttle, tokens
from base.db import reading, transaction
from base.web import csrf, public
from feedback import ballot
from feedback.suspecting import LIMITS, Limited
from feedback.views import dressing, respondent, visiting
from feedback.views.course import Submitted, kindly, take, told
from surveys.door import Door, Mode
from surveys.paging import constant

bp = Blueprint("opening", __name__)

OPEN_TO_ALL = "whoever knows the address of an open link may answer"
COOKIE = "afterword_answered"
_BROWSER = re.compile(r"[A-Za-z0-9_-]{16}")
HOUR = 3600


@bp.get("/o/<slug>")
@public(OPEN_TO_ALL)
@kindly
def page(slug: str) -> Response:
    """The question, in the newest version, by itself, embedded or on a device."""
    with reading():
        door = Door.by_slug(slug, mode=_mode())
    state = door.state(clock.now())
    if request.method == "GET" and "again" not in request.args:  # a device asks again for news
        visiting.visits().openings.put(slug)
    if state != "open":
        return respondent.kind_page(state, door)
    return respondent.question(door, typed={})


@bp.get("/o/<slug>/thanks")
@public(OPEN_TO_ALL)
@kindly
def thanks(slug: str) -> Response:
    """What is said after an answer; nobody can tell whether this visitor gave one."""
    with reading():
        return respondent.thanks(Door.by_slug(slug, mode=_mode()), change_url="")


@bp.get("/o/<slug>/<int:number>")
@bp.get("/o/<slug>/<int:number>/<any(embed, kiosk):mode>")
@public(OPEN_TO_ALL)
@kindly
def again(slug: str, number: int, mode: Mode = "") -> Response:  # noqa: ARG001 - the newest version is shown
    """Where a form was posted, opened by itself: the link, from the start."""
    with reading():
        door = Door.by_slug(slug, mode=mode)
    return respondent.see_other(door.path + door.query)


@bp.post("/o/<slug>")
@bp.post("/o/<slug>/<int:number>")
@bp.post("/o/<slug>/<int:number>/<any(embed, kiosk):mode>")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
@public(OPEN_TO_ALL)
@kindly
def submit(slug: str, number: int | None = None, mode: Mode = "") -> Response:
    """Keep the answer to the version that was shown, then say thanks; or say what is wrong."""

    def find() -> Door:
        return Door.by_slug(slug, number=number, mode=mode)

    sent = take(find, _keep, looking=reading, writing=transaction)
    if not isinstance(sent, Submitted):
        return sent
    response = told(sent)
    if sent.outcome == "kept" and _browser() is None and isinstance(sent.way, Door) and not sent.way.kiosk:
        secure = current_app.config["SECURE"]
        age = LIMITS["many_browser"][1]
        named = {"max_age": age, "secure": secure, "httponly": True, "samesite": "Lax", "path": "/"}
        response.set_cookie(cookie_name(COOKIE), tokens.new_secret(size=12), **named)
    return response


def _keep(sent: Submitted, now: datetime) -> None:
    assert isinstance(sent.way, Door)
    given = visiting.given(sent.way, sent.filled, visiting.client(), locale=sent.locale, at=now)
    ballot.walk_in(sent.way, given, _senders(sent.way), at=now)


def _senders(door: Door) -> dict[Limited, str]:
    """Keys of the browser, once it has answered, and of the address. A device at the door answers for many."""
    if door.kiosk:
        return {}
    address = tokens.derived("address", throttle.network(request.remote_addr))
    browser = _browser()
    known: dict[Limited, str] = {"many_browser": tokens.derived("browser", browser)} if browser else {}
    return known | {"many_address": address}


def _browser() -> str | None:
    found = request.cookies.get(cookie_name(COOKIE), "")
    return found if _BROWSER.fullmatch(found) else None


def _mode() -> Mode:
    """How the page is to be shown, as its address says."""
    return "embed" if request.args.get("embed") == "1" else "kiosk" if request.args.get("kiosk") == "1" else ""


@bp.get("/embed.js")
@public("other sites load it to show a survey; it is the same for everybody")
def embed() -> Response:
    return _script("js/embed.js")


@bp.get(dressing.WORKER)
@public("a device keeps the page of its survey with it; it is the same for everybody")
def worker() -> Response:
    return _script("js/kiosk-worker.js")


def _script(name: str) -> Response:
    """A script of ours at an address that stays, so it may be stored for an hour and not for ever."""
    response = Response(constant(name), mimetype="text/javascript")
    response.headers["Cache-Control"] = f"public, max-age={HOUR}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
