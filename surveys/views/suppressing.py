"""The list of those who are left alone: search, lift, add one, take in a list, take it out again."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accounts import access
from accounts.access import actor, requires
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import new_id, transaction
from base.jobs import enqueue
from base.mail import one_line as short
from base.web import body_up_to
from surveys import importer, list_importer, suppression_list
from surveys.contact import Contact
from surveys.decoding import recognise
from surveys.forms.correcting import one_line
from surveys.forms.narrowing import SEARCH_LIMIT, Narrowing
from surveys.forms.refusing import AddressForm, ListForm
from surveys.forms.uploading import PROBLEMS
from surveys.roster import Wanted, size
from surveys.suppressing import EVERYTHING, REASONS
from surveys.suppression import Suppression, Whom, Wish
from surveys.suppression_list import Asked
from surveys.translating.tables import guarded
from surveys.upload import MATCHING, SUPPRESSIONS, Upload

bp = Blueprint("suppressing", __name__)

PAGE = 50
LARGEST = 200 * 1024 * 1024


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
    now, by = clock.now(), actor()
    with transaction():
        contact = Contact.by_email(workspace.id, form.email.data)
        if contact is not None:
            contact.suppress("by hand", at=now, actor=by)
        else:
            Suppression.put(Whom(workspace.id, form.email.data.lower()), Wish(reason="by hand", at=now, actor=by))
    flash(_("%(email)s is not asked any more.", email=form.email.data), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


@bp.post("/w/<workspace>/suppressions/<uuid:suppression_id>/lift")
@requires("contacts.edit")
def lift(*, workspace: Workspace, suppression_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        suppression_list.lift(workspace.id, suppression_id, at=clock.now(), actor=actor())
    flash(_("They may be asked again, from their next interaction on."), "success")
    return redirect(url_for(".index", workspace=workspace.slug), 303)


@bp.get("/w/<workspace>/suppressions/export.csv")
@requires("contacts.edit")
def export(*, workspace: Workspace) -> ResponseReturnValue:
    """The whole list: addresses where they are known, the hash of an erased person's."""
    header = ["address", "address_hash", "reason", "survey", "since", "evidence"]
    rows = (_line(entry) for entry in suppression_list.everybody(Asked(workspace.id)))
    return _csv("suppressions.csv", header, rows)


def _line(entry: suppression_list.Entry) -> list[str]:
    row = entry.suppression
    scope = "" if row.scope == EVERYTHING else entry.survey or str(row.scope)
    return [entry.address or "", row.address_hash, row.reason, scope, row.at.isoformat(), row.evidence or ""]


@bp.get("/w/<workspace>/suppressions/import")
@requires("contacts.edit")
def start(*, workspace: Workspace) -> ResponseReturnValue:
    return _start(workspace, ListForm())


def _start(workspace: Workspace, form: ListForm) -> str:
    earlier = Upload.recent(workspace.id, source=SUPPRESSIONS)
    return render_template("surveys/suppressions_import.html", form=form, uploads=earlier)


@bp.post("/w/<workspace>/suppressions/import")
@requires("contacts.edit")
@body_up_to(LARGEST)
def upload(*, workspace: Workspace) -> ResponseReturnValue:
    form = ListForm()
    if not form.validate():
        return _start(workspace, form), 422
    data = form.file.data.read()
    decoding = recognise(data)
    encoding = decoding.encoding or next((one.encoding for one in decoding.candidates), None)
    if encoding is None:
        form.file.errors = [str(_("This file is empty, or not text that we can read. Save it as CSV (UTF-8)."))]
        return _start(workspace, form), 422
    name = short(form.file.data.filename or "list.csv", 200)
    ident = _begin(workspace, source=SUPPRESSIONS, filename=name, size=len(data), encoding=encoding, data=data)
    return redirect(url_for(".show", workspace=workspace.slug, list_id=ident), 303)


@bp.get("/w/<workspace>/suppressions/import/<uuid:list_id>")
@requires("contacts.edit")
def show(*, workspace: Workspace, list_id: uuid.UUID) -> ResponseReturnValue:
    found = Upload.of(workspace.id, list_id, source=SUPPRESSIONS)
    return render_template("surveys/suppressions_done.html", upload=found, problems=PROBLEMS)


@bp.get("/w/<workspace>/contacts/suppressing/<uuid:matching_id>")
@requires("contacts.edit")
def show_matching(*, workspace: Workspace, matching_id: uuid.UUID) -> ResponseReturnValue:
    found = Upload.of(workspace.id, matching_id, source=MATCHING)
    return render_template("surveys/suppressions_done.html", upload=found, problems=PROBLEMS)


@bp.post("/w/<workspace>/contacts/suppress")
@requires("contacts.edit")
def suppress_matching(*, workspace: Workspace) -> ResponseReturnValue:
    """Leave everybody alone whom the search of the list finds."""
    asked, now = Narrowing.read(request.form), clock.now()
    wanted = Wanted.read(workspace.id, asked.wish, asked.filters(now))
    count = size(wanted)
    if not asked.narrow or not count:
        flash(_("Search for somebody first; nobody was changed."), "warning")
        return redirect(url_for("contacts.index", workspace=workspace.slug, **asked.values), 303)
    filters = {"reason": wanted.filters.reason, "language": wanted.filters.language}
    filters["asked_since"] = wanted.filters.asked_since.isoformat() if wanted.filters.asked_since else None
    mapping = {"reason": "by hand", "words": list(wanted.words), "filters": filters}
    name = ngettext("%(num)s person of a search", "%(num)s people of a search", count)
    ident = _begin(workspace, source=MATCHING, filename=name, size=0, mapping=mapping)
    return redirect(url_for(".show_matching", workspace=workspace.slug, matching_id=ident), 303)


@bp.get("/w/<workspace>/contacts/export.csv")
@requires("contacts.edit")
def export_contacts(*, workspace: Workspace) -> ResponseReturnValue:
    """Everybody whom the search of the list finds, the oldest first."""
    asked = Narrowing.read(request.args)
    wanted = Wanted.read(workspace.id, asked.wish, asked.filters(clock.now()))
    header = ["email", "name", "language", "time_zone", "since", "not_asked_since", "reason", "properties"]
    return _csv("people.csv", header, (_person(one) for batch in wanted.batches() for one in batch))


def _person(one: Contact) -> list[str]:
    ended = one.suppressed_at.isoformat() if one.suppressed_at else ""
    known = "; ".join(f"{name}: {value}" for name, value in one.properties.items())
    since = one.created_at.isoformat()
    return [one.email, one.name or "", one.locale or "", one.zone or "", since, ended, one.suppressed_reason or "", known]


def _begin(workspace: Workspace, *, data: bytes | None = None, **known: Any) -> uuid.UUID:
    """Keep what is to be taken in, and ask for it."""
    ident, user = new_id(), access.current_user()
    if data is not None:
        path = importer.file_of(ident)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with transaction() as session:
        by = user.id if user else None
        more = {"state": "importing", "created_at": clock.now(), "created_by": by}
        session.add(Upload(id=ident, workspace_id=workspace.id, **known, **more))
        session.flush()
        enqueue(list_importer.import_list if data is not None else list_importer.suppress_matching, ident)
    return ident


def _csv(name: str, header: list[str], rows: Iterator[list[str]]) -> Response:
    """The rows as CSV that spreadsheets open and never run. Written to memory, a line a person."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(map(guarded, row) for row in rows)
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=disposition)
