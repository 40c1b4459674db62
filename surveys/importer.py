"""Takes an uploaded table in, some hundred rows a transaction, and goes on after them when it was interrupted."""

from __future__ import annotations

import itertools
import mmap
import time
import uuid
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TextIO, TypeVar
from zoneinfo import ZoneInfo

from flask import current_app

from accounts.workspace import Workspace
from base import clock
from base.db import reading, transaction
from base.errors import NotFoundError
from base.jobs import enqueue, job
from surveys import bookmark, intake, mapping
from surveys.decoding import Decoding, open_text, recognise
from surveys.delimiting import Layout, TableProblem, look
from surveys.importing import Row, RowError, read_rows
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.jobs import ask
from surveys.survey import Survey
from surveys.upload import Upload

T = TypeVar("T")

TURN = 5.0
"""Seconds that one job works at a table; the next one goes on, so that others are not kept waiting."""
OPENING = 4
"""Or so many times as long as it took to come to where the last job ended."""
BATCH = 200
"""Rows in one transaction: what a crash may repeat, harmlessly."""


def folder() -> Path:
    """Where uploaded files wait."""
    return Path(current_app.config["DATA_DIR"]) / "uploads"


def file_of(ident: uuid.UUID) -> Path:
    """Where an uploaded file waits until it is taken in."""
    return folder() / f"{ident}.csv"


def sheet_of(ident: uuid.UUID) -> Path:
    """Where its forecast is worked out."""
    return file_of(ident).with_suffix(".forecast")


def forget_sheet(ident: uuid.UUID) -> None:
    """Remove what a forecast was worked out on."""
    sheet = sheet_of(ident)
    for path in (sheet, sheet.with_name(f"{sheet.name}-journal")):
        path.unlink(missing_ok=True)


def recognised(path: Path) -> Decoding:
    """How a file is encoded, or what is wrong with it. It is looked at where it lies, and never held in memory."""
    if path.stat().st_size == 0:
        return recognise(b"")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return recognise(data)


def problem_of(path: Path, encoding: str | None) -> TableProblem | None:
    """What is wrong with the shape of a file whose encoding is known."""
    if encoding is None:
        return None
    with path.open("rb") as binary:
        return look(open_text(binary, encoding)).problem


@contextmanager
def opened(upload: Upload) -> Iterator[tuple[TextIO, Layout]]:
    """The text of an upload, from its beginning, and what its table looks like. NotFoundError when the file is gone."""
    assert upload.encoding is not None
    path = file_of(upload.id)
    if not path.exists():
        raise NotFoundError("file", upload.id)
    with path.open("rb") as binary:
        layout = look(open_text(binary, upload.encoding))
    with path.open("rb") as binary:
        yield open_text(binary, upload.encoding), layout


@job
def import_upload(upload_id: uuid.UUID) -> None:
    """Take in all rows that are not taken in yet; what cannot be taken is kept by row and column."""
    with reading() as session:
        upload = session.get_one(Upload, upload_id)
        zone, skip, choices = (
            session.get_one(Workspace, upload.workspace_id).zone,
            upload.rows,
            upload.mapping["choices"],
        )
        if upload.state != "importing":
            return
    finish(upload, lambda: _go_on(upload, ZoneInfo(zone), skip, choices))


def finish(upload: Upload, go_on: Callable[[], bool]) -> None:
    """Let `go_on` take rows in, and end the upload when it says that these were all or its file is gone."""
    try:
        if not go_on():
            return
    except NotFoundError as error:
        with transaction() as session:
            session.get_one(Upload, upload.id).fail(error.detail, at=clock.now())
        return
    with transaction() as session:
        session.get_one(Upload, upload.id).finish(at=clock.now())
    file_of(upload.id).unlink(missing_ok=True)
    forget_sheet(upload.id)


def _go_on(upload: Upload, zone: ZoneInfo, skip: int, choices: Sequence[str]) -> bool:
    """Take in rows after the first `skip` for a while; whether that was all, else the rest is asked for."""
    turn: Turn[list[Row | RowError]] = Turn(
        BATCH, partial(_take, upload.id), partial(enqueue, import_upload, upload.id)
    )
    return turn.work(("rows", upload.id, zone.key), skip, partial(_rows, upload, zone, choices))


@contextmanager
def _rows(
    upload: Upload, zone: ZoneInfo, choices: Sequence[str]
) -> Iterator[tuple[TextIO, Iterator[list[Row | RowError]]]]:
    """Everything that is to be said of each row."""
    with opened(upload) as (stream, layout):
        chosen = mapping.Mapping.chosen(layout.headers, choices)
        items = read_rows(stream, layout.dialect, mapping=chosen, zone=zone, now=clock.now())
        yield stream, (list(group) for _, group in itertools.groupby(items, key=lambda item: item.number))


@dataclass(frozen=True)
class Turn(Generic[T]):
    """Some seconds of work at a table: rows go to `take(batch, after=rows before it)`, `size` at once.

    When the turn is over, `again` asks for the next one. When `take` says no, somebody else has taken the rows.
    """

    size: int
    take: Callable[..., bool]
    again: Callable[[], object]

    def work(self, key: Hashable, skip: int, opening: bookmark.Opening[T]) -> bool:
        """Take the rows after the first `skip` of what `key` names; whether these were all."""
        begun = time.monotonic()
        here = bookmark.find(key, skip, opening)
        # Passing over what is done takes its time too, where another process did it.
        until = time.monotonic() + max(TURN, OPENING * (time.monotonic() - begun))
        with ExitStack() as closing:
            closing.callback(here.close)
            while batch := here.batch(self.size):
                if not self.take(batch, after=here.after - len(batch)):
                    return False
                if time.monotonic() > until:
                    closing.pop_all()
                    bookmark.keep(key, here)
                    with transaction():
                        self.again()
                    return False
        return True


def _take(upload_id: uuid.UUID, rows: Sequence[Sequence[Row | RowError]], *, after: int) -> bool:
    """Take in the rows that follow the first `after`; False when somebody else has taken them meanwhile."""
    now = clock.now()
    with transaction() as session:
        upload = session.get_one(Upload, upload_id, with_for_update=True, populate_existing=True)
        if upload.rows != after or upload.state != "importing":
            return False
        firsts = [found[0] for found in rows]
        upload.refuse([_told(item) for item in firsts if isinstance(item, RowError)])
        good = [item for item in firsts if isinstance(item, Row)]
        upload.refuse([_told(item.notes[0]) for item in good if item.notes], taken=True)
        upload.repeated += sum(item.repeated for item in good)
        occasions = [occasion_of(item, upload.source) for item in good if not item.repeated]
        if upload.survey_id is not None:
            asked = ask(session.get_one(Survey, upload.survey_id), occasions, at=now)
            fresh = [invitation for invitation, is_new in asked if is_new]
            Invitation.came_from(upload.id, [invitation.id for invitation in fresh])
            new = len(fresh)
            upload.asked += sum(invitation.status == "scheduled" for invitation in fresh)
        else:
            new = sum(kept.new for kept in intake.keep(upload.workspace_id, occasions, at=now))
        upload.added += new
        upload.repeated += len(occasions) - new
        upload.rows += len(rows)
    return True


def _told(wrong: RowError) -> tuple[int, str, str, str]:
    return wrong.number, wrong.column, wrong.key, wrong.value


def occasion_of(row: Row, source: str) -> Occasion:
    """A good row as the room keeps it."""
    return Occasion(
        email=row.email,
        source=source,
        external_id=row.external_id,
        name=row.name,
        locale=row.locale,
        zone=row.zone,
        agent=row.agent,
        team=row.team,
        channel=row.channel,
        occurred_at=row.occurred_at,
        properties=row.properties,
    )
