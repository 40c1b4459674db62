"""Work that happens after the request: registered with `@job`, asked for with `enqueue` in the caller's transaction.

The queue is only speed: every job is idempotent, carries one id, and the ledgers it works on (outbox, issues,
responses) carry the guarantee. Two queues keep the rows: `runners.embedded` on SQLite, `runners.distributed` on
PostgreSQL.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import current_app

BACKOFF = (5, 30, 120, 600, 1800, 3600, 7200)
"""Seconds to wait before the second, third, … try of a job that raised."""
MAX_ATTEMPTS = len(BACKOFF) + 1


@dataclass(frozen=True)
class Job:
    """A registered function of one id. Calling it runs it at once."""

    name: str
    run: Callable[[uuid.UUID], None]
    slow: bool = False
    """Waits for somebody else's server, so it has workers of its own: nothing else may wait behind it."""

    def __call__(self, subject_id: uuid.UUID) -> None:
        self.run(subject_id)


class Queue(Protocol):
    """Where jobs wait. `put` writes in the open transaction and nowhere else."""

    def put(self, name: str, subject_id: uuid.UUID, at: datetime | None) -> None: ...

    def waiting(self, name: str, subject_ids: Collection[uuid.UUID]) -> set[uuid.UUID]: ...


_registry: dict[str, Job] = {}


def job(function: Callable[[uuid.UUID], None]) -> Job:
    """Register `function` as a job under `<room>.<function>`, e.g. `feedback.read_comment`."""
    return _register(function, slow=False)


def slow_job(function: Callable[[uuid.UUID], None]) -> Job:
    """Register a job that talks to servers of others, which may keep it waiting."""
    return _register(function, slow=True)


def _register(function: Callable[[uuid.UUID], None], *, slow: bool) -> Job:
    made = Job(f"{function.__module__.split('.')[0]}.{function.__name__}", function, slow)
    assert _registry.get(made.name, made).run is function, f"two jobs are called {made.name}"
    _registry[made.name] = made
    return made


def registered() -> dict[str, Job]:
    """All jobs by name."""
    return dict(_registry)


def enqueue(job: Job, subject_id: uuid.UUID, *, at: datetime | None = None) -> None:
    """Ask for `job(subject_id)` at or after `at` (at once without), if and only if this transaction commits."""
    _queue().put(job.name, subject_id, at)


def enqueue_missing(job: Job, subject_ids: Collection[uuid.UUID]) -> int:
    """Ask at once for `job` of those ids that no queued or running job is about; how many. Needs a transaction."""
    queue = _queue()
    known = queue.waiting(job.name, subject_ids)
    missing = [ident for ident in subject_ids if ident not in known]
    for ident in missing:
        queue.put(job.name, ident, None)
    return len(missing)


def _queue() -> Queue:
    queue: Queue = current_app.extensions["afterword.queue"]
    return queue
