"""`afterword contacts …`: who is left alone and who is forgotten, from the command line."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO, TextIO

import click
from flask.cli import with_appcontext

from accounts.workspace import Workspace
from base import clock
from base.db import db, new_id, transaction
from base.errors import InvalidError
from surveys import importer, list_importer
from surveys.decoding import recognise
from surveys.erasure import Erasure
from surveys.survey import Survey
from surveys.upload import SUPPRESSIONS, Upload

FIRST = uuid.UUID(int=0)


@click.group()
def contacts() -> None:
    """Whom we ask: leave many alone, forget again after a restore."""


@contacts.command("suppress")
@click.option("--workspace", "slug", required=True, help="Slug, as in the address /w/SLUG/.")
@click.option("--survey", help="Slug or id: leave them alone by this survey only.")
@click.argument("file", type=click.File("rb"))
@with_appcontext
def suppress(*, slug: str, survey: str | None, file: BinaryIO) -> None:
    """Ask nobody of FILE any more (- for stdin): a CSV with a column of addresses, or an address a line.

    Any separator and encoding. What is no address is listed on standard error, and the exit code is 1 then; the others
    are taken.
    """
    workspace, data = Workspace.by_slug(slug), file.read()
    decoding = recognise(data)
    encoding = decoding.encoding or next((one.encoding for one in decoding.candidates), None)
    if encoding is None:
        raise InvalidError("The file is empty, or not text that we can read. Save it as CSV (UTF-8).")
    survey_id = Survey.of(workspace.id, survey).id if survey else None
    known = {"filename": getattr(file, "name", "list.csv")[-200:], "size": len(data), "encoding": encoding}
    ident = new_id()
    path = importer.file_of(ident)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    with transaction() as session:
        more = {"source": SUPPRESSIONS, "state": "importing", "created_at": clock.now(), "survey_id": survey_id}
        session.add(Upload(id=ident, workspace_id=workspace.id, **known, **more))
    _tell(_taken_in(ident))


def _taken_in(ident: uuid.UUID) -> Upload:
    """The list when it is all taken in, with progress on the way."""
    while True:
        list_importer.import_list(ident)
        db.session.rollback()
        upload = db.session.get_one(Upload, ident)
        if upload.state != "importing":
            return upload
        click.echo(f"{upload.rows:,} rows so far", err=True)


def _tell(upload: Upload) -> None:
    if upload.state == "failed":
        raise InvalidError(upload.reason or "The list could not be taken in.")
    for row in upload.refused_rows():
        click.echo(f"row {row.row}: {row.value or '(empty)'}: {_WRONG[row.problem]}", err=True)
    click.echo(f"{upload.added:,} not asked any more, {upload.repeated:,} were already, {upload.refused:,} refused")
    if upload.refused:
        raise InvalidError("Some rows could not be taken; the first of them are above.")


_WRONG = {
    "missing": "no address",
    "email": "not an address",
    "quotes": "a quotation mark that is never closed",
    "undecodable": "letters of another encoding; nothing after it can be read",
}


@contacts.command("erasures")
@with_appcontext
def erasures() -> None:
    """Write the ledger of erasures to stdout, a JSON object a line: to be kept beside backups. It names nobody."""
    for row in Erasure.ledger():
        click.echo(json.dumps(row))


@contacts.command("erase")
@click.option("--replay", is_flag=True, required=True, help="Forget again whoever the ledger says was forgotten.")
@click.option("--ledger", type=click.File("r"), help="A file that `erasures` wrote; its rows are taken in first.")
@with_appcontext
def erase(*, replay: bool, ledger: TextIO | None) -> None:
    """After a backup was put back by hand: forget those again who were erased since. `restore` does it by itself."""
    assert replay
    if ledger is not None:
        with transaction():
            Erasure.remember(_lines(ledger))
    count = replayed()
    click.echo(
        f"{count:,} {'person' if count == 1 else 'people'} forgotten again." if count else "Nobody had come back."
    )


def replayed() -> int:
    """Forget again all whom this database knows and its ledger forgot; how many. A transaction each."""
    after: uuid.UUID | None = FIRST
    count = 0
    while after is not None:
        again, after = Erasure.forgotten_again(after)
        for contact, erasure in again:
            with transaction() as session:
                session.get_one(Erasure, erasure.id).repeat(contact.id)
            count += 1
    return count


def _lines(ledger: TextIO) -> Iterator[dict[str, Any]]:
    for line in ledger:
        if line.strip():
            yield json.loads(line)


commands: tuple[click.Command, ...] = (contacts,)
