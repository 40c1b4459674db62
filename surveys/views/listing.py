"""Lists to take along as CSV: people whom a search finds, and those who are left alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from surveys import suppression_list
from surveys.contact import Contact
from surveys.forms.narrowing import Narrowing
from surveys.roster import Wanted
from surveys.suppressing import EVERYTHING
from surveys.suppression_list import Asked
from surveys.translating.tables import guarded

bp = Blueprint("listing", __name__)


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
    return [
        one.email,
        one.name or "",
        one.locale or "",
        one.zone or "",
        since,
        ended,
        one.suppressed_reason or "",
        known,
    ]


def _csv(name: str, header: list[str], rows: Iterator[list[str]]) -> Response:
    """The rows as CSV that spreadsheets open and never run. Written to memory, a line a person."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(map(guarded, row) for row in rows)
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=disposition)
