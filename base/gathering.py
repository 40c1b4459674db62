"""Small notes that need not be durable, kept off the request's path: put aside now, written together a moment later."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from flask import Flask

log = logging.getLogger("afterword.gathering")

Note = TypeVar("Note")


class Gatherer(Generic[Note]):
    """Hands notes to `keep` in batches, every `every` seconds, in a thread with an app context of its own.

    Nothing waits for it: over `limit` waiting notes new ones are dropped and counted, and a batch that cannot be kept
    is dropped and counted too. What waits at the end of the process is kept then; a killed process loses it.
    """

    def __init__(
        self, app: Flask, keep: Callable[[Sequence[Note]], None], *, every: float = 0.2, limit: int = 10_000
    ) -> None:
        self._app = app
        self._keep = keep
        self._every = every
        self._limit = limit
        self._waiting: deque[Note] = deque()
        self._stopping = threading.Event()
        self._flushing = threading.Lock()
        self._starting = threading.Lock()
        self._started_in: int | None = None
        self.dropped = 0

    def put(self, note: Note) -> None:
        """Remember `note`; returns at once."""
        if len(self._waiting) >= self._limit:
            self.dropped += 1
            return
        self._waiting.append(note)
        if self._started_in != os.getpid() and not self._app.testing:
            self._start()

    def flush(self) -> int:
        """Keep what waits now, in the caller's thread; returns how many notes were kept."""
        with self._flushing:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not batch:
                return 0
            try:
                with self._app.app_context():
                    self._keep(batch)
            except Exception:
                self.dropped += len(batch)
                log.exception("%s notes could not be kept", len(batch))
                return 0
            return len(batch)

    def stop(self) -> None:
        """Keep what waits and write no more from the background."""
        self._stopping.set()
        self.flush()

    def _start(self) -> None:
        """Begin in this process: a thread does not survive a fork."""
        with self._starting:
            if self._started_in == os.getpid():
                return
            self._started_in = os.getpid()
            threading.Thread(target=self._run, name="gatherer", daemon=True).start()
            atexit.register(self.stop)

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self.flush()
