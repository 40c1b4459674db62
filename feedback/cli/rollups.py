"""`afterword feedback rebuild`: the counts that pages are read from, made anew while the service runs."""

from __future__ import annotations

import time
import uuid
from functools import partial

import click
from flask.cli import with_appcontext

from accounts.workspace import Workspace
from base import lasting
from base.db import reading, transaction
from base.errors import InvalidError
from feedback import fold, generation
from feedback.cli.comments import feedback
from surveys.survey import Survey

BATCH = 10_000
"""Rows a transaction, for which others wait that write: a fifth of a second."""
PAUSE = 0.1
"""Of the time that a batch took, what is left to those who use the service meanwhile."""


@feedback.command()
@click.option("--workspace", "workspace_slug", metavar="SLUG", help="Only surveys of this workspace.")
@click.option("--survey", "survey_slug", metavar="SLUG", help="Only this survey; needs --workspace.")
@with_appcontext
def rebuild(workspace_slug: str | None, survey_slug: str | None) -> None:
    """Make the counts behind all numbers anew. Pages stay right meanwhile.

    May be interrupted at any time: run again it goes on with what is left, and so does the running service by itself.
    """
    lasting.keep()
    where = _where(workspace_slug, survey_slug)
    with transaction():
        surveys = generation.begin_all(*where)
    done, began = 0, time.monotonic()
    try:
        for survey_id, slug, zone in surveys:
            done += _rebuild(survey_id, slug, zone)
    except KeyboardInterrupt:
        click.echo("Stopped. The same command goes on from here, and so does the service.", err=True)
        raise click.Abort from None
    click.echo(f"{len(surveys)} surveys, {done} rows, {time.monotonic() - began:.1f} s")


def _where(workspace_slug: str | None, survey_slug: str | None) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    if workspace_slug is None:
        if survey_slug is not None:
            raise InvalidError("Say which workspace the survey is in: --workspace SLUG.")
        return None, None
    workspace = Workspace.by_slug(workspace_slug)
    return workspace.id, Survey.of(workspace.id, survey_slug).id if survey_slug else None


def _rebuild(survey_id: uuid.UUID, slug: str, zone: str) -> int:
    with reading():
        total = generation.remaining(survey_id)
    done, told, began = 0, time.monotonic(), time.monotonic()
    while True:
        began_batch = time.monotonic()
        with transaction():
            taken = generation.advance(survey_id, limit=BATCH)
        if not taken:
            break
        done += taken
        if time.monotonic() - told >= 1:
            told = time.monotonic()
            _progress(slug, done, max(total, done), told - began)
        time.sleep(PAUSE * min(1.0, time.monotonic() - began_batch))
    _tidy(survey_id, zone)
    _progress(slug, done, done, time.monotonic() - began)
    return done


def _tidy(survey_id: uuid.UUID, zone: str) -> None:
    """Count what changed and waits, and delete what nobody reads any more."""
    for step in (partial(fold.fold, survey_id, zone, limit=BATCH), partial(generation.sweep, survey_id)):
        while True:
            with transaction():
                taken = step()
            if not taken:
                break


def _progress(slug: str, done: int, total: int, seconds: float) -> None:
    pace = done / max(seconds, 0.001)
    left = int((total - done) / max(pace, 0.001))
    click.echo(f"{slug}: {done} of {total} · {pace:.0f} a second · {left // 60}:{left % 60:02} left", err=True)


commands: tuple[click.Command, ...] = ()
"""`rebuild` hangs on the group of `feedback`."""
