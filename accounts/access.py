"""The door-keeper of staff pages and API: who is asking, in which workspace, and whether they may.

`@requires("permission")` on a route `/w/<workspace>/…` hands the view a Workspace instead of the slug. A workspace
the person does not belong to looks exactly like one that does not exist.
"""

from __future__ import annotations

import functools
import hmac
import uuid
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, redirect, request, url_for
from flask import session as form_session
from flask.typing import ResponseReturnValue
from sqlalchemy import select, update

from accounts import policy
from accounts.apikey import ApiKey
from accounts.role import Role
from accounts.session import ABSOLUTE, Session
from accounts.user import User
from accounts.workspace import Workspace
from base import clock, tokens
from base.db import db, transaction
from base.errors import AfterwordError, ForbiddenError, NotFoundError
from base.web import csrf

View = TypeVar("View", bound=Callable[..., Any])

COOKIE = "afterword_session"
DEVICE = "afterword_device"
DEVICE_AGE = 180 * 86400
"""Seconds that a browser which once signed in is known as its person's own; see throttling."""


def cookie_name(name: str = COOKIE) -> str:
    """Browsers take a `__Host-` cookie only from https, for this very host and the whole of it."""
    return f"__Host-{name}" if current_app.config["SECURE"] else name


def start_session(user: User, *, at: datetime, alone: bool = False) -> str:
    """Sign `user` in with this browser; what it was signed in with before ends. Needs a transaction.

    `alone`: all other sessions of the person end too.
    """
    if g.get("session"):
        g.session.end(at=at)
    if alone:
        Session.end_all(user.id)
    g.user, g.session = user, None
    agent = request.headers.get("User-Agent", "")
    return Session.start(user.id, at=at, address=request.remote_addr or "", user_agent=agent)


def let_in(response: Response, secret: str) -> Response:
    """Give the browser the session of `secret`, and a mark that it is the person's own. Old form tokens end."""
    form_session.clear()
    known = known_device(g.user.id) or f"{g.user.id.hex}.{tokens.new_secret(size=12)}"
    _set_cookie(response, cookie_name(), secret, age=int(ABSOLUTE.total_seconds()))
    _set_cookie(response, cookie_name(DEVICE), tokens.sign("device", known), age=DEVICE_AGE)
    return response


def let_out(response: Response) -> Response:
    """Take the session out of the browser; the mark of the person's own browser stays."""
    form_session.clear()
    _set_cookie(response, cookie_name(), "", age=0)
    return response


def known_device(user_id: uuid.UUID) -> str | None:
    """The name of this browser if that person has signed in with it before, else None."""
    try:
        known = str(tokens.unsign("device", request.cookies.get(cookie_name(DEVICE), ""), max_age=DEVICE_AGE))
    except NotFoundError:
        return None
    return known if known.startswith(f"{user_id.hex}.") else None


def _set_cookie(response: Response, name: str, value: str, *, age: int) -> None:
    secure = current_app.config["SECURE"]
    response.set_cookie(name, value, max_age=age, path="/", secure=secure, httponly=True, samesite="Lax")


class UnauthorizedError(AfterwordError):
    """No key, or one that opens nothing."""

    status = 401


def current_user() -> User | None:
    """The signed-in person of this request, or None. Looked up once a request."""
    if "user" not in g:
        now = clock.now()
        secret = request.cookies.get(cookie_name())
        g.session = Session.find(secret, now=now) if secret else None
        if g.session and g.session.stale(now=now):
            with transaction():
                Session.touch(g.session.id, at=now)
        g.user = db.session.get(User, g.session.user_id) if g.session else None
    return cast("User | None", g.user)


def can(permission: str) -> bool:
    """Whether the signed-in person may do `permission` in the workspace of this page."""
    return policy.may(g.get("role"), permission)


def actor() -> str | None:
    """Who is acting, as events keep it."""
    if g.get("apikey"):
        return f"key:{g.apikey.prefix}"
    return str(g.user.id) if g.get("user") else None


def actor_id() -> uuid.UUID | None:
    """Who is acting, where only a person can be: the signed-in one, None for a program."""
    return g.user.id if g.get("user") else None


def _sign_in_first() -> ResponseReturnValue:
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=back))


def signed_in(view: View) -> View:
    """A page for anybody signed in, whatever their roles."""

    @functools.wraps(view)
    def guarded(**values: Any) -> ResponseReturnValue:
        if current_user() is None:
            return _sign_in_first()
        return cast("ResponseReturnValue", view(**values))

    guarded.permission = "signed in"  # type: ignore[attr-defined]
    return cast("View", guarded)


def requires(permission: str) -> Callable[[View], View]:
    """A page of one workspace for those whose role there allows `permission`."""
    assert permission in policy.PERMISSIONS, permission

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*, workspace: str, **values: Any) -> ResponseReturnValue:
            user = current_user()
            if user is None:
                return _sign_in_first()
            found = db.session.execute(
                select(Workspace, Role.name)
                .join(Role, (Role.workspace_id == Workspace.id) & (Role.user_id == user.id))
                .where(Workspace.slug == workspace)
            ).one_or_none()
            if found is None:
                raise NotFoundError("workspace", workspace)
            g.workspace, g.role = found
            if not policy.may(g.role, permission):
                raise ForbiddenError("You may not do this in this workspace.")
            return cast("ResponseReturnValue", view(workspace=g.workspace, **values))

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


def requires_key(view: View) -> View:
    """A route of the REST API: `Authorization: Bearer KEY` names the workspace; the view gets it as `workspace`."""

    @functools.wraps(view)
    def guarded(**values: Any) -> ResponseReturnValue:
        g.workspace, g.apikey = _by_key(request.headers.get("Authorization", ""))
        return cast("ResponseReturnValue", view(workspace=g.workspace, **values))

    guarded.permission = "api key"  # type: ignore[attr-defined]
    return cast("View", csrf.exempt(guarded))


def _password(credentials: str) -> str:
    """The password of `user:password`, however the user is called; empty when it cannot be read."""
    try:
        return b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _by_key(header: str) -> tuple[Workspace, ApiKey]:
    scheme, _, secret = header.partition(" ")
    if scheme.lower() == "basic":  # services that post to an address can often send nothing else
        scheme, secret = "bearer", _password(secret)
    parts = secret.strip().split("_", 2)
    if scheme.lower() != "bearer" or len(parts) != 3:
        raise UnauthorizedError("Send the header Authorization: Bearer KEY, with a key of this workspace.")
    found = db.session.execute(
        select(Workspace, ApiKey).join(ApiKey, ApiKey.workspace_id == Workspace.id).where(ApiKey.prefix == parts[1])
    ).one_or_none()
    if (
        found is None
        or not hmac.compare_digest(found[1].secret_hash, tokens.digest(secret.strip()))
        or found[1].revoked_at
    ):
        raise UnauthorizedError("This key is unknown or revoked.")
    workspace, key = found
    now = clock.now()
    if key.last_used_at is None or (now - key.last_used_at).total_seconds() > 300:
        with transaction() as session:
            session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now))
    return workspace, key
