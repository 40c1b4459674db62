"""A forgotten password: ask for a link, choose a new one."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts import hashing, throttling
from accounts.access import current_user, let_in, start_session
from accounts.forms import ForgotForm, ResetForm
from accounts.ticket import Ticket
from accounts.user import User
from base import clock, throttle
from base.db import transaction
from base.errors import NotFoundError, TooManyError
from base.web import public

bp = Blueprint("resets", __name__)


@bp.get("/forgot-password")
@public("for those who cannot sign in")
def forgot() -> ResponseReturnValue:
    return render_template("accounts/forgot.html", form=ForgotForm())


@bp.post("/forgot-password")
@public("for those who cannot sign in; the answer is the same for every address")
def request_link() -> ResponseReturnValue:
    form = ForgotForm()
    if not form.validate():
        return render_template("accounts/forgot.html", form=form), 422
    now = clock.now()
    for key, limit, seconds in throttling.reset(form.email.data, client=throttle.network(request.remote_addr)):
        try:
            with transaction():
                throttle.spend(key, limit=limit, per_seconds=seconds, now=now)
        except TooManyError as error:
            raise TooManyError(gettext("Too many reset links were asked for."), error.retry_after) from error
    with transaction():
        Ticket.request_reset(form.email.data, at=now)
    return render_template("accounts/forgot_sent.html", email=form.email.data)


def _owner(token: str) -> User | None:
    """Whose link it is; None when it is over."""
    try:
        ticket = Ticket.find("reset", token, now=clock.now())
    except NotFoundError:
        return None
    user = User.by_email(ticket.email or "")
    return user if user and user.disabled_at is None else None


@bp.get("/reset/<token>")
@public("whoever got the mailed link")
def choose(token: str) -> ResponseReturnValue:
    user = _owner(token)
    if user is None:
        return render_template("accounts/link_over.html", reset=True), 404
    return render_template("accounts/reset.html", form=ResetForm(), email=user.email)


@bp.post("/reset/<token>")
@public("whoever got the mailed link")
def change(token: str) -> ResponseReturnValue:
    user = _owner(token)
    if user is None:
        return render_template("accounts/link_over.html", reset=True), 404
    form = ResetForm()
    form.personal = (user.email, user.name)
    if not form.validate():
        return render_template("accounts/reset.html", form=form, email=user.email), 422
    kept, at = hashing.keep(form.password.data), clock.now()
    current_user()
    with transaction() as session:
        Ticket.find("reset", token, now=at).spend(at=at)
        user = session.get_one(User, user.id)
        user.change_password(kept, at=at)
        Ticket.end_resets(user.email, at=at)
        secret = start_session(user, at=at, alone=True)
    return let_in(make_response(redirect("/", 303)), secret)
