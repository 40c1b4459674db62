"""The pages a respondent sees, as answers of the web: in their language, without cookie, session or staff words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Response, current_app, request
from markupsafe import Markup

from base import clock
from base.db import new_id
from feedback.submitting import Filled, tag
from feedback.views import dressing
from surveys import paging, wording
from surveys.complaining import Problem
from surveys.door import Door
from surveys.filling import Typed
from surveys.link import Link
from surveys.paging import Asked, Visit

RETRY_AFTER = "30"
"""Seconds after which a person or program may try again when the database could not be asked."""

STATUS = {"unknown": 404, "early": 404, "unavailable": 503, "answered": 200}
"""Of pages without a question; where something is over, 410."""

Way = Link | Door
"""What leads to a question: the link of a mail, or an open one."""


def question(way: Way, *, typed: Typed) -> Response:
    """The answer page as it is opened; with what was answered before, which the person may change."""
    return html(question_text(way, typed=typed, locale=locale_of(way)), way=way)


def question_text(way: Way, *, typed: Typed, locale: str) -> str:
    seen = Visit(
        action=way.action,
        form_id=new_id().hex,
        opened_at=_millis(),
        typed=typed,
        answered=way.answered,
        person=way.person,
        seed=way.seed,
        tail=dressing.tail(way, locale),
    )
    return paging.answer_page(current_app.jinja_env, way.asked, locale=locale, visit=seen)


def question_again(
    way: Way,
    filled: Filled,
    *,
    locale: str,
    page: int | None = None,
    wrong: tuple[Problem, ...] = (),
    status: int = 200,
) -> Response:
    """The page with everything that was filled in. It stays the same form, so that whoever steps back and sends again
    replaces nothing and adds nothing; only after an answer of that form was kept it is a new one.
    """
    seen = Visit(
        action=way.action,
        form_id=(filled.form_id if status != 409 else None) or new_id().hex,
        opened_at=int(filled.opened_at.timestamp() * 1000) if filled.opened_at else _millis(),
        typed=filled.sent.typed,
        page=filled.sent.page if page is None else page,
        answered=way.answered and not wrong,
        problems=wrong,
        person=way.person,
        seed=way.seed,
        tail=dressing.tail(way, locale, begun=True),
    )
    text = paging.render_answer_page(current_app.jinja_env, way.asked, locale=locale, visit=seen)
    return html(text, status, way=way)


def thanks(way: Way, *, change_url: str) -> Response:
    """Thanks, with the way back to another answer while the survey takes one."""
    locale = locale_of(way)
    if not change_url:
        return html(_thanks_text(way.asked, locale, tail=dressing.tail(way, locale)), way=way)
    return html(change_url.join(_thanks_pieces(way.asked, locale)), way=way)


def kind_page(reason: str, way: Way | None = None, *, action_url: str = "") -> Response:
    """Why there is nothing to answer: unknown, expired, closed, full, early, unsubscribed, answered anonymously, or
    (503) unavailable for the moment.
    """
    tail = Markup()
    if way is not None:
        locale, asked = locale_of(way), way.asked
        words = paging.page_context(locale, document=asked.document, company=asked.company, look=asked.look)
        tail = dressing.tail(way, locale)
    else:
        browser = wording.spoken(request.headers.get("Accept-Language", ""))
        words = paging.page_context(wording.served(tag(request.args.get("lang")), *browser))
    text = _rendered("feedback/closed.html", reason=reason, action_url=action_url, tail=tail, **words)
    return html(text, STATUS.get(reason, 410), way=way)


def locale_of(way: Way, chosen: str | None = None) -> str:
    """The survey's language for this person: chosen, else of the address, invitation, contact, browser."""
    asked = tag(request.args.get("lang")) if request.query_string else None
    return locale_for(way, chosen, asked, browser=request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))


def locale_for(way: Way, *chosen: str | None, browser: str) -> str:
    """The same, from what was chosen, the strongest wish first, and the browser's Accept-Language."""
    wishes = (*chosen, *way.wishes)
    if not any(wishes) and len(way.asked.document["locales"]) > 1:
        wishes = wording.spoken(browser)
    return _fitting(way.asked, wishes)


def carried(way: Way, locale: str) -> str:
    """The language in the next address, where it would not be chosen by itself."""
    lang = "" if locale == _fitting(way.asked, way.wishes) else f"lang={locale}"
    return f"{way.query}&{lang}" if way.query and lang else way.query or (lang and f"?{lang}")


@lru_cache(maxsize=1024)
def _fitting(asked: Asked, wishes: tuple[str | None, ...]) -> str:
    return wording.choose_locale(asked.document, *wishes)


def html(text: str, status: int = 200, *, way: Way | None = None) -> Response:
    """A respondent's page; its policy allows what the survey wears, and what its way of showing adds."""
    response = Response(text, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = dressing.policy(way)
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


def _thanks_text(asked: Asked, locale: str, *, change_url: str = "", tail: Markup | None = None) -> str:
    words = paging.page_context(locale, document=asked.document, company=asked.company, look=asked.look)
    return _rendered("feedback/thanks.html", change_url=change_url, tail=tail or "", **words)


def _rendered(template: str, **values: Any) -> str:
    """Without the context of staff pages, which would look for a signed-in person."""
    return current_app.jinja_env.get_template(template).render(values)


def _millis() -> int:
    return int(clock.now().timestamp() * 1000)
