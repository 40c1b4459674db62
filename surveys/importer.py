"""Takes an uploaded table in, some hundred rows a transaction, and goes on after them when it was interrupted."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from flask import current_app

from accounts.workspace import Workspace
from base import clock
from base.db import reading, transaction
from base.jobs import job
from surveys import intake, mapping
from surveys.decoding import open_text
from surveys.delimiting import Layout, look
from surveys.importing import Row, RowError, read_rows
from surveys.intake import Occasion
from surveys.jobs import ask
from surveys.survey import Survey
from surveys.upload import Upload

BATCH = 200
"""Rows in one transaction: what a crash may repeat, harmlessly."""


def file_of(ident: uuid.UUID) -> Path:
    """Where an uploaded file waits until it is taken in."""
    return Path(current_app.config["DATA_DIR"]) / "uploads" / f"{ident}.csv"


@contextmanager
def opened(upload: Upload) -> Iterator[tuple[TextIO, Layout]]:
    """The text of an upload, from its beginning, and what its table looks like."""
    assert upload.encoding is not None
    with file_of(upload.id).open("rb") as binary:
        layout = look(open_text(binary, upload.encoding))
    with file_of(upload.id).open("rb") as binary:
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
    with opened(upload) as (stream, layout):
        chosen = mapping.Mapping.chosen(layout.headers, choices)
        items = read_rows(stream, layout.dialect, mapping=chosen, zone=ZoneInfo(zone), now=clock.now())
        rows = (list(group) for _, group in itertools.groupby(items, key=lambda item: item.number))
        remaining = itertools.islice(rows, skip, None)
        while batch := list(itertools.islice(remaining, BATCH)):
            _take(upload_id, batch)
    with transaction() as session:
        session.get_one(Upload, upload_id).finish(at=clock.now())
    file_of(upload_id).unlink(missing_ok=True)


def _take(upload_id: uuid.UUID, rows: Sequence[Sequence[Row | RowError]]) -> None:
    now = clock.now()
    with transaction() as session:
        upload = session.get_one(Upload, upload_id)
        occasions: list[Occasion] = []
        for found in rows:
            item = found[0]
            if isinstance(item, RowError):
                upload.refuse(item.number, item.column, item.key, item.value)
            elif item.repeated:
                upload.repeated += 1
            else:
                occasions.append(_occasion(item, upload.source))
        if upload.survey_id is not None:
            asked = ask(session.get_one(Survey, upload.survey_id), occasions, at=now)
            new = sum(fresh for _, fresh in asked)
            upload.asked += sum(fresh and invitation.status == "scheduled" for invitation, fresh in asked)
        else:
            new = sum(kept.new for kept in intake.keep(upload.workspace_id, occasions, at=now))
        upload.added += new
        upload.repeated += len(occasions) - new
        upload.rows += len(rows)


def _occasion(row: Row, source: str) -> Occasion:
    return Occasion(
        email=row.email,
        source=source,
        external_id=row.external_id,
        name=row.name,
        locale=row.locale,
        agent=row.agent,
        team=row.team,
        channel=row.channel,
        occurred_at=row.occurred_at,
        properties=row.properties,
    )
