"""`afterword feedback score` and `afterword feedback rescore`: reading comments from the command line."""

from __future__ import annotations

import json
import sys
import uuid
from collections import Counter
from typing import Any

import click
from flask.cli import with_appcontext

from accounts.workspace import Workspace
from base import clock
from base.db import db, reading, transaction
from base.errors import InvalidError
from feedback import sentiment
from feedback.backlog import comments_after, count_comments
from feedback.response import Response
from surveys.survey import Survey

BATCH = 200


@click.group()
def feedback() -> None:
    """What came back: read comments, digests."""


@feedback.command()
@click.option("--locale", metavar="TAG", help="Language that the comments were expected in, such as sl or pt-BR.")
def score(locale: str | None) -> None:
    """Read comments, one a line, from standard input; write one JSON object a line."""
    source = sys.stdin.buffer
    for line in source:
        comment = line.decode("utf-8", "replace").rstrip("\r\n").lstrip("\ufeff")
        click.echo(json.dumps(_told(sentiment.read(comment, locale_hint=locale)), ensure_ascii=False))


@feedback.command()
@click.option("--workspace", "workspace_slug", metavar="SLUG", help="Only responses of this workspace.")
@click.option("--survey", "survey_slug", metavar="SLUG", help="Only responses of this survey; needs --workspace.")
@click.option("--after", type=click.UUID, metavar="ID", help="Go on after this response, as an interrupted run said.")
@with_appcontext
def rescore(workspace_slug: str | None, survey_slug: str | None, after: uuid.UUID | None) -> None:
    """Read all comments again: after a new engine, or when jobs had given up. May be interrupted at any time."""
    where = _where(workspace_slug, survey_slug)
    total, done, labels = count_comments(*where), 0, Counter[str]()
    click.echo(f"{total} comments to read.", err=True)
    try:
        while batch := comments_after(after, *where, limit=BATCH):
            labels.update(_reread(batch))
            after, done = batch[-1].id, done + len(batch)
            click.echo(f"{done} of {total}", err=True)
    except KeyboardInterrupt:
        click.echo(f"Stopped. Go on with: afterword feedback rescore --after {after}", err=True)
        raise click.Abort from None
    click.echo(", ".join(f"{label} {n}" for label, n in labels.most_common()) or "nothing to read")


def _where(workspace_slug: str | None, survey_slug: str | None) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    if workspace_slug is None:
        if survey_slug is not None:
            raise InvalidError("Say which workspace the survey is in: --workspace SLUG.")
        return None, None
    workspace = Workspace.by_slug(workspace_slug)
    return workspace.id, Survey.of(workspace.id, survey_slug).id if survey_slug else None


def _reread(batch: list[Response]) -> list[str]:
    """Read a batch with no transaction open, then keep it in one; the label of each."""
    with reading():
        comments = [(row.id, row.revision, row.comment or "", row.locale) for row in batch]
    db.session.expunge_all()
    found = [(ident, revision, sentiment.read(text, locale_hint=locale)) for ident, revision, text, locale in comments]
    with transaction():
        for ident, revision, judged in found:
            same = Response.unchanged(ident, revision)
            if same is not None:
                same.keep_reading(judged, at=clock.now())
    return [judged.label or f"unscored ({judged.language})" for _, _, judged in found]


def _told(found: sentiment.Reading) -> dict[str, Any]:
    return {
        "language": found.language,
        "label": found.label,
        "polarity": found.polarity,
        "confidence": found.confidence,
        "themes": [{"theme": theme, "polarity": polarity} for theme, polarity in found.themes],
        "engine": found.engine,
        "engine_version": found.engine_version,
    }


commands: tuple[click.Command, ...] = (feedback,)
