"""Signing in and out, and the way in."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts import hashing, throttling
from accounts.access import current_user, known_device, let_in, let_out, requires, signed_in, start_session
from accounts.forms import SignInForm
from accounts.user import User
from accounts.workspace import Workspace
from base import clock, events, throttle
from base.db import new_id, reading, transaction
from base.errors import TooManyError
from base.web import public

bp = Blueprint("accounts", __name__)


@bp.get("/")
@public("sends people on, tells nothing")
def home() -> ResponseReturnValue:
    user = current_user()
    if user is None:
        return redirect(url_for(".sign_in"))
    workspaces = user.workspaces()
    if not workspaces:
        return render_template("accounts/nowhere.html")
    return redirect(f"/w/{workspaces[0].slug}/surveys")


@bp.get("/w/<workspace>/")
@requires("surveys.view")
def workspace_home(workspace: Workspace) -> ResponseReturnValue:
    return redirect(f"/w/{workspace.slug}/surveys")


@bp.get("/sign-in")
@public("the way in")
def sign_in() -> ResponseReturnValue:
    to = own_page(request.args.get("next", ""))
    if current_user() is not None:
        return redirect(to)
    return render_template("accounts/sign_in.html", form=SignInForm(next=to), first=not User.anybody())


@bp.post("/sign-in")
@public("the way in")
def try_sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    email, password = form.email.data, form.password.data
    with reading():
        user = User.by_email(email)
    buckets = throttling.sign_in(
        email,
        client=throttle.network(request.remote_addr),
        device=known_device(user.id) if user else None,
    )
    _count(buckets)
    kept = user.password_hash if user and user.disabled_at is None else None
    if not hashing.matches(kept, password) or user is None or kept is None:
        return _refuse(form, user)
    return _accept(form, user, buckets)


def _count(buckets: tuple[throttling.Bucket, ...]) -> None:
    """Each in its own transaction, so that a try counts whatever comes after."""
    now = clock.now()
    for key, limit, seconds in buckets:
        try:
            with transaction():
                throttle.spend(key, limit=limit, per_seconds=seconds, now=now)
        except TooManyError as error:
            detail = gettext("There were too many tries to sign in from here or to this account.")
            raise TooManyError(detail, error.retry_after) from error


def _refuse(form: SignInForm, user: User | None) -> ResponseReturnValue:
    """The same words, status and work whether the person is unknown, disabled or only mistyped."""
    with transaction():
        subject = user.id if user else new_id()
        data = {"known": user is not None, "address": throttle.network(request.remote_addr)}
        events.record("user.sign_in_failed", subject, workspace_id=None, at=clock.now(), data=data)
    return render_template("accounts/sign_in.html", form=form, refused=True), 422


def _accept(form: SignInForm, user: User, buckets: tuple[throttling.Bucket, ...]) -> ResponseReturnValue:
    again = hashing.keep(form.password.data) if hashing.outdated(user.password_hash or "") else None
    current_user()
    with transaction() as session:
        user = session.get_one(User, user.id)
        if again:
            user.password_hash = again
        for bucket in buckets:
            throttle.give_back(bucket.key)
        secret = start_session(user, at=clock.now())
    return let_in(make_response(redirect(own_page(form.next.data or ""), 303)), secret)


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    with transaction():
        g.session.end(at=clock.now())
    response = let_out(make_response(redirect(url_for(".sign_in"), 303)))
    flash(gettext("You are signed out."), "success")
    return response


def own_page(address: str) -> str:
    """`address` if it is a path of this very site, else the start page: never a way out to somebody else's."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    plain = address.isprintable() and "\\" not in address and not address.startswith("//")
    return address if plain and address.startswith("/") and not parts.scheme and not parts.netloc else "/"
