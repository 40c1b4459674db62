"""The two requests that nearly every respondent makes, answered on the doorstep of Flask.

Opening a link of a mail and sending the page's form, with nothing unusual about either, need no session, no routing
and no context of a request. They go through the same verbs as `answering` and say the same headers. Whatever is
unusual (another language asked for, something to put right, a link that is over, a database that fails) is left to
`answering`, which then does it all from the start; nothing was kept by then.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask
from werkzeug.sansio.utils import host_is_trusted

from base import clock, web
from base.swift import swift_reading, swift_transaction
from feedback.response import Response as Answer
from feedback.submitting import read_form
from feedback.suspecting import Visit
from feedback.views import respondent, visiting
from surveys import paging
from surveys.branding import Look
from surveys.link import Link
from surveys.question import SCORE, TITLES, Document, questions
from surveys.scale import SCALES
from surveys.wording import COMMENT_LIMIT

Environ = dict[str, Any]
Start = Callable[..., Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]
Reply = tuple[str, list[tuple[str, str]], bytes]

_PATH = re.compile(r"/s/([A-Za-z0-9_-]{22})(?:/(\d{1,2}))?")
_FORM = "application/x-www-form-urlencoded"
MAX_BODY = 32 * 1024
"""Bytes of a form that is read here; longer ones are rare."""


class Doorstep:
    """A WSGI application in front of another one, which gets every request that is not answered here."""

    def __init__(self, app: Flask, inner: Wsgi) -> None:
        self._app = app
        self._inner = inner
        self._hosts = tuple(app.config["TRUSTED_HOSTS"] or ())
        common = {**web.HEADERS, "Content-Type": "text/html; charset=utf-8"}
        common |= dict([web.ONLY_SECURE]) if app.config["SECURE"] else {}
        self._to_thanks = list(common.items())
        self._common = tuple(common.items())

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        reply = self._reply(environ)
        if reply is None:
            return self._inner(environ, start_response)
        status, headers, body = reply
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return (body,)

    def _reply(self, environ: Environ) -> Reply | None:
        """What to answer; None leaves the request, unread, to the inner application."""
        path = environ["PATH_INFO"]
        if not path.startswith("/s/") or environ.get("QUERY_STRING") or environ.get("SCRIPT_NAME"):
            return None
        method, found = environ["REQUEST_METHOD"], _PATH.fullmatch(path)
        if found is None or method not in {"GET", "POST"} or not _trusted(environ.get("HTTP_HOST"), self._hosts):
            return None
        token, score = found.groups()
        try:
            with self._app.app_context():
                if method == "GET":
                    return self._opened(environ, token, score)
                form = None if score else _form(environ)
                return self._sent(environ, token, form) if form else None
        except Exception:  # noqa: BLE001 - `answering` meets it again and tells it in words
            return None

    def _opened(self, environ: Environ, token: str, chosen: str | None) -> Reply | None:
        with swift_reading():
            link = Link.by_token(token)
        now = clock.now()
        if link.state(now) != "open" or link.answered:
            return None
        score = int(chosen) if chosen and int(chosen) in SCALES[link.metric].values else None
        typed = paging.scored(score)
        locale = respondent.locale_for(link, browser=environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        body = respondent.question_text(link, typed=typed, locale=locale).encode()
        seen = Visit(at=now, client=visiting.client_of(environ).fingerprint, kind="open", score=score)
        visiting.visits().note(link.invitation_id, seen, written=not link.anonymous)
        headers = _page_headers(self._common, link.asked.look)
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") and len(body) > web.WORTH_GZIP:
            packed = [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
            return "200 OK", [*headers, *packed], gzip.compress(body, web.GZIP_LEVEL)
        return "200 OK", headers, body

    def _sent(self, environ: Environ, token: str, form: dict[str, str]) -> Reply | None:
        with swift_reading():
            link = Link.by_token(token)
        now = clock.now()
        if not _one_page(link.asked.document):
            return None
        filled = read_form(form, link.asked.document, now=now)
        unusual = filled.sent.score is None or filled.form_id is None or filled.switch
        if unusual or link.state(now) not in {"open", "unsubscribed"} or len(filled.sent.comment) > COMMENT_LIMIT:
            return None
        locale = respondent.locale_for(link, filled.lang, browser=environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        given = visiting.given(link, filled, visiting.client_of(environ), locale=locale, at=now)
        with swift_transaction():
            Answer.submit(link, given, at=now)
        there = f"/s/{token}/thanks{respondent.carried(link, locale)}"
        return "303 SEE OTHER", [*self._to_thanks, ("Location", there)], b""


def _one_page(document: Document) -> bool:
    """Whether a score is all that an answer needs: one page, on which nothing else must be filled in."""
    asked = questions(document)
    return all(one.id in TITLES and not one.show and (one.id == SCORE or not one.required) for one in asked)


def _form(environ: Environ) -> dict[str, str] | None:
    """The fields of an ordinary form, the first of each name. The body can be read again by whoever comes next."""
    length = environ.get("CONTENT_LENGTH", "")
    if environ.get("CONTENT_TYPE") != _FORM or not length.isdigit() or int(length) > MAX_BODY:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    if len(body) != int(length) or not body.isascii():
        return None
    pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="werkzeug.url_quote")  # as Werkzeug reads forms
    return dict(reversed(pairs))


@lru_cache(maxsize=128)
def _page_headers(common: tuple[tuple[str, str], ...], look: Look) -> list[tuple[str, str]]:
    """What a page that wears `look` is sent with."""
    return list((dict(common) | {"Content-Security-Policy": paging.policy(look)}).items())


@lru_cache(maxsize=64)
def _trusted(host: str | None, hosts: tuple[str, ...]) -> bool:
    return host_is_trusted(host, hosts)
