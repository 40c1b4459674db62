"""Who gets a digest when: the list, each order with its issues, and the form."""

from __future__ import annotations

import uuid
from datetime import date

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.access import requires
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.clock import zones
from base.db import reading, transaction
from base.errors import ConflictError
from feedback.digest import Digest
from feedback.forms.ordering import OrderForm, RhythmForm
from feedback.issue import Issue
from feedback.issue_member import oldest_untold
from feedback.order import known_names, unheard
from feedback.views import phrasing
from surveys.survey import Survey

bp = Blueprint("digests", __name__)

PAGE = 30


@bp.get("/w/<workspace>/digests")
@requires("digests.view")
def index(workspace: Workspace) -> ResponseReturnValue:
    return render_template(
        "feedback/digests.html",
        digests=Digest.all_of(workspace.id),
        ended=Digest.all_of(workspace.id, ended=True),
        newest=Issue.newest_of(workspace.id),
        phrasing=phrasing,
    )


@bp.get("/w/<workspace>/digests/new")
@requires("digests.edit")
def new(workspace: Workspace) -> ResponseReturnValue:
    known = {"zone": g.user.zone or workspace.zone, "locale": workspace.default_locale, "email": g.user.email}
    return _form(workspace, OrderForm.over(_surveys(workspace), spoken=_spoken(workspace), **known))


@bp.post("/w/<workspace>/digests/new")
@requires("digests.edit")
def order(workspace: Workspace) -> ResponseReturnValue:
    form = OrderForm.over(_surveys(workspace), spoken=_spoken(workspace))
    if not form.validate():
        return _form(workspace, form, status=422)
    try:
        with transaction():
            made = Digest.order(workspace.id, form.order(_names(workspace)), at=clock.now(), by=g.user.id)
    except ConflictError:
        form.title.errors = [_taken()]
        return _form(workspace, form, status=409)
    flash(gettext("The digest is ordered. The first one comes on %(when)s.", when=phrasing.next_words(made)), "success")
    return redirect(url_for(".show", workspace=workspace.slug, digest_id=made.id), 303)


@bp.get("/w/<workspace>/digests/next")
@requires("digests.edit")
def upcoming(workspace: Workspace) -> ResponseReturnValue:  # noqa: ARG001 - the same for every workspace
    """The sentence with the next three dates, for the form as it is filled at this moment."""
    form = RhythmForm(request.args, meta={"csrf": False})
    rhythm = form.rhythm() if form.validate() else None
    return render_template("feedback/_upcoming.html", dates=phrasing.next_dates(rhythm, clock.now()))


@bp.get("/w/<workspace>/digests/<uuid:digest_id>")
@requires("digests.view")
def show(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    digest = Digest.of(workspace.id, digest_id)
    issues = Issue.page(digest, before=_day(request.args.get("before", "")), limit=PAGE + 1)
    return render_template(
        "feedback/digest.html",
        digest=digest,
        issues=issues[:PAGE],
        older=issues[PAGE - 1].local_date if len(issues) > PAGE else None,
        unknown=[] if digest.ended_at else unheard(digest, as_written=True),
        phrasing=phrasing,
    )


@bp.get("/w/<workspace>/digests/<uuid:digest_id>/edit")
@requires("digests.edit")
def edit(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    digest = Digest.living(workspace.id, digest_id)
    return _form(workspace, OrderForm.over(_surveys(workspace), digest, _spoken(workspace)), digest)


@bp.post("/w/<workspace>/digests/<uuid:digest_id>/edit")
@requires("digests.edit")
def change(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    now = clock.now()
    with reading():
        digest = Digest.living(workspace.id, digest_id)
        waiting = oldest_untold(digest, now)
    form = OrderForm.over(_surveys(workspace), spoken=[*_spoken(workspace), digest.language or ""])
    if not form.validate():
        return _form(workspace, form, digest, status=422)
    try:
        with transaction():
            digest.change(form.order(_names(workspace)), at=now, by=g.user.id, waiting=waiting)
    except ConflictError:
        form.title.errors = [_taken()]
        return _form(workspace, form, digest, status=409)
    flash(gettext("The digest is changed."), "success")
    return redirect(url_for(".show", workspace=workspace.slug, digest_id=digest.id), 303)


@bp.post("/w/<workspace>/digests/<uuid:digest_id>/remove")
@requires("digests.edit")
def remove(workspace: Workspace, digest_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        digest = Digest.living(workspace.id, digest_id)
        digest.end(at=clock.now(), by=g.user.id)
    flash(
        gettext("%(email)s gets this digest no more, and its links show nothing.", email=digest.recipient_email),
        "success",
    )
    return redirect(url_for(".show", workspace=workspace.slug, digest_id=digest_id), 303)


def _spoken(workspace: Workspace) -> list[str]:
    return known_names(workspace.id)["language"]


def _form(
    workspace: Workspace, form: OrderForm, digest: Digest | None = None, *, status: int = 200
) -> ResponseReturnValue:
    broken = form.cadence.errors or form.weekday.errors or form.day.errors or form.time.errors or form.zone.errors
    rhythm = None if broken or form.zone.data not in zones() else form.rhythm()
    page = render_template(
        "feedback/digest_form.html",
        form=form,
        digest=digest,
        colleagues=User.of_workspace(workspace.id),
        names=known_names(workspace.id),
        zones=zones(),
        dates=phrasing.next_dates(rhythm, clock.now()),
    )
    return page, status


def _surveys(workspace: Workspace) -> list[Survey]:
    return [survey for survey in Survey.all_of(workspace.id) if survey.published_number is not None]


def _names(workspace: Workspace) -> dict[str, str]:
    return {user.email: user.name for user, _role in User.of_workspace(workspace.id)}


def _taken() -> str:
    return str(
        gettext(
            "This person already has a digest of this name here. Change that one, or name this one otherwise; "
            "what is due together comes in one mail."
        )
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
