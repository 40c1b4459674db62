"""`afterword serve` and `afterword work`: run the service."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from types import FrameType

import click
from flask import current_app
from flask.cli import with_appcontext

from accounts.ticket import Ticket
from accounts.workspace import Workspace
from base import clock, lasting
from base.db import reading, transaction
from base.errors import AfterwordError
from config import ROOT, Settings
from feedback.cli.database import bring_up_to_date
from feedback.sentiment import EngineError, engine_named


@click.command()
@click.option("--no-worker", is_flag=True, help="Do not start a worker beside the web server (PostgreSQL).")
@with_appcontext
def serve(*, no_worker: bool) -> None:
    """Migrate the database, then serve pages and run the schedule until stopped."""
    settings: Settings = current_app.config["SETTINGS"]
    _refuse_busy_port(settings)
    bring_up_to_date()
    _refuse_missing_engines()
    _say_how_to_begin(settings)
    worker = None if settings.on_sqlite or no_worker else _Worker()
    os.environ["AFTERWORD_EMBEDDED_RUNNER"] = "1" if settings.on_sqlite else ""
    try:
        _granian(settings)
    finally:
        if worker is not None:
            worker.stop()


@click.command()
@with_appcontext
def work() -> None:
    """Run jobs and the schedule without serving pages (PostgreSQL; any number of them)."""
    if current_app.config["SETTINGS"].on_sqlite:
        raise AfterwordError("On SQLite the serving process runs the jobs itself; `afterword work` is for PostgreSQL.")
    _refuse_missing_engines()
    lasting.share_one_heap()
    lasting.keep()
    current_app.extensions["afterword.runner"].work_here()


def _refuse_busy_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise AfterwordError(
                f"AFTERWORD_PORT: {settings.host}:{settings.port} cannot be used ({error.strerror}). "
                "Stop what runs there, or choose another: AFTERWORD_PORT=8001 ./run.sh serve"
            ) from error


def _refuse_missing_engines() -> None:
    """Whoever chose an engine learns at the start that it cannot read here, and not from unscored comments."""
    with reading():
        chosen = {one.sentiment_engine: one.slug for one in Workspace.all()}
    for name, workspace in chosen.items():
        try:
            engine_named(name)
        except EngineError as fault:
            raise AfterwordError(f"The workspace {workspace} has comments read by {name!r}. {fault}") from None


def _say_how_to_begin(settings: Settings) -> None:
    with transaction():
        link = Ticket.setup_link(at=clock.now())
    if link is not None:
        click.echo(f"\nCreate the first admin here (the link works once):\n\n    {link}\n")
    else:
        click.echo(f"\nAfterword is at {settings.public_url}\n")
    sys.stdout.flush()


def _granian(settings: Settings) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        target="feedback.app:create_serving_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backpressure=512,
        respawn_failed_workers=True,
        workers_kill_timeout=15,
        log_level=LogLevels.error,
        working_dir=ROOT,
    ).serve()


class _Worker:
    """A worker process beside the web server, started again when it dies."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._process = subprocess.Popen([sys.executable, "-m", "feedback", "work"], cwd=ROOT)
            self._process.wait()
            self._stopping.wait(2)

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=30)


commands: tuple[click.Command, ...] = (serve, work)
