"""The list of those who are left alone: search, lift, add one."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import actor, requires
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys import suppression_list
from surveys.forms.correcting import one_line
from surveys.forms.narrowing import SEARCH_LIMIT
from surveys.forms.refusing import AddressForm
from surveys.suppressing import REASONS
from surveys.suppression import Wish
from surveys.suppression_list import Asked

bp = Blueprint("suppressing", __name__)

PAGE = 50


@bp.get("/w/<workspace>/suppressions")
@requires("contacts.view")
def index(*, workspace: Workspace) -> ResponseReturnValue:
    return _page(workspace, AddressForm())


def _page(workspace: Workspace, form: AddressForm) -> str:
    wish = one_line(request.args.get("q"))[:SEARCH_LIMIT]
    reason = request.args.get("reason", "")
    reason = reason if reason in REASONS else ""
    asked = Asked.read(workspace.id, wish, reason or None)
    after, before = (request.args.get(name, type=uuid.UUID) for name in ("after", "before"))

    def here(**changes: Any) -> str:
        kept: dict[str, Any] = {"q": wish, "reason": reason} | changes
        return url_for(".index", workspace=workspace.slug, **{k: v for k, v in kept.items() if v})

    return render_template(
        "surveys/suppressions.html",
        page=suppression_list.page(asked, limit=PAGE, after=after, before=before),
        counts=suppression_list.reasons(workspace.id),
        matching=suppression_list.size(asked) if wish or reason else None,
        people={str(user.id): user.name for user, _role in User.of_workspace(workspace.id)},
        form=form,
        wish=wish,
        reason=reason,
        reasons=REASONS,
        here=here,
    )


@bp.post("/w/<workspace>/suppressions")
@requires("contacts.edit")
def add(*, workspace: Workspace) -> ResponseReturnValue:
    """Leave one address alone, whether somebody has it or not."""
    form = AddressForm()
    if not form.validate():
        return _page(workspace, form), 422
    with transaction():
        wish = Wish(reason="by hand", at=clock.now(), actor=actor())
        suppression_list.impose(workspace.id, [str(form.email.data)], wish)
    flash(_("%(email)s is not asked any more.", email=form.email.data), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


@bp.post("/w/<workspace>/suppressions/<uuid:suppression_id>/lift")
@requires("contacts.edit")
def lift(*, workspace: Workspace, suppression_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        suppression_list.lift(workspace.id, suppression_id, at=clock.now(), actor=actor())
    flash(_("They may be asked again, from their next interaction on."), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)
