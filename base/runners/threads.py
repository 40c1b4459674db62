"""Threads that do not hold up the end of the process.

APScheduler's own pool is joined by the interpreter while the web server's native threads are still winding down, which
can bring the whole worker down at SIGTERM. These threads are joined by `shutdown`, for as long as we say.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import datetime

from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.job import Job

PATIENCE = 8.0
"""Seconds that work in hand has to finish when the process is asked to stop."""


class DaemonThreads(BaseExecutor):  # type: ignore[misc] # APScheduler ships no types
    """An executor of APScheduler: each turn in a daemon thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._threads: set[threading.Thread] = set()

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:
        thread = threading.Thread(target=self._work, args=(job, run_times), name=f"turn of {job.name}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self, job: Job, run_times: list[datetime]) -> None:
        try:
            events = run_job(job, "default", run_times, self._logger.name)
        except BaseException:  # noqa: BLE001 - told to APScheduler, whose job it is
            self._run_job_error(job.id, *sys.exc_info()[1:])
        else:
            self._run_job_success(job.id, events)
        finally:
            self._threads.discard(threading.current_thread())

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 - APScheduler's signature
        """Give the work in hand `PATIENCE` seconds; what is not done then is repeated after its lease."""
        until = time.monotonic() + (PATIENCE if wait else 0)
        for thread in list(self._threads):
            thread.join(timeout=max(0.0, until - time.monotonic()))
