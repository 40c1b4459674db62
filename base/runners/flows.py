"""Work that asks its own due tables again and again, instead of waiting in a queue job by job."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from flask import Flask

from base.db import db
from base.grouping import busy

log = logging.getLogger("afterword.flows")

Flow = Callable[[Callable[[], bool]], int]
"""Does what is due until nothing is, or until it is told that its turn is over; how much it did."""

IDLE = 0.5
"""Seconds between two looks at what is due."""
TURN = 1.0
"""Seconds of one turn; then its session is put away."""
TROUBLE = 5.0
"""Seconds to wait after an error, before the next look."""
PATIENCE = 8.0
"""Seconds that a flow has to come to its end when the process is asked to stop."""


class Flows:
    """Runs the flows in one thread, a turn each: two would take the interpreter from each other at every reply of a
    server, and what one makes the other takes on.
    """

    def __init__(self, app: Flask, flows: Sequence[Flow]) -> None:
        self._app = app
        self._flows = flows
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="flows", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in hand; what is not done after `PATIENCE` is repeated when its lease runs out."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE)
            self._thread = None

    def drain(self) -> int:
        """Do what is due in the caller's thread; how much that was."""
        done = 0
        for flow in self._flows:
            with self._app.app_context():
                done += flow(lambda: False)
        return done

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not sum([self._turn_or_trouble(flow) for flow in self._flows]):
                self._stopping.wait(IDLE)

    def _turn_or_trouble(self, flow: Flow) -> int:
        try:
            return self._turn(flow, time.monotonic())
        except Exception:
            log.exception("%s met an error and goes on", flow.__name__)
            self._stopping.wait(TROUBLE)
            return 0

    def _turn(self, flow: Flow, began: float) -> int:
        def over() -> bool:
            if busy(within=0.1):  # who is answering comes first
                self._stopping.wait(0.005)
            return self._stopping.is_set() or time.monotonic() - began > TURN

        with self._app.app_context():
            try:
                return flow(over)
            finally:
                db.session.rollback()
