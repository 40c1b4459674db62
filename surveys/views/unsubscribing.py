"""Ending and resuming surveys by the link of a mail: a person presses a button, a mail program posts (RFC 8058).

Opening the link changes nothing, because software opens every link. Pressing twice is as good as once, and the link
needs neither cookie nor session, nor the invitation that it came with.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, Response, current_app, request

from accounts.workspace import Workspace
from base import clock, tokens
from base.db import db, transaction
from base.errors import NotFoundError
from base.web import csrf, public
from surveys import paging, wording
from surveys.branding import PLAIN, Look
from surveys.contact import Contact
from surveys.logo import look_of
from surveys.merger import Merger
from surveys.suppression import Suppression
from surveys.survey import Survey

bp = Blueprint("unsubscribing", __name__)

State = Literal["ask", "done", "undone"]
Scope = Literal["all", "this"]

_SIGNED = re.compile(r"([0-9a-f]{32})([0-9a-f]{32})?([A-Za-z][A-Za-z0-9-]{1,11})")
"""Contact, survey, language. Mails of earlier versions lack the survey: their links end everything, as they said."""
KEY_IS_TOKEN = "the signed token in the mailed link is the key"  # noqa: S105 - a sentence


@dataclass(frozen=True)
class Wish:
    """Whose link it is, and which survey its mail was about (None in old links, and when that survey is gone). The
    contact is None after an erasure: then there is nobody to ask, which is what was wished.
    """

    token: str
    locale: str
    contact: Contact | None
    survey: Survey | None

    @classmethod
    def by_token(cls, token: str) -> Wish:
        """What the token was signed for, or NotFoundError. It never expires."""
        found = _SIGNED.fullmatch(str(tokens.unsign("unsubscribe", token)))
        if found is None:
            raise NotFoundError("link")
        contact = Merger.follow(uuid.UUID(found[1]))
        survey = db.session.get(Survey, uuid.UUID(found[2])) if found[2] else None
        if contact is not None and survey is not None and survey.workspace_id != contact.workspace_id:
            survey = None
        return cls(token, found[3], contact, survey)

    @property
    def ended(self) -> Scope | None:
        """What the person is not asked any more."""
        if self.contact is None or self.contact.suppressed_at is not None:
            return "all"
        rows = Suppression.of_contact(self.contact.id)
        return "this" if self.survey is not None and any(row.scope == self.survey.id for row in rows) else None


@bp.get("/u/<token>")
@public(KEY_IS_TOKEN)
def look(token: str) -> Response:
    """A page with one button, which asks what to end. Nothing changes."""
    try:
        wish = Wish.by_token(token)
    except NotFoundError:
        return _unknown()
    return _page(wish, "done" if wish.ended else "ask")


@bp.post("/u/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
@public(KEY_IS_TOKEN)
def press(token: str) -> Response:
    """Ask this person no more, or again; said by the person or by their mail program."""
    try:
        wish = Wish.by_token(token)
    except NotFoundError:
        return _unknown()
    if request.form.get("List-Unsubscribe") == "One-Click":
        # A mail program asks nothing: its button stands beside the company's name, so whoever presses it means the
        # company. Ending less would bring another mail, and a complaint.
        return _end(wish, "all")
    if request.form.get("end") in ("all", "this"):
        return _end(wish, "this" if request.form["end"] == "this" and wish.survey is not None else "all")
    if request.form.get("undo") == "1":
        return _resume(wish)
    return _page(wish, "done" if wish.ended else "ask", 400)


def _end(wish: Wish, scope: Scope) -> Response:
    with transaction():
        if wish.contact is not None:
            survey_id = wish.survey.id if wish.survey is not None and scope == "this" else None
            wish.contact.suppress("unsubscribed", at=clock.now(), survey_id=survey_id)
    return _page(wish, "done")


def _resume(wish: Wish) -> Response:
    """Only a wish can be taken back; what bounced or was ended by staff stays ended."""
    now = clock.now()
    with transaction():
        if wish.contact is None or wish.contact.suppressed_reason not in {"unsubscribed", None}:
            return _page(wish, "done")
        if wish.ended == "all":
            wish.contact.welcome_back(at=now)
        if wish.survey is not None:
            own = Suppression.standing(wish.contact.whom, wish.survey.id)
            if own is not None and own.reason == "unsubscribed":
                wish.contact.welcome_back(at=now, survey_id=wish.survey.id)
    return _page(wish, "done" if wish.ended else "undone")


def _page(wish: Wish, state: State, status: int = 200) -> Response:
    owner = db.session.get(Workspace, wish.contact.workspace_id) if wish.contact is not None else None
    look = look_of(owner) if owner is not None else PLAIN
    words = paging.page_context(wish.locale, company=owner.name if owner is not None else "", look=look)
    values = {**words, "state": state, "action": f"/u/{wish.token}", "ended": wish.ended, "choice": wish.survey}
    return _html("surveys/unsubscribe.html", values, status, look=look)


def _unknown() -> Response:
    locale = wording.served(*wording.spoken(request.headers.get("Accept-Language", "")))
    return _html("feedback/closed.html", {**paging.page_context(locale), "reason": "unknown"}, 404)


def _html(template: str, values: dict[str, object], status: int, *, look: Look = PLAIN) -> Response:
    """Without the context of staff pages, which would look for a signed-in person."""
    text = current_app.jinja_env.get_template(template).render(values)
    response = Response(text, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = paging.policy(look)
    return response
