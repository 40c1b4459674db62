"""Puts many people on the list of those who are left alone: an uploaded list, or all whom a search finds.

Some hundred rows a transaction; it goes on after them when it was interrupted.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TextIO

from base import clock
from base.db import reading, transaction
from base.jobs import enqueue, job
from surveys import importer, listing, suppression_list
from surveys.listing import Found
from surveys.roster import EVERYBODY, Wanted
from surveys.suppressing import EVERYTHING
from surveys.suppression import Wish
from surveys.upload import Upload

BATCH = 500
"""Rows in one transaction: what a crash may repeat, harmlessly."""


@job
def import_list(upload_id: uuid.UUID) -> None:
    """Take in all rows of a list that are not taken in yet; what is no address is kept by its row."""
    with reading() as session:
        upload = session.get_one(Upload, upload_id)
        skip = upload.rows
    if upload.state != "importing":
        return
    importer.finish(upload, lambda: _go_on(upload, skip))


def _go_on(upload: Upload, skip: int) -> bool:
    """Take in rows after the first `skip` for a while; whether that was all, else the rest is asked for."""
    turn: importer.Turn[Found] = importer.Turn(
        BATCH, partial(_take, upload.id), partial(enqueue, import_list, upload.id)
    )
    return turn.work(("list", upload.id), skip, partial(_addresses, upload))


@contextmanager
def _addresses(upload: Upload) -> Iterator[tuple[TextIO, Iterator[Found]]]:
    with importer.opened(upload) as (stream, layout):
        yield stream, listing.read_addresses(stream, layout)


def _take(upload_id: uuid.UUID, rows: Sequence[Found], *, after: int) -> bool:
    """Take in the rows that follow the first `after`; False when somebody else has taken them meanwhile."""
    with transaction() as session:
        upload = session.get_one(Upload, upload_id, with_for_update=True, populate_existing=True)
        if upload.rows != after or upload.state != "importing":
            return False
        upload.refuse([(found.number, "", found.problem, found.value) for found in rows if found.problem is not None])
        _impose(upload, [found.address for found in rows if found.address], clock.now())
        upload.rows += len(rows)
    return True


def _impose(upload: Upload, addresses: list[str], at: datetime) -> None:
    if addresses:
        taken = suppression_list.impose(upload.workspace_id, addresses, _wish(upload, at))
        upload.added += taken.new
        upload.repeated += taken.known


def _wish(upload: Upload, at: datetime) -> Wish:
    actor = str(upload.created_by) if upload.created_by else None
    reason = upload.mapping.get("reason", "imported")
    evidence = upload.filename if reason == "imported" else None
    return Wish(reason=reason, at=at, actor=actor, evidence=evidence, scope=upload.survey_id or EVERYTHING)


@job
def suppress_matching(upload_id: uuid.UUID) -> None:
    """Leave everybody alone whom a search finds, a batch a transaction."""
    until = time.monotonic() + importer.TURN
    while time.monotonic() < until:
        with transaction() as session:
            upload = session.get_one(Upload, upload_id, with_for_update=True, populate_existing=True)
            if upload.state != "importing":
                return
            found = next(_wanted(upload).batches(limit=BATCH, after=_after(upload)), [])
            _impose(upload, [contact.email_key for contact in found], clock.now())
            upload.rows += len(found)
            if found:
                upload.mapping = upload.mapping | {"after": str(found[-1].id)}
            else:
                upload.finish(at=clock.now())
    with transaction():
        enqueue(suppress_matching, upload_id)


def _wanted(upload: Upload) -> Wanted:
    """The search, as it was when somebody pressed the button."""
    known: dict[str, Any] = dict(upload.mapping["filters"])
    if known.get("asked_since"):
        known["asked_since"] = datetime.fromisoformat(known["asked_since"])
    filters = replace(EVERYBODY, **known, came_until=upload.created_at)
    return Wanted(upload.workspace_id, tuple(upload.mapping["words"]), filters)


def _after(upload: Upload) -> uuid.UUID | None:
    after = upload.mapping.get("after")
    return uuid.UUID(after) if after else None
