"""Writes files of responses, and takes them away when their time is over."""

from __future__ import annotations

import fcntl
import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app

from base import clock
from base.db import reading, transaction
from base.jobs import slow_job
from feedback.export import Export
from feedback.exporting import columns_of, suffix, writer_of
from feedback.feed import Query
from feedback.harvest import documents_of, harvest
from feedback.searching import Part, Wish
from feedback.tally import Filters

log = logging.getLogger("afterword.exporter")

TOLD_EVERY = 1.0
"""Seconds between two words about how far it is."""


def folder() -> Path:
    """Where the files wait."""
    return Path(current_app.config["DATA_DIR"]) / "exports"


def file_of(export: Export) -> Path:
    """Where the file of an export waits to be fetched."""
    return folder() / f"{export.id}.{suffix(export.kind)}"


def wanted_of(query: Query) -> dict[str, Any]:
    """What narrows a query, as an export keeps it."""
    moments = {name: moment.isoformat() for name in ("since", "until") if (moment := getattr(query, name))}
    narrowing = {name: value for name, value in asdict(query.filters).items() if value is not None}
    said = _told(query.wish.parts) if query.wish else None
    tags = [ident.hex for ident in query.tags]
    marks = {"flagged": query.flagged, "commented": query.commented, "tags": tags, "wish": said}
    marks |= {"either": _told(query.either)} if query.either else {}
    return moments | marks | {"filters": narrowing}


def query_of(export: Export) -> Query:
    """The inverse of `wanted_of`."""
    wanted = export.wanted
    said = wanted.get("wish")
    since, until = (wanted.get(name) and datetime.fromisoformat(wanted[name]) for name in ("since", "until"))
    return Query(
        workspace_id=export.workspace_id,
        survey_id=export.survey_id,
        since=since or None,
        until=until or None,
        flagged=wanted.get("flagged"),
        commented=bool(wanted.get("commented")),
        filters=Filters(**wanted.get("filters", {})),
        tags=tuple(map(uuid.UUID, wanted.get("tags", ()))),
        wish=None if said is None else Wish(_parts(said)),
        either=_parts(wanted.get("either", ())),
    )


def _told(parts: Sequence[Part]) -> list[list[Any]]:
    return [[*part.words, part.prefix] for part in parts]


def _parts(told: Sequence[Sequence[Any]]) -> tuple[Part, ...]:
    return tuple(Part(tuple(words), prefix) for *words, prefix in told)


@slow_job
def write_export(export_id: uuid.UUID) -> None:
    """Write the file of an export, unless another worker is at it. After a crash it begins anew."""
    folder().mkdir(exist_ok=True)
    with _alone(folder() / f"{export_id}.lock") as alone:
        if alone:
            _write(export_id)


def _write(export_id: uuid.UUID) -> None:
    with transaction() as session:
        export = session.get(Export, export_id)
        if export is None or not export.begin():
            return
    unfinished = file_of(export).with_suffix(".part")
    try:
        rows = write(query_of(export), export.kind, unfinished, people=export.people, tell=_teller(export_id))
    except Exception as error:
        if not isinstance(error, ImportError | OSError):
            log.exception("the export %s cannot be written", export_id)
        unfinished.unlink(missing_ok=True)
        with transaction() as session:
            export = session.get(Export, export_id)
            if export is not None:
                export.fail(words(error), at=clock.now())
        return
    if rows is None:
        unfinished.unlink(missing_ok=True)
        return
    unfinished.rename(file_of(export))
    with transaction() as session:
        found = session.get(Export, export_id, with_for_update=True, populate_existing=True)
        if found is not None and found.state == "running" and not found.over(clock.now()):
            found.finish(rows, file_of(export).stat().st_size, at=clock.now())
            return
    file_of(export).unlink(missing_ok=True)  # stopped at the last moment, or gone with somebody who was erased


def write(query: Query, kind: str, path: Path, *, people: bool, tell: Any = None) -> int | None:
    """Write the responses of a query to a file; how many there were, None when `tell(rows)` said to stop.

    ImportError when the format needs a library that is not installed.
    """
    with reading():
        documents = documents_of(query.workspace_id, query.survey_id) if query.survey_id else []
    columns = columns_of(documents, people=people)
    writer, rows = writer_of(kind, str(path), columns), 0
    try:
        for batch in harvest(query, further=any(name.startswith("q.") for name in columns)):
            writer.add(batch)
            rows += len(batch)
            if tell is not None and not tell(rows):
                return None
    finally:
        writer.close()
    return rows


def _teller(export_id: uuid.UUID) -> Any:
    told = [time.monotonic()]

    def tell(rows: int) -> bool:
        if time.monotonic() - told[0] < TOLD_EVERY:
            return True
        told[0] = time.monotonic()
        with transaction():
            return Export.progress(export_id, rows)

    return tell


def words(error: Exception) -> str:
    """What went wrong, as a sentence."""
    if isinstance(error, ImportError):
        return f"This format needs the library {error.name}: the operator installs it with pip install {error.name}."
    if isinstance(error, OSError):
        return f"The file could not be written ({error.strerror or error})."
    return f"The file could not be written ({type(error).__name__}); the log says more."  # its words may tell of people


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether nobody else holds the lock; it ends with its process, however that ends."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            path.unlink(missing_ok=True)


def forget_exports(now: datetime) -> None:
    """Take away files whose time is over, and those that nobody knows any more."""
    with transaction():
        old = Export.forget_old(now)
    for export in old:
        file_of(export).unlink(missing_ok=True)
    for path in folder().glob("*") if folder().exists() else ():
        if path.suffix != ".lock" and not _known(path):
            path.unlink(missing_ok=True)


def _known(path: Path) -> bool:
    """Whether an export is still to be found that this file belongs to, finished or not."""
    try:
        ident = uuid.UUID(path.stem)
    except ValueError:
        return True  # not ours
    with reading() as session:
        export = session.get(Export, ident)
        return export is not None and (export.open or path == file_of(export))
