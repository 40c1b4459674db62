"""One response with everything that is known of it, and the list of all: narrowed, searched, and those set aside."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import can, requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import InvalidError
from feedback import casebook, feed, inbox, tally
from feedback.case import Case
from feedback.dossier import Dossier
from feedback.feed import Entry, Query
from feedback.forms.filtering import SENTIMENTS
from feedback.forms.looking import KEPT, InboxForm, period_of
from feedback.forms.naming import language_name
from feedback.glance import Glance, is_new
from feedback.inbox import Page
from feedback.note import Note
from feedback.searching import marked
from feedback.tag import Tag, Tagging
from feedback.topic import Topic
from surveys import wording
from surveys.scale import SCALES
from surveys.survey import Survey

bp = Blueprint("responses", __name__)

PAGE = 50
LONGEST_BACK = 2000
"""Characters of a list's address that a form brings along."""


@bp.get("/w/<workspace>/responses")
@requires("results.view")
def index(workspace: Workspace) -> ResponseReturnValue:
    surveys = Survey.all_of(workspace.id)
    survey = next((one for one in surveys if one.slug == request.args.get("survey")), None)
    form = InboxForm.read(request.args)
    flagged = request.args.get("flagged") == "1"
    narrowed = _narrowed(flagged=flagged)
    period = period_of(request.args, workspace.zone)
    query = form.query(workspace, survey, period=period, flagged=True if flagged else None)
    page = _page(query)
    size = None if page.looked else page.size or inbox.size(query)
    return render_template(
        "feedback/responses.html",
        surveys=surveys,
        survey=survey,
        form=form,
        flagged=flagged,
        view="flagged" if flagged else "comments" if form.commented.data else "all",
        tag=form.tag_of(workspace),
        topic=form.topic_of(workspace),
        topics=Topic.all_of(workspace.id),
        tags=Tag.counted(workspace.id),
        period=period,
        waiting=tally.set_aside(workspace.id, survey.id if survey else None),
        size=size,
        page=page,
        known=inbox.known(workspace.id),
        sentiments=SENTIMENTS,
        names={one.id: one.name for one in surveys},
        scales=SCALES,
        here=_here(workspace, survey),
        language_name=language_name,
        now=clock.now(),
        narrowed=narrowed,
        **_of_entries(page.entries, query),
        **_news(workspace, page.entries, counted=not narrowed),
    )


def _page(query: Query) -> Page:
    """The page that the address names; a damaged place is the beginning."""
    after, before = request.args.get("after"), request.args.get("before")
    try:
        return inbox.page(query, limit=PAGE, after=after, before=before, most=inbox.MOST_COUNTED)
    except InvalidError:
        return inbox.page(query, limit=PAGE, most=inbox.MOST_COUNTED)


def _here(workspace: Workspace, survey: Survey | None) -> Callable[..., str]:
    """The list with some of its address changed; None takes something away."""
    now = {name: request.args[name] for name in KEPT if request.args.get(name)}
    now["survey"] = survey.slug if survey else ""

    def here(endpoint: str = "responses.index", **changes: Any) -> str:
        kept = {name: value for name, value in (now | changes).items() if value not in (None, "")}
        return url_for(endpoint, workspace=workspace.slug, **kept)

    return here


def _of_entries(entries: Sequence[Entry], query: Query) -> dict[str, Any]:
    """What rows of the list show besides the answers."""
    ids = [entry.response.id for entry in entries]
    return {
        "tags_of": Tagging.of(ids),
        "notes_of": Note.counts(ids) if can("responses.annotate") else {},
        "pieces_of": {one.response.id: marked(one.response.comment or "", query.wish) for one in entries},
    }


def _narrowed(*, flagged: bool) -> bool:
    """Whether the address asks for less than a tab of some surveys has."""
    tab = "flagged" if flagged else "commented"
    return any(request.args.get(name) for name in KEPT if name not in ("survey", tab))


def _news(workspace: Workspace, entries: Sequence[Entry], *, counted: bool) -> dict[str, Any]:
    """What came since somebody last looked: which of these, and how many of the whole workspace if that is told."""
    since = Glance.since(g.user.id, workspace.id, now=clock.now())

    def fresh(entry: Entry) -> bool:
        response = entry.response
        return is_new(response.created_at, since, anonymous=response.anonymous, zone=workspace.zone)

    n = inbox.Size(0)
    if since is not None and counted:
        n = inbox.new_since(workspace.id, since, clock.noon(since, workspace.zone), most=99)
    return {"new": {entry.response.id for entry in entries if fresh(entry)}, "new_count": n}


@bp.get("/w/<workspace>/responses/<uuid:ident>")
@requires("results.view")
def show(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    return dossier_page(workspace, ident)


def dossier_page(workspace: Workspace, ident: uuid.UUID, **more: Any) -> str:
    """The page of one response; `more`: what was typed and refused, and why."""
    found = Dossier.of(workspace, ident)
    return render_template(
        "feedback/response.html",
        found=found,
        response=found.response,
        survey=found.survey,
        scale=SCALES[found.response.metric],
        language=language_name(found.response.language),
        language_name=language_name,
        direction=wording.direction,
        case=Case.about(found.response),
        followable=casebook.has_person(found.response),
        notes=Note.of(ident) if can("responses.annotate") else [],
        tags=Tagging.of([ident])[ident],
        all_tags=Tag.all_of(workspace.id),
        **more,
    )


@bp.post("/w/<workspace>/responses/<uuid:ident>/release")
@requires("responses.release")
def release(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        feed.entry(workspace.id, ident).response.release(at=clock.now(), by=g.user.id)
    flash(_("Released. It counts from now on."), "success")
    return redirect(way_back(workspace, ident), 303)


def way_back(workspace: Workspace, ident: uuid.UUID) -> str:
    """Where a form about an answer stood: the list as it was, or the page of the answer; never elsewhere."""
    query = request.form.get("back", "")
    if query.startswith("?"):
        given = parse_qsl(query[1:LONGEST_BACK], errors="ignore")
        known: dict[str, Any] = {name: value for name, value in given if name in {*KEPT, "after", "before"}}
        return url_for("responses.index", workspace=workspace.slug, _anchor=f"r-{ident}", **known)
    return url_for("responses.show", workspace=workspace.slug, ident=ident)
