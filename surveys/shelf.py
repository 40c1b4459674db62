"""Uploaded tables that wait to be taken in: nobody's for ever, and nobody's any more who is erased."""

from __future__ import annotations

import mmap
import re
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from base.db import reading, transaction
from surveys import importer
from surveys.holding import Erasing, Holding, Subject
from surveys.upload import Upload

WAITING = timedelta(days=7)
"""How long a table waits that nobody takes in."""
ON_ITS_WAY = 24 * 3600
"""Seconds that a file may be there before its row is."""
UNCLAIMED = "Nobody took this table in for a week, so it was deleted. Upload it again."
ENDED = "Somebody in this table was erased before it was taken in, so it was deleted. Upload one without them."


def speaks_of(ident: uuid.UUID, addresses: Sequence[str]) -> bool:
    """Whether one of these addresses stands in a file that waits, however it is capitalised."""
    path = importer.file_of(ident)
    if not path.exists() or path.stat().st_size == 0:
        return False
    spelt = [address.encode(encoding) for address in addresses for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    wanted = re.compile(b"|".join(map(re.escape, spelt)), re.IGNORECASE)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return wanted.search(data) is not None


def forget_tables(now: datetime) -> None:
    """End what nobody took in for a week, and take away the files that nothing will be done with. Part of a tick."""
    with transaction():
        for upload in Upload.waiting(until=now - WAITING):
            upload.fail(UNCLAIMED, at=now)
    for path in importer.folder().glob("*") if importer.folder().exists() else ():
        if not _needed(path, now):
            path.unlink(missing_ok=True)


def _needed(path: Path, now: datetime) -> bool:
    """Whether something will still be done with a file. One without a row may be on its way in, if it is young."""
    try:
        ident = uuid.UUID(path.name.partition(".")[0])
        young = now.timestamp() - path.stat().st_mtime < ON_ITS_WAY
    except (ValueError, OSError):  # not ours, or gone meanwhile
        return True
    with reading() as session:
        upload = session.get(Upload, ident)
        return young if upload is None else upload.finished_at is None


def _end_tables(subject: Subject, erasing: Erasing) -> None:
    """Tables that wait to be taken in and name the person: the next tick takes the files away."""
    for upload in Upload.waiting(workspace_id=subject.workspace_id):
        if speaks_of(upload.id, subject.addresses):
            upload.fail(ENDED, at=erasing.at)


HOLDING = Holding(name="tables", tell=lambda _: [], erase=_end_tables)
