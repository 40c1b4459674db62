"""Who works off the queue. `runner_for` picks by database; everything else knows only this Protocol."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from flask import Flask

from base.runners.flows import Flow


class Runner(Protocol):
    """A queue and the means to work it off."""

    def put(self, name: str, subject_id: uuid.UUID, at: datetime | None) -> None:
        """Write one request in the open transaction."""

    def waiting(self, name: str, subject_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Those of the ids that a queued or running job of that name is about."""

    def start(self) -> bool:
        """Begin to work in the background of this process; False when this process may not."""

    def stop(self) -> None:
        """Finish what is in hand and stop."""

    def drain(self) -> int:
        """Run everything due now in the caller's thread; returns how many jobs were tried."""

    def run_tick(self) -> None:
        """Ask the due tables once."""


def runner_for(app: Flask, tick: Callable[[datetime], None], flows: Sequence[Flow] = ()) -> Runner:
    """The runner that fits the app's database."""
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        from base.runners.embedded import EmbeddedRunner

        return EmbeddedRunner(app, tick, flows)
    from base.runners.distributed import DistributedRunner

    return DistributedRunner(app, tick, flows)
