"""One's own account: name, language, zone, password, and the browsers one is signed in with."""

from __future__ import annotations

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts import hashing, throttling
from accounts.access import current_user, let_in, signed_in, start_session
from accounts.forms import PasswordForm, ProfileForm
from accounts.recognising import browser_of
from accounts.session import Session
from accounts.user import User
from base import clock, events, throttle
from base.db import transaction
from base.errors import NotFoundError
from base.i18n import LOCALES

bp = Blueprint("account", __name__)


def _me() -> User:
    user = current_user()
    assert user is not None
    return user


def _page(profile: ProfileForm | None = None, password: PasswordForm | None = None) -> str:
    me = _me()
    sessions = [(session, *browser_of(session.user_agent)) for session in Session.of_user(me.id, now=clock.now())]
    return render_template(
        "accounts/account.html",
        profile=profile or ProfileForm(formdata=None, name=me.name, locale=me.locale, zone=me.zone or ""),
        password=password or PasswordForm(formdata=None),
        sessions=sessions,
        here=g.session.id,
        several_languages=len(LOCALES) > 1,
    )


@bp.get("/account")
@signed_in
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/account")
@signed_in
def change() -> ResponseReturnValue:
    form = ProfileForm()
    if len(LOCALES) == 1:
        form.locale.data = LOCALES[0]
    if not form.validate():
        return _page(profile=form), 422
    me, at = _me(), clock.now()
    with transaction():
        me.name, me.locale, me.zone = form.name.data, form.locale.data, form.zone.data or None
        events.record("user.changed", me.id, workspace_id=None, at=at, actor=str(me.id))
    flash(gettext("Your account is saved."), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/account/password")
@signed_in
def change_password() -> ResponseReturnValue:
    form, me = PasswordForm(), _me()
    form.personal = (me.email, me.name)
    if not form.validate():
        return _page(password=form), 422
    own = throttling.present_password(me.id)
    with transaction():
        throttle.spend(own.key, limit=own.limit, per_seconds=own.per_seconds, now=clock.now())
    if not hashing.matches(me.password_hash, form.current.data):
        form.current.errors = [gettext("This is not the password you have now.")]
        return _page(password=form), 422
    kept, at = hashing.keep(form.password.data), clock.now()
    with transaction():
        me.change_password(kept, at=at)
        secret = start_session(me, at=at, alone=True)
    response = let_in(make_response(redirect(url_for(".show"), 303)), secret)
    flash(gettext("Your password is changed. All other browsers are signed out."), "success")
    return response


@bp.post("/account/sessions/end")
@signed_in
def end_session() -> ResponseReturnValue:
    me, at = _me(), clock.now()
    chosen = request.form.get("session", "")
    with transaction():
        if chosen == "others":
            Session.end_all(me.id, but=g.session.id)
            events.record("user.signed_out", me.id, workspace_id=None, at=at, actor=str(me.id))
        else:
            _one_of_mine(me, chosen).end(at=at)
    flash(gettext("Signed out there."), "success")
    return redirect(url_for(".show", _anchor="sessions"), 303)


def _one_of_mine(me: User, chosen: str) -> Session:
    for session in Session.of_user(me.id, now=clock.now()):
        if str(session.id) == chosen:
            return session
    raise NotFoundError("session", chosen)
