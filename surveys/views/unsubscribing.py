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

bp = Blueprint("unsubscribing", __name__)

State = Literal["ask", "done", "undone"]

_SIGNED = re.compile(r"([0-9a-f]{32})([A-Za-z0-9-]{2,12})")
KEY_IS_TOKEN = "the signed token in the mailed link is the key"  # noqa: S105 - a sentence


@dataclass(frozen=True)
class Wish:
    """Whose link it is. The contact is None after an erasure: then there is nobody to ask, which is what was wished."""

    token: str
    locale: str
    contact: Contact | None

    @classmethod
    def by_token(cls, token: str) -> Wish:
        """What the token was signed for, or NotFoundError. It never expires."""
        found = _SIGNED.fullmatch(str(tokens.unsign("unsubscribe", token)))
        if found is None:
            raise NotFoundError("link")
        return cls(token, found[2], db.session.get(Contact, uuid.UUID(found[1])))

    @property
    def state(self) -> State:
        return "ask" if self.contact is not None and self.contact.suppressed_at is None else "done"


@bp.get("/u/<token>")
@public(KEY_IS_TOKEN)
def look(token: str) -> Response:
    """A page with one button. Nothing changes."""
    try:
        wish = Wish.by_token(token)
    except NotFoundError:
        return _unknown()
    return _page(wish, wish.state)


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
        return _ended(wish)
    if request.form.get("undo") == "1":
        return _resumed(wish)
    return _page(wish, wish.state, 400)


def _ended(wish: Wish) -> Response:
    with transaction():
        if wish.contact is not None:
            wish.contact.suppress("unsubscribed", at=clock.now())
    return _page(wish, "done")


def _resumed(wish: Wish) -> Response:
    """Only a wish can be taken back; what bounced or was ended by staff stays ended."""
    with transaction():
        if wish.contact is None or wish.contact.suppressed_reason not in {"unsubscribed", None}:
            return _page(wish, "done")
        wish.contact.welcome_back(at=clock.now())
    return _page(wish, "undone")


def _page(wish: Wish, state: State, status: int = 200) -> Response:
    owner = db.session.get(Workspace, wish.contact.workspace_id) if wish.contact is not None else None
    look = look_of(owner) if owner is not None else PLAIN
    words = paging.page_context(wish.locale, company=owner.name if owner is not None else "", look=look)
    values = {**words, "state": state, "action": f"/u/{wish.token}"}
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
