"""The pages a respondent sees, as answers of the web: in their language, without cookie, session or staff words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Response, current_app, request

from base import clock
from base.db import new_id
from feedback.submitting import Filled, tag
from surveys import paging, wording
from surveys.branding import PLAIN, Look
from surveys.complaining import Problem
from surveys.filling import Typed
from surveys.link import Link
from surveys.paging import Asked, Visit

RETRY_AFTER = "30"
"""Seconds after which a person or program may try again when the database could not be asked."""

STATUS = {"unknown": 404, "expired": 410, "closed": 410, "unsubscribed": 410, "unavailable": 503}


def question(link: Link, *, typed: Typed) -> Response:
    """The answer page as it is opened; with what was answered before, which the person may change."""
    return html(question_text(link, typed=typed, locale=locale_of(link)), look=link.asked.look)


def question_text(link: Link, *, typed: Typed, locale: str) -> str:
    seen = Visit(
        action=f"/s/{link.token}",
        form_id=new_id().hex,
        opened_at=_millis(),
        typed=typed,
        answered=link.answered_at is not None,
        person=link.person,
        seed=link.token,
    )
    return paging.answer_page(current_app.jinja_env, link.asked, locale=locale, visit=seen)


def question_again(
    link: Link,
    filled: Filled,
    *,
    locale: str,
    page: int | None = None,
    wrong: tuple[Problem, ...] = (),
    status: int = 200,
) -> Response:
    """The page with everything that was filled in. Its form is a new one, except after a failure of the database."""
    seen = Visit(
        action=f"/s/{link.token}",
        form_id=(filled.form_id if status == 503 else None) or new_id().hex,
        opened_at=int(filled.opened_at.timestamp() * 1000) if filled.opened_at else _millis(),
        typed=filled.sent.typed,
        page=filled.sent.page if page is None else page,
        answered=link.answered_at is not None and not wrong,
        problems=wrong,
        person=link.person,
        seed=link.token,
    )
    text = paging.render_answer_page(current_app.jinja_env, link.asked, locale=locale, visit=seen)
    return html(text, status, look=link.asked.look)


def thanks(link: Link, *, change_url: str) -> Response:
    """Thanks, with the way back to another answer while the survey takes one."""
    locale = locale_of(link)
    if not change_url:
        return html(_thanks_text(link.asked, locale, change_url=""), look=link.asked.look)
    return html(change_url.join(_thanks_pieces(link.asked, locale)), look=link.asked.look)


def kind_page(reason: str, link: Link | None = None, *, action_url: str = "") -> Response:
    """Why there is nothing to answer: unknown, expired, closed, unsubscribed, or (503) unavailable for the moment."""
    look = PLAIN
    if link is not None:
        asked, look = link.asked, link.asked.look
        words = paging.page_context(locale_of(link), document=asked.document, company=asked.company, look=look)
    else:
        browser = wording.spoken(request.headers.get("Accept-Language", ""))
        words = paging.page_context(wording.served(tag(request.args.get("lang")), *browser))
    text = _rendered("feedback/closed.html", reason=reason, action_url=action_url, **words)
    return html(text, STATUS[reason], look=look)


def locale_of(link: Link, chosen: str | None = None) -> str:
    """The survey's language for this person: chosen, else of the address, invitation, contact, browser."""
    asked = tag(request.args.get("lang")) if request.query_string else None
    return locale_for(link, chosen, asked, browser=request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))


def locale_for(link: Link, *chosen: str | None, browser: str) -> str:
    """The same, from what was chosen, the strongest wish first, and the browser's Accept-Language."""
    wishes = (*chosen, *link.wishes)
    if not any(wishes) and len(link.asked.document["locales"]) > 1:
        wishes = wording.spoken(browser)
    return _fitting(link.asked, wishes)


def carried(link: Link, locale: str) -> str:
    """The language in the next address, where it would not be chosen by itself."""
    return "" if locale == _fitting(link.asked, link.wishes) else f"?lang={locale}"


@lru_cache(maxsize=1024)
def _fitting(asked: Asked, wishes: tuple[str | None, ...]) -> str:
    return wording.choose_locale(asked.document, *wishes)


def html(text: str, status: int = 200, *, look: Look = PLAIN) -> Response:
    """A respondent's page that wears `look`; its policy allows the stylesheet and the logo of that look."""
    response = Response(text, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = paging.policy(look)
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def see_other(path: str) -> Response:
    return Response(status=303, headers={"Location": path})


@lru_cache(maxsize=256)
def _thanks_pieces(asked: Asked, locale: str) -> tuple[str, ...]:
    """Cut at the link for another answer, the only thing that differs between visitors."""
    cut = f"/s/{new_id().hex}"
    return tuple(_thanks_text(asked, locale, change_url=cut).split(cut))


def _thanks_text(asked: Asked, locale: str, *, change_url: str) -> str:
    words = paging.page_context(locale, document=asked.document, company=asked.company, look=asked.look)
    return _rendered("feedback/thanks.html", change_url=change_url, **words)


def _rendered(template: str, **values: Any) -> str:
    """Without the context of staff pages, which would look for a signed-in person."""
    return current_app.jinja_env.get_template(template).render(values)


def _millis() -> int:
    return int(clock.now().timestamp() * 1000)
