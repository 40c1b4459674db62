from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK = 0.2
"""Seconds between two looks at what is going on."""
REST = 5.0
"""Seconds without anything to watch after which the thread ends."""


class Patience:
    """Cuts what takes longer than `seconds`. One thread watches all: a timer a mail would cost more than the mail."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._watched: dict[object, tuple[float, Callable[[], None]]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def before(self, cut: Callable[[], None]) -> Iterator[None]:
        """Call `cut` from another thread if the block takes too long."""
        key = object()
        with self._lock:
            self._watched[key] = (time.monotonic() + self.seconds, cut)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="patience", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            self._watched.pop(key, None)

    def _watch(self) -> None:
        idle = 0.0
        while True:
            time.sleep(LOOK)
            with self._lock:
                late = [key for key, (until, _) in self._watched.items() if until < time.monotonic()]
                cuts = [self._watched.pop(key)[1] for key in late]
                idle = 0.0 if self._watched or cuts else idle + LOOK
                if idle > REST:
                    self._thread = None
                    return
            for cut in cuts:
                cut()
