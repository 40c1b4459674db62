"""`afterword feedback export`: responses as a file, now or by the clock of the operating system."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from accounts.workspace import Workspace
from base import lasting
from base.errors import AfterwordError
from feedback import exporter
from feedback.cli.comments import feedback
from feedback.exporting import FORMATS, suffix
from feedback.feed import Query
from surveys.survey import Survey

_DAY = click.DateTime(["%Y-%m-%d"])


@feedback.command()
@click.option("--workspace", "slug", required=True, metavar="SLUG", help="Short name of the workspace.")
@click.option("--survey", "name", metavar="SLUG", help="Only responses to this survey, with its further questions.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Usually what the name of the file ends in.")
@click.option("--since", metavar="DAY", type=_DAY, help="First day, such as 2026-11-01, UTC.")
@click.option("--until", metavar="DAY", type=_DAY, help="The day after the last one.")
@click.option("--people/--no-people", default=True, help="With names and addresses (usual) or without.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def export(file: Path, slug: str, name: str | None, kind: str | None, *, people: bool, **days: datetime | None) -> None:
    """Write responses to FILE, one a row; an older FILE is replaced once the new one is whole."""
    kind = kind or next((one for one in FORMATS if file.suffix == f".{suffix(one)}"), None)
    if kind is None:
        raise click.UsageError(f"Say --format, or let the name of the file end in {', '.join(map(suffix, FORMATS))}.")
    lasting.keep()
    query = _query(slug, name, **days)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        rows = exporter.write(query, kind, unfinished, people=people)
        unfinished.replace(file)
    except (ImportError, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise click.ClickException(exporter.words(error)) from error
    click.echo(f"{rows:,} responses in {file}")


def _query(slug: str, name: str | None, since: datetime | None, until: datetime | None) -> Query:
    try:
        workspace = Workspace.by_slug(slug)
        survey = Survey.of(workspace.id, name) if name else None
    except AfterwordError as error:
        raise click.ClickException(error.detail) from error
    return Query(
        workspace_id=workspace.id,
        survey_id=survey.id if survey else None,
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
        flagged=False,
    )


commands: tuple[click.Command, ...] = ()
"""`export` hangs on the group `feedback`, which `comments` lists."""
