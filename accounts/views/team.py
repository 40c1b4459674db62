"""The people of a workspace: who they are, what they may do, who is invited."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.access import actor, requires
from accounts.forms import ROLE_NAMES, InviteForm, RoleForm
from accounts.role import Role
from accounts.session import Session
from accounts.ticket import Ticket
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError

bp = Blueprint("team", __name__)


@bp.get("/w/<workspace>/settings/people")
@requires("people.manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    return _page(workspace, InviteForm())


def _page(workspace: Workspace, form: InviteForm) -> str:
    people = User.of_workspace(workspace.id)
    return render_template(
        "accounts/people.html",
        form=form,
        people=[(user, role, user.belongs_only_to(workspace.id)) for user, role in people],
        pending=Ticket.pending(workspace.id, now=clock.now()),
        role_names=dict(ROLE_NAMES),
        mail_configured=bool(current_app.config["SETTINGS"].smtp_url),
        fresh=request.args.get("invited"),
    )


def _back(workspace: Workspace, **more: Any) -> ResponseReturnValue:
    return redirect(url_for(".index", workspace=workspace.slug, **more), 303)


@bp.post("/w/<workspace>/settings/people")
@requires("people.manage")
def invite(workspace: Workspace) -> ResponseReturnValue:
    form = InviteForm()
    if not form.validate():
        return _page(workspace, form), 422
    try:
        with transaction():
            ticket = Ticket.invite(
                form.email.data, workspace_id=workspace.id, role=form.role.data, at=clock.now(), actor=actor()
            )
    except InvalidError as error:
        form.email.errors = [error.detail]
        return _page(workspace, form), 422
    flash(gettext("%(email)s is invited.", email=ticket.email), "success")
    return _back(workspace, invited=str(ticket.id))


@bp.post("/w/<workspace>/settings/people/invitations/<uuid:ticket_id>/withdraw")
@requires("people.manage")
def withdraw(workspace: Workspace, ticket_id: uuid.UUID) -> ResponseReturnValue:
    at = clock.now()
    with transaction():
        ticket = next((one for one in Ticket.pending(workspace.id, now=at) if one.id == ticket_id), None)
        if ticket is None:
            raise NotFoundError("invitation", ticket_id)
        ticket.withdraw(at=at, actor=actor())
    flash(gettext("The invitation of %(email)s is taken back.", email=ticket.email), "success")
    return _back(workspace)


@bp.post("/w/<workspace>/settings/people/<uuid:user_id>/role")
@requires("people.manage")
def change_role(workspace: Workspace, user_id: uuid.UUID) -> ResponseReturnValue:
    form = RoleForm()
    if not form.validate():
        raise InvalidError(gettext("There is no such role."))
    try:
        with transaction():
            Role.of(workspace.id, user_id).change(form.role.data, at=clock.now(), actor=actor())
    except ConflictError as error:
        flash(error.detail, "error")
        return _back(workspace)
    flash(gettext("The role is changed."), "success")
    return _back(workspace) if user_id != g.user.id or form.role.data == "admin" else redirect("/", 303)


@bp.post("/w/<workspace>/settings/people/<uuid:user_id>/remove")
@requires("people.manage")
def remove(workspace: Workspace, user_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        user = _colleague(workspace, user_id)
        Role.of(workspace.id, user_id).remove(at=clock.now(), actor=actor())
    flash(gettext("%(name)s no longer belongs to this workspace.", name=user.name), "success")
    return _back(workspace)


@bp.post("/w/<workspace>/settings/people/<uuid:user_id>/disable")
@requires("people.manage")
def disable(workspace: Workspace, user_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        user = _colleague(workspace, user_id, only_here=True)
        user.disable(workspace_id=workspace.id, at=clock.now(), actor=actor())
        Session.end_all(user.id)
    flash(gettext("%(name)s can no longer sign in.", name=user.name), "success")
    return _back(workspace)


@bp.post("/w/<workspace>/settings/people/<uuid:user_id>/enable")
@requires("people.manage")
def enable(workspace: Workspace, user_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        user = _colleague(workspace, user_id, only_here=True)
        user.enable(workspace_id=workspace.id, at=clock.now(), actor=actor())
    flash(gettext("%(name)s can sign in again.", name=user.name), "success")
    return _back(workspace)


def _colleague(workspace: Workspace, user_id: uuid.UUID, *, only_here: bool = False) -> User:
    """Somebody else of this workspace; with `only_here`, one whose account no other workspace depends on."""
    Role.of(workspace.id, user_id)
    user = db.session.get_one(User, user_id)
    if user.id == g.user.id:
        raise ForbiddenError(gettext("Nobody can shut themselves out."))
    if only_here and not user.belongs_only_to(workspace.id):
        raise ForbiddenError(gettext("This person also belongs to another workspace; remove them from this one."))
    return user
