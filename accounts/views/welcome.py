"""The two links that let somebody new in: the set-up of the first admin, and the invitation of a colleague."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts import hashing
from accounts.access import current_user, let_in, start_session
from accounts.forms import JoinForm, PlainForm, SetupForm
from accounts.role import Role
from accounts.ticket import Ticket
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.errors import NotFoundError
from base.web import public

bp = Blueprint("welcome", __name__)


def _over() -> ResponseReturnValue:
    return render_template("accounts/link_over.html"), 404


@bp.get("/welcome/<token>")
@public("whoever has the set-up link printed at the first start")
def set_up(token: str) -> ResponseReturnValue:
    if not _setup_open(token):
        return _over()
    return render_template("accounts/welcome.html", form=SetupForm())


def _setup_open(token: str) -> bool:
    try:
        Ticket.find("setup", token, now=clock.now())
    except NotFoundError:
        return False
    return not User.anybody()


@bp.post("/welcome/<token>")
@public("whoever has the set-up link printed at the first start")
def finish_set_up(token: str) -> ResponseReturnValue:
    if not _setup_open(token):
        return _over()
    form = SetupForm()
    if not form.validate():
        return render_template("accounts/welcome.html", form=form), 422
    kept, at = hashing.keep(form.password.data), clock.now()
    current_user()
    with transaction():
        if User.anybody():
            raise NotFoundError("link")
        Ticket.find("setup", token, now=at).spend(at=at)
        user = User.create(form.email.data, form.name.data, password_hash=kept, at=at)
        who = str(user.id)
        workspace = Workspace.create(
            form.company.data, locale=form.language.data, zone=form.zone.data, at=at, actor=who
        )
        Role.grant(workspace.id, user.id, "admin", at=at, actor=who)
        secret = start_session(user, at=at)
        to = f"/w/{workspace.slug}/surveys"
    return let_in(make_response(redirect(to, 303)), secret)


@bp.get("/join/<token>")
@public("whoever was invited by mail")
def join(token: str) -> ResponseReturnValue:
    found = _invitation(token)
    return _join_page(token, JoinForm(), *found) if found else _over()


def _invitation(token: str) -> tuple[Ticket, Workspace, User | None] | None:
    """The invitation, where to, and the account that the address already has. None: the link is over."""
    try:
        ticket = Ticket.find("invite", token, now=clock.now())
    except NotFoundError:
        return None
    workspace = db.session.get_one(Workspace, ticket.workspace_id)
    known = User.by_email(ticket.email or "")
    return None if known and known.disabled_at else (ticket, workspace, known)


def _join_page(token: str, form: Any, ticket: Ticket, workspace: Workspace, known: User | None) -> str:
    """The account's owner confirms; anybody else with that address signs in first; a new person makes an account."""
    here, user = url_for(".join", token=token), current_user()
    values = {"ticket": ticket, "invited_to": workspace, "here": here, "form": form}
    if known is None:
        return render_template("accounts/join.html", **values)
    return render_template("accounts/join_known.html", **values, mine=user is not None and user.id == known.id)


@bp.post("/join/<token>")
@public("whoever was invited by mail")
def accept(token: str) -> ResponseReturnValue:
    found = _invitation(token)
    if found is None:
        return _over()
    ticket, workspace, known = found
    user, at = current_user(), clock.now()
    if known is not None:
        if user is None or user.id != known.id or not PlainForm().validate():
            return _join_page(token, None, ticket, workspace, known), 403
        with transaction():
            _enter(token, known, at=at)
        return redirect(f"/w/{workspace.slug}/surveys", 303)
    form = JoinForm()
    form.personal = (ticket.email or "", workspace.name)
    if not form.validate():
        return _join_page(token, form, ticket, workspace, known), 422
    kept = hashing.keep(form.password.data)
    with transaction():
        newcomer = User.create(ticket.email or "", form.name.data, password_hash=kept, at=at)
        _enter(token, newcomer, at=at)
        secret = start_session(newcomer, at=at)
        to = f"/w/{workspace.slug}/surveys"
    return let_in(make_response(redirect(to, 303)), secret)


def _enter(token: str, user: User, *, at: Any) -> None:
    ticket = Ticket.find("invite", token, now=at)
    ticket.spend(at=at)
    assert ticket.workspace_id is not None
    assert ticket.role is not None
    Role.grant(ticket.workspace_id, user.id, ticket.role, at=at, actor=str(user.id))
