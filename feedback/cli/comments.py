"""`afterword feedback score` and `afterword feedback rescore`: reading comments from the command line."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import click
from flask.cli import with_appcontext

from accounts.workspace import Workspace
from base.errors import AfterwordError, InvalidError
from feedback import sentiment
from feedback.backlog import count_comments
from feedback.jobs import reread
from surveys.survey import Survey

BATCH = 200
COLUMNS = "{:<10} {:>8}  {:<8}  {}"
PAUSE = 0.25
"""Of the time that a batch took, what is left to those who use the service meanwhile."""

_engine = click.option(
    "--engine", type=click.Choice(sentiment.ENGINES), help="Read with this engine instead of the one that is chosen."
)


@click.group()
def feedback() -> None:
    """What came back: read comments, digests."""


@feedback.command()
@click.option("--locale", metavar="TAG", help="Language that the comments were expected in, such as sl or pt-BR.")
@_engine
def score(locale: str | None, engine: str | None) -> None:
    """Read comments, one a line, from standard input; write one JSON object a line, or a table on a terminal."""
    chosen = engine or sentiment.DEFAULT
    _must_work(chosen)
    if _on_terminal():
        click.echo(COLUMNS.format("sentiment", "polarity", "language", "comment, themes"))
    for lines in _arriving(sys.stdin.buffer):
        comments = [line.decode("utf-8", "replace").rstrip("\r\n").lstrip("\ufeff") for line in lines]
        heard = [sentiment.Heard(comment, locale) for comment in comments]
        found = sentiment.read_all(heard, engine=chosen, phrases=False)
        if _on_terminal():
            sys.stdout.write("".join(_row(text, one) for text, one in zip(comments, found, strict=True)))
        else:
            sys.stdout.write("".join(f"{json.dumps(_told(one), ensure_ascii=False)}\n" for one in found))
        sys.stdout.flush()


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _row(comment: str, found: sentiment.Reading) -> str:
    """A comment and what was read in it, for people. What a comment could tell a terminal to do is left out."""
    polarity = "" if found.polarity is None else f"{found.polarity:+.2f}"
    signs = ", ".join(f"{theme} {'+' if of > 0 else '-' if of < 0 else '·'}" for theme, of in found.themes)
    words = "".join(sign if sign.isprintable() else " " for sign in comment)
    said = f"{words}  [{signs}]" if signs else words
    return COLUMNS.format(found.label or "unscored", polarity, found.language, said).rstrip() + "\n"


def _arriving(source: BinaryIO) -> Iterator[list[bytes]]:
    """Lines as they come, all together that are there: many are read faster at once, a single one must not wait."""
    rest = b""
    while chunk := source.read1(65_536):  # type: ignore[attr-defined]  # what standard input is has it
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]


@feedback.command()
@click.option("--workspace", "workspace_slug", metavar="SLUG", help="Only responses of this workspace.")
@click.option("--survey", "survey_slug", metavar="SLUG", help="Only responses of this survey; needs --workspace.")
@click.option("--after", type=click.UUID, metavar="ID", help="Go on after this response, as an interrupted run said.")
@_engine
@with_appcontext
def rescore(workspace_slug: str | None, survey_slug: str | None, after: uuid.UUID | None, engine: str | None) -> None:
    """Read all comments again: with another engine, or when jobs had given up. May be interrupted at any time.

    Without --engine each comment is read by the engine that its workspace has chosen.
    """
    where = _where(workspace_slug, survey_slug)
    for name in [engine] if engine else sorted(_chosen(where[0])):
        _must_work(name)
    total = count_comments(*where, after=after)
    click.echo(f"{total} comments to read.", err=True)
    labels, done, began = Counter[str](), 0, time.monotonic()
    try:
        while found := reread(after, *where, limit=BATCH, engine=engine):
            began_batch = time.monotonic()
            after, done = found[-1][0], done + len(found)
            labels.update(label for _, label in found)
            _progress(done, total, time.monotonic() - began)
            time.sleep(PAUSE * min(1.0, time.monotonic() - began_batch))
    except KeyboardInterrupt:
        click.echo(f"Stopped. Go on with: {_again(workspace_slug, survey_slug, after, engine)}", err=True)
        raise click.Abort from None
    click.echo(", ".join(f"{label} {n}" for label, n in labels.most_common()) or "nothing to read")


def _progress(done: int, total: int, seconds: float) -> None:
    pace = done / max(seconds, 0.001)
    left = int((total - done) / max(pace, 0.001))
    click.echo(f"{done} of {total} · {pace:.0f} a second · {left // 60}:{left % 60:02} left", err=True)


def _again(workspace: str | None, survey: str | None, after: uuid.UUID | None, engine: str | None) -> str:
    given = {"--workspace": workspace, "--survey": survey, "--engine": engine, "--after": after}
    return " ".join(["afterword feedback rescore", *(f"{name} {value}" for name, value in given.items() if value)])


def _must_work(name: str) -> None:
    try:
        sentiment.engine_named(name)
    except sentiment.EngineError as fault:
        raise AfterwordError(str(fault)) from None


def _chosen(workspace_id: uuid.UUID | None) -> set[str]:
    return {one.sentiment_engine for one in Workspace.all() if workspace_id in (None, one.id)}


def _where(workspace_slug: str | None, survey_slug: str | None) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    if workspace_slug is None:
        if survey_slug is not None:
            raise InvalidError("Say which workspace the survey is in: --workspace SLUG.")
        return None, None
    workspace = Workspace.by_slug(workspace_slug)
    return workspace.id, Survey.of(workspace.id, survey_slug).id if survey_slug else None


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
