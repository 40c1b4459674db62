"""The queue of many machines: Procrastinate on PostgreSQL, deferred on the caller's own connection.

We use no queueing lock for jobs, so a deferral cannot clash and needs no savepoint of its own. Periodic work is one
tick a minute that asks our due tables, because a tick more than ten minutes late is dropped by Procrastinate. Jobs of
a killed worker are found by its missing heartbeat and put back by every tick.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import procrastinate
from flask import Flask
from procrastinate import sql
from procrastinate.jobs import Job as ProcrastinateJob
from sqlalchemy import ColumnElement, Text, cast, func, literal_column, null, text
from sqlalchemy.dialects.postgresql import array

from base import clock
from base.db import db, transaction
from base.jobs import BACKOFF, MAX_ATTEMPTS, Job, registered
from base.runners.flows import Flow, Flows
from base.swift import driver_connection

log = logging.getLogger("afterword.jobs")

HEARTBEAT = 5.0
STALLED = 20.0
TASK = "afterword.run"
QUEUES = {"default": 4, "slow": 4}
"""How many jobs of each queue a worker runs at once. Slow ones wait for servers of others, nothing waits for them."""


class Patience(procrastinate.BaseRetryStrategy):
    """The same waits as the embedded queue."""

    def get_retry_decision(
        self, *, exception: BaseException, job: ProcrastinateJob
    ) -> procrastinate.RetryDecision | None:
        """Wait as `BACKOFF` says, or give up; the reason stays in the worker's log and the job stays as failed."""
        log.error("job %s failed on try %s: %r", job.task_kwargs, job.attempts + 1, exception)
        if job.attempts + 1 >= MAX_ATTEMPTS:
            return None
        return procrastinate.RetryDecision(retry_in={"seconds": BACKOFF[job.attempts]})


class DistributedRunner:
    """Defers in the caller's transaction; works in a thread with an event loop of its own."""

    def __init__(self, app: Flask, tick: Callable[[datetime], None], flows: Sequence[Flow] = ()) -> None:
        self.app = app
        self.tick = tick
        self._flows = Flows(app, flows)
        self._sender = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._working: asyncio.Task[None] | None = None

    def put(self, name: str, subject_id: uuid.UUID, at: datetime | None) -> None:
        """Write one request in the open transaction."""
        connection = driver_connection()
        later = at if at is not None and at > clock.now() else None
        queue = _queue_of(registered()[name])
        about = {"name": name, "subject_id": str(subject_id)}
        self._sender.configure_task(
            TASK, queue=queue, connection=connection, schedule_at=later, task_kwargs=about
        ).defer()

    def deferral(self, wanted: Sequence[Job], subject: ColumnElement[Any]) -> ColumnElement[Any]:
        """What `put` writes for these jobs of one subject, as an expression that writes when it is evaluated."""
        rows = array([_row_of(job, subject) for job in wanted])
        return func.procrastinate_defer_jobs_v1(rows.op("::")(literal_column("procrastinate_job_to_defer_v1[]")))

    def waiting(self, name: str, subject_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Those of the ids that a queued or running job of that name is about."""
        living = text(
            "SELECT args->>'subject_id' FROM procrastinate_jobs WHERE status IN ('todo', 'doing') "
            "AND task_name = :task AND args->>'name' = :name AND args->>'subject_id' = ANY(:idents)"
        )
        idents = [str(ident) for ident in subject_ids]
        found = db.session.scalars(living, {"task": TASK, "name": name, "idents": idents})
        return {uuid.UUID(ident) for ident in found}

    def start(self) -> bool:
        """Work in the background; several workers share the queue."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), name="worker", daemon=True)
        self._thread.start()
        return True

    def stop(self) -> None:
        """Finish the jobs in hand and stop."""
        if self._thread is None:
            return
        if self._loop is not None and self._working is not None:
            self._loop.call_soon_threadsafe(self._working.cancel)
        self._thread.join(timeout=30)
        self._thread = None

    def work_here(self) -> None:
        """Work in the foreground until SIGTERM or SIGINT: `afterword work`."""
        asyncio.run(self._work(until_signalled=True))

    async def _work(self, *, until_signalled: bool = False) -> None:
        self._loop, self._working = asyncio.get_running_loop(), asyncio.current_task()
        assert self._working is not None
        for number in (signal.SIGTERM, signal.SIGINT) if until_signalled else ():
            self._loop.add_signal_handler(number, self._working.cancel)
        url = self.app.config["SQLALCHEMY_DATABASE_URI"].replace("postgresql+psycopg://", "postgresql://")
        app = self._worker_app(procrastinate.PsycopgConnector(conninfo=url))
        self._flows.start()
        try:
            async with app.open_async():
                lanes = (self._work_on(app, queue, at_once) for queue, at_once in QUEUES.items())
                await asyncio.gather(*lanes, self._look_after_others())
        except asyncio.CancelledError:
            log.info("the worker stopped")
        finally:
            self._flows.stop()

    async def _look_after_others(self) -> None:
        """Put back what killed workers left, sooner than the next tick would."""
        while True:
            await asyncio.sleep(STALLED)
            try:
                await asyncio.to_thread(self._put_back)
            except Exception:
                log.exception("jobs of killed workers could not be looked for; the next look tries again")

    def _put_back(self) -> None:
        with self.app.app_context():
            self._retry_stalled()

    @staticmethod
    async def _work_on(app: procrastinate.App, queue: str, at_once: int) -> None:
        await app.run_worker_async(
            queues=[queue],
            concurrency=at_once,
            fetch_job_polling_interval=1.0,
            delete_jobs="successful",
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=STALLED,
            shutdown_graceful_timeout=20,
            install_signal_handlers=False,
        )

    def _worker_app(self, connector: procrastinate.PsycopgConnector) -> procrastinate.App:
        app = procrastinate.App(connector=connector)

        @app.task(name=TASK, retry=Patience())
        def run(name: str, subject_id: str) -> None:
            with self.app.app_context():
                registered()[name](uuid.UUID(subject_id))

        @app.periodic(cron="* * * * *")
        @app.task(name="afterword.tick", queueing_lock="afterword.tick")
        def tick(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
            self.run_tick()

        return app

    def run_tick(self) -> None:
        """Ask the due tables once and put back what killed workers left."""
        with self.app.app_context():
            self.tick(clock.now())
            self._retry_stalled()
            self._prune(clock.now())

    def _retry_stalled(self) -> None:
        with transaction() as session:
            connection = session.connection()
            found = connection.exec_driver_sql(
                sql.queries["select_stalled_jobs_by_heartbeat"],
                {"seconds_since_heartbeat": STALLED, "queue": None, "task_name": None},
            )
            for ident in [row.id for row in found]:
                log.warning("job %s was left by a killed worker; it runs again", ident)
                connection.execute(
                    text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)"), {"id": ident}
                )

    def _prune(self, now: datetime) -> None:
        old = text("DELETE FROM procrastinate_jobs WHERE status = 'failed' AND scheduled_at < :before")
        with transaction() as session:
            session.execute(old, {"before": now - timedelta(days=7)})

    def drain(self) -> int:
        """Run everything due by our clock, in the caller's thread, one job after the other. For commands and tests."""
        tried = 0
        while done := self._drain_jobs() + self._flows.drain():
            tried += done
        return tried

    def _drain_jobs(self) -> int:
        tried = 0
        while (claimed := self._next_due()) is not None:
            tried += 1
            self._run_here(*claimed)
        return tried

    def _next_due(self) -> tuple[int, dict[str, Any], int] | None:
        due = text(
            "SELECT id, args, attempts FROM procrastinate_jobs WHERE status = 'todo' AND task_name = :task "
            "AND (scheduled_at IS NULL OR scheduled_at <= :now) ORDER BY scheduled_at NULLS FIRST, id LIMIT 1"
        )
        with self.app.app_context():
            found = db.session.execute(due, {"task": TASK, "now": clock.now()}).one_or_none()
            return (found.id, found.args, found.attempts) if found else None

    def _run_here(self, ident: int, args: dict[str, Any], attempts: int) -> None:
        with self.app.app_context():
            try:
                registered()[args["name"]](uuid.UUID(args["subject_id"]))
                after, values = "DELETE FROM procrastinate_jobs WHERE id = :id", {}
            except Exception:
                log.exception("job %s failed on try %s", args, attempts + 1)
                db.session.rollback()
                final = attempts + 1 >= MAX_ATTEMPTS
                wait = timedelta(seconds=0 if final else BACKOFF[attempts])
                after = "UPDATE procrastinate_jobs SET attempts = attempts + 1, scheduled_at = :at, status = "
                after += "'failed' WHERE id = :id" if final else "'todo' WHERE id = :id"
                values = {"at": clock.now() + wait}
            with transaction() as session:
                session.execute(text(after), {"id": ident} | values)


def _queue_of(job: Job) -> str:
    return "slow" if job.slow else "default"


def _row_of(job: Job, subject: ColumnElement[Any]) -> ColumnElement[Any]:
    """One job to defer: queue, task, priority, locks, arguments, time."""
    about = func.jsonb_build_object(_word("name"), _word(job.name), _word("subject_id"), cast(subject, Text))
    return func.row(_word(_queue_of(job)), _word(TASK), literal_column("0"), null(), null(), about, null())


def _word(ours: str) -> ColumnElement[str]:
    """A word of ours as it stands in the statement."""
    return literal_column(f"'{ours}'", Text)


def prepare_schema() -> None:
    """Make Procrastinate's tables where they are missing. Part of `afterword migrate` on PostgreSQL."""
    with transaction() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(727001)"))
        if session.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is None:
            schema = procrastinate.schema.SchemaManager.get_schema()
            session.connection().connection.cursor().execute(schema)
