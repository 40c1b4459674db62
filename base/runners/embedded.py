"""The queue of the embedded default: a table in the same SQLite file, driven by APScheduler ticks.

APScheduler keeps nothing (memory store, interval ticks only); what is due is read from our tables, so a late or
doubled tick does no harm. A job is claimed by a conditional UPDATE with a lease: a crash repeats it after the lease.
"""

from __future__ import annotations

import fcntl
import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import IO

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy import Index, Integer, String, Text, Uuid, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from base import clock
from base.db import Model, Moment, db, new_id, transaction
from base.grouping import busy
from base.jobs import BACKOFF, MAX_ATTEMPTS, registered
from base.prepared import Prepared
from base.runners.flows import Flow, Flows
from base.runners.threads import DaemonThreads

log = logging.getLogger("afterword.jobs")

LEASE = timedelta(minutes=5)
TURN = 1.0
"""Seconds of work between two looks of the scheduler."""
KEPT = timedelta(days=7)


class QueuedJob(Model):
    """One request for work: queued → running (lease) → deleted when done, or failed with the reason."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_due", "state", "run_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    run_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(Text)


_INSERT = Prepared(insert(QueuedJob), "id", "name", "subject_id", "run_at", "state", "attempts")


class EmbeddedRunner:
    """Keeps the queue and works it off in a thread of the serving process."""

    def __init__(self, app: Flask, tick: Callable[[datetime], None], flows: Sequence[Flow] = ()) -> None:
        self.app = app
        self.tick = tick
        self._flows = Flows(app, flows)
        self._scheduler: BackgroundScheduler | None = None
        self._lock: IO[str] | None = None
        self._stopping = threading.Event()

    def put(self, name: str, subject_id: uuid.UUID, at: datetime | None) -> None:
        """Write one request in the open transaction."""
        row = {
            "id": new_id(),
            "name": name,
            "subject_id": subject_id,
            "run_at": at or clock.now(),
            "state": "queued",
            "attempts": 0,
        }
        _INSERT.run(row)

    def waiting(self, name: str, subject_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Those of the ids that a queued or running job of that name is about."""
        living = QueuedJob.name == name, QueuedJob.state.in_(("queued", "running"))
        found = select(QueuedJob.subject_id).where(*living, QueuedJob.subject_id.in_(list(subject_ids)))
        return set(db.session.scalars(found))

    def start(self) -> bool:
        """Begin to tick, unless another process already ticks this database. Returns whether we do."""
        lock = (self.app.config["DATA_DIR"] / "scheduler.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            log.warning("another process already runs the schedule of this data directory; this one only serves pages")
            return False
        self._lock = lock
        self._stopping.clear()
        self._take_over()
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a turn that takes longer than its beat is no news
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": DaemonThreads()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for slow in (False, True):
            scheduler.add_job(self._guarded(partial(self._work_a_while, slow=slow)), "interval", seconds=0.5)
        scheduler.add_job(self._guarded(self.run_tick), "interval", seconds=20, next_run_time=clock.now())
        scheduler.start()
        self._scheduler = scheduler
        self._flows.start()
        return True

    def _take_over(self) -> None:
        """What runs now was left by a process that died, since only one works here: it need not wait for its lease."""
        with self.app.app_context(), transaction() as session:
            left = update(QueuedJob).where(QueuedJob.state == "running")
            session.execute(left.values(state="queued", run_at=clock.now()))

    def stop(self) -> None:
        """Finish the job in hand, then stop ticking."""
        self._stopping.set()
        self._flows.stop()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self._stopping.clear()

    def _guarded(self, work: Callable[[], object]) -> Callable[[], None]:
        def guarded() -> None:
            try:
                work()
            except Exception:
                log.exception("the schedule met an error and goes on")

        return guarded

    def run_tick(self) -> None:
        """Ask the due tables once, in an app context of its own."""
        with self.app.app_context():
            self.tick(clock.now())
            self._prune(clock.now())

    def _work_a_while(self, *, slow: bool) -> None:
        """A turn of the scheduler; short, because the interpreter waits for it when the process ends.

        Slow jobs have turns of their own: a mail server that hangs keeps no answer from being read.
        """
        self.run_due(until=time.monotonic() + TURN, slow=slow)

    def run_due(self, *, until: float = math.inf, slow: bool | None = None) -> int:
        """Run what is due now, oldest first, beginning nothing after `until`; returns how many jobs were tried.

        `slow`: only slow jobs, or only the others.
        """
        tried = 0
        while not self._over(until):
            with self.app.app_context():
                batch = self._claim(clock.now(), slow=slow)
                done = []
                for claimed in batch:
                    if self._over(until):
                        self._give_back(claimed.id)
                        continue
                    tried += 1
                    began = time.monotonic()
                    if self._run(claimed):
                        done.append(claimed.id)
                    self._breathe(time.monotonic() - began, until)
                self._forget(done)
            if not batch:
                break
        return tried

    def _breathe(self, worked: float, until: float) -> None:
        """Who is answering comes first: then a job of `worked` seconds is followed by as long a pause."""
        if until < math.inf and busy(within=0.1):
            self._stopping.wait(min(worked, 0.1))

    def _over(self, until: float) -> bool:
        return self._stopping.is_set() or time.monotonic() > until

    def _forget(self, done: list[uuid.UUID]) -> None:
        """Drop finished jobs together; a crash before that repeats them after their lease, which does no harm."""
        if done:
            with transaction() as session:
                session.execute(delete(QueuedJob).where(QueuedJob.id.in_(done)))

    def drain(self) -> int:
        """Run what is due and what that leads to, in the caller's thread. For commands and tests."""
        tried = 0
        while done := self.run_due() + self._flows.drain():
            tried += done
        return tried

    def _claim(self, now: datetime, *, slow: bool | None = None, limit: int = 20) -> list[QueuedJob]:
        expired = (QueuedJob.state == "running") & (QueuedJob.run_at <= now)
        due = ((QueuedJob.state == "queued") & (QueuedJob.run_at <= now)) | expired
        if slow is not None:
            names = [name for name, known in registered().items() if known.slow]
            due &= QueuedJob.name.in_(names) if slow else QueuedJob.name.not_in(names)
        with transaction() as session:
            found = session.scalars(
                select(QueuedJob).where(due).order_by(QueuedJob.run_at, QueuedJob.id).limit(limit)
            ).all()
            for row in found:  # the write lock is ours, so nobody else can claim between SELECT and UPDATE
                row.state, row.run_at, row.attempts = "running", now + LEASE, row.attempts + 1
        return list(found)

    def _give_back(self, ident: uuid.UUID) -> None:
        with transaction() as session:
            session.execute(update(QueuedJob).where(QueuedJob.id == ident).values(state="queued", run_at=clock.now()))

    def _run(self, claimed: QueuedJob) -> bool:
        """Whether the job is done."""
        ident, name, subject_id, attempts = claimed.id, claimed.name, claimed.subject_id, claimed.attempts
        try:
            registered()[name](subject_id)
        except Exception as error:
            log.exception("job %s(%s) failed on try %s", name, subject_id, attempts)
            db.session.rollback()
            self._record_failure(ident, attempts, f"{type(error).__name__}: {error}")
            return False
        return True

    def _record_failure(self, ident: uuid.UUID, attempts: int, reason: str) -> None:
        final = attempts >= MAX_ATTEMPTS
        wait = timedelta(seconds=0 if final else BACKOFF[attempts - 1])
        values = {"state": "failed" if final else "queued", "run_at": clock.now() + wait, "error": reason[:2000]}
        with transaction() as session:
            session.execute(update(QueuedJob).where(QueuedJob.id == ident).values(**values))

    def _prune(self, now: datetime) -> None:
        with transaction() as session:
            session.execute(delete(QueuedJob).where(QueuedJob.state == "failed", QueuedJob.run_at < now - KEPT))
