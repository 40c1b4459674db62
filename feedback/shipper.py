"""Scheduled exports at work: each due file is taken once, made in the background, and brought to where it goes.

The ledger carries the guarantee (`export_run`); jobs and ticks may come twice, late or not at all.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.user import User
from accounts.workspace import Workspace
from base import clock, courier
from base.db import db, reading, transaction
from base.jobs import enqueue, enqueue_missing, slow_job
from feedback import export_emails, export_folder, exporter, feed, inbox
from feedback.export import Export, Wish
from feedback.export_order import Order
from feedback.export_run import ExportRun
from feedback.export_schedule import ITSELF, ExportSchedule
from feedback.exporting import suffix
from feedback.tag import Tag
from surveys.survey import Survey

MOST_COUNTED = 100_000
REMOVED = "The scheduled export was removed before."
NO_SURVEY = "The survey that it was about is removed."
NOBODY = "Nobody of those who were chosen may receive it any more."

log = logging.getLogger("afterword.shipper")


def claim_due_exports(now: datetime) -> None:
    """Take every file that is owed at `now`; part of every tick. One that fails does not keep the others from it."""
    with reading():
        owed = ExportSchedule.due(now)
    for schedule_id in owed:
        try:
            claim_export(schedule_id, now)
        except Exception:
            log.exception("scheduled export %s could not be taken; the next tick tries again", schedule_id)
            db.session.rollback()


def claim_export(schedule_id: uuid.UUID, now: datetime) -> uuid.UUID | None:
    """Take the file that a schedule owes; None when it owes none, or somebody else was faster."""
    with transaction() as session:
        schedule = ExportSchedule.locked(schedule_id)
        if schedule is None:
            return None
        if schedule.way == "mail" and not schedule.readers:
            schedule.pause(at=now, by=ITSELF)
            return None
        run = ExportRun.claim(schedule, session.get_one(Workspace, schedule.workspace_id).zone, at=now)
        if run is None:
            return None
        enqueue(make_run, run.id)
        return run.id


def retry_runs(now: datetime) -> None:
    """See to files that no job is about and that should be tried by now; part of every tick."""
    with reading():
        stuck = ExportRun.stuck(now)
    with transaction():
        enqueue_missing(make_run, stuck)


def tidy_folder(now: datetime) -> None:
    """Take away files whose time is over, and those with somebody who was erased, which are made anew."""
    with reading():
        gone = ExportRun.of_gone(now)
    for run_id in gone:
        try:
            _take_away(run_id, now)
        except OSError as error:
            log.warning("a file of a scheduled export cannot be taken away (%s)", error.strerror)


def _take_away(run_id: uuid.UUID, now: datetime) -> None:
    with transaction():
        run = ExportRun.locked(run_id)
        if run is None or run.file is None or run.state == "claimed":
            return
        export_folder.remove(run.file)
        if run.gone(now):
            enqueue(make_run, run_id)


@slow_job
def make_run(run_id: uuid.UUID) -> None:
    """Make a file and bring it to where it goes, unless that is done. After a crash or an erasure it begins anew."""
    export_id = None
    try:
        export_id = _begun(run_id)
        if export_id is not None:
            exporter.write_export(export_id)
            _ship(run_id, export_id)
    except Exception as error:
        db.session.rollback()
        if not isinstance(error, OSError):
            log.exception("the scheduled file %s cannot be shipped", run_id)
        with transaction():
            run = ExportRun.locked(run_id)
            if run is not None and run.state == "claimed":
                run.attempts += export_id is None  # it did not come to count itself
                run.fail(exporter.words(error), at=clock.now())


def _begun(run_id: uuid.UUID) -> uuid.UUID | None:
    """The file that a run is about, asked for now unless it is there already."""
    with reading() as session:
        run = session.get(ExportRun, run_id)
        schedule = session.get(ExportSchedule, run.schedule_id) if run else None
        if run is None or schedule is None or run.state != "claimed":
            return None
        order = run.order_of(schedule)
        there = order.survey_id is None or session.get(Survey, order.survey_id) is not None
        wish = _wish(order, run) if there else None
    now = clock.now()
    with transaction() as session:
        run = ExportRun.locked(run_id)
        if run is None or run.state != "claimed":
            return None
        if wish is None or session.get_one(ExportSchedule, run.schedule_id).ended_at is not None:
            run.fail(REMOVED if wish else NO_SURVEY, at=now, final=True)
            return None
        known = session.get(Export, run.export_id) if run.export_id else None
        if known is None or known.over(now):
            known = Export.ask(run.workspace_id, wish, at=now, by=None)
            session.flush()
        run.begin(known, at=now)
        return known.id


def _wish(order: Order, run: ExportRun) -> Wish:
    days = {"since": run.period_from, "until": run.period_to}
    wanted = order.wanted | {name: at.isoformat() for name, at in days.items() if at is not None}
    if tags := wanted.get("tags"):
        wanted["tags"] = [ident.hex for ident in Tag.family(uuid.UUID(tags[0]))]
    query = exporter.query_of(Export(workspace_id=run.workspace_id, survey_id=order.survey_id, wanted=wanted))
    return Wish(
        kind=order.kind,
        survey_id=order.survey_id,
        wanted=wanted,
        people=order.people,
        total=feed.size(query) if query.wish is None else inbox.size(query, most=MOST_COUNTED).n,
    )


def _ship(run_id: uuid.UUID, export_id: uuid.UUID) -> None:
    with reading() as session:
        run, export = session.get_one(ExportRun, run_id), session.get(Export, export_id)
        schedule = session.get_one(ExportSchedule, run.schedule_id)
        workspace = session.get_one(Workspace, run.workspace_id)
        order = run.order_of(schedule)
    if export is None or export.open:
        return  # somebody was erased meanwhile, or another worker is at it: a tick comes back to it
    if export.state != "done":
        with transaction():
            found = ExportRun.locked(run_id)
            if found is not None and found.state == "claimed":
                final = export.state == "stopped"
                found.fail(export.reason or "Somebody stopped it.", at=clock.now(), final=final)
        return
    if order.way == "mail":
        _mailed(run_id, export_id)
        return
    place, name = f"{workspace.slug}/{schedule.stem}", f"{schedule.stem}-{run.local_date}.{suffix(export.kind)}"
    if not _announced(run_id, export_id, f"{place}/{name}"):
        return
    export_folder.put(exporter.file_of(export), place, name)
    if not _shipped(run_id, export_id):
        _take_away(run_id, clock.now())


def _announced(run_id: uuid.UUID, export_id: uuid.UUID, file: str) -> bool:
    """Keep where a file will be before it is there, so that an erasure finds it whatever happens in between; False
    when somebody else is at it by now.
    """
    export_folder.inside(file)
    with transaction():
        run = ExportRun.locked(run_id)
        if run is None or run.state != "claimed" or run.export_id != export_id:
            return False
        if run.file is not None and run.file != file:
            export_folder.remove(run.file)
        run.file = file
        return True


def _shipped(run_id: uuid.UUID, export_id: uuid.UUID) -> bool:
    """Keep that a file is where it goes; False when it must not be there after all."""
    now = clock.now()
    with transaction():
        export, run = _held(run_id, export_id)
        if run is None:
            return True
        ours = run.export_id == export_id
        if ours and run.state == "claimed" and export is not None and not export.over(now):
            run.finish(export, at=now, file=run.file)
            export.expires_at = now
        elif not ours or run.state == "claimed":
            run.state = "stale"  # what lies there may be of a try that somebody's erasure ended
        return run.state == "done"


def _mailed(run_id: uuid.UUID, export_id: uuid.UUID) -> None:
    now = clock.now()
    with transaction() as session:
        export, run = _held(run_id, export_id)
        if run is None or run.state != "claimed" or export is None or export.over(now):
            return
        schedule = session.get_one(ExportSchedule, run.schedule_id, populate_existing=True)
        readers = schedule.readers_with(people=export.people)
        if not readers:
            run.fail(NOBODY, at=now, final=True)
            return
        for reader in readers:
            _post(schedule, run, export, reader, now)
        run.finish(export, at=now, told=len(readers))


def _held(run_id: uuid.UUID, export_id: uuid.UUID) -> tuple[Export | None, ExportRun | None]:
    """Both under the write lock: the file before the run, as an erasure takes them."""
    export = db.session.get(Export, export_id, with_for_update=True, populate_existing=True)
    return export, ExportRun.locked(run_id)


def _post(schedule: ExportSchedule, run: ExportRun, export: Export, reader: User, now: datetime) -> None:
    workspace = db.session.get_one(Workspace, schedule.workspace_id)
    message = export_emails.ready(workspace, export_emails.Ready(schedule, run, export, reader), at=now)
    about = {"schedule_id": str(schedule.id), "export_id": str(export.id), "user_id": str(reader.id)}
    key = f"export:{export.id}:{reader.id}"
    courier.post(message, kind="export", dedupe_key=key, workspace_id=workspace.id, at=now, about=about)


def not_wanted(about: Mapping[str, Any], now: datetime) -> str | None:  # noqa: ARG001 - asked of every kind alike
    """Why the mail of a file is not wanted any more: its reader left or may not have it, or it was removed."""
    schedule = db.session.get(ExportSchedule, uuid.UUID(about["schedule_id"]))
    if schedule is None or schedule.ended_at is not None:
        return "The scheduled export was removed before its mail went out."
    if uuid.UUID(about["user_id"]) not in {user.id for user in schedule.readers}:
        return "Its reader may not receive it any more."
    return None
