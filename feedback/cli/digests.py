"""`afterword feedback digest`: send what is due, or only tell what would be sent."""

from __future__ import annotations

import uuid
from datetime import datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from accounts.workspace import Workspace
from base import clock
from base.db import db
from base.errors import NotFoundError
from feedback import emails, jobs
from feedback.cli.comments import feedback
from feedback.digest import Digest
from feedback.issue import Issue, today
from feedback.issue_member import untold
from feedback.report import Report


@feedback.command("digest")
@click.option("--dry-run", is_flag=True, help="Print what would be sent now, to whom; record and send nothing.")
@click.option("--workspace", "slug", help="Only digests of the workspace with this slug.")
@click.option("--digest", "ident", type=click.UUID, help="Only this digest; with --dry-run even when it is not due.")
@with_appcontext
def digest(*, dry_run: bool, slug: str | None, ident: uuid.UUID | None) -> None:
    """Send every digest that is due now. Run twice, each issue is still sent once."""
    now = clock.now()
    try:
        chosen = _chosen(slug, ident)
    except NotFoundError as error:
        raise click.ClickException(error.detail) from error
    due = [one for one in chosen if one.plan(now) is not None or (dry_run and ident)]
    if not due:
        click.echo("No digest is due now.")
    for one in due:
        if dry_run:
            _tell(one, now)
        else:
            _send(one, now)
    if due and not dry_run:
        current_app.extensions["afterword.runner"].drain()


def _chosen(slug: str | None, ident: uuid.UUID | None) -> list[Digest]:
    workspaces = [Workspace.by_slug(slug)] if slug else Workspace.all()
    found = [one for workspace in workspaces for one in Digest.all_of(workspace.id) if ident in (None, one.id)]
    if ident and not found:
        raise NotFoundError("digest", ident)
    return found


def _tell(one: Digest, now: datetime) -> None:
    draft = Issue.drafted(one, one.plan(now) or today(one, now), trigger="by hand", at=now)
    report = Report.of(one, draft, untold(one, now))
    letter = emails.digest(db.session.get_one(Workspace, one.workspace_id), [report], at=now, staff=True).letter
    click.echo(f"To: {one.recipient_name} <{one.recipient_email}>\nIssue: {draft.local_date}")
    if letter is None or (report.nothing and one.when_empty == "skip"):
        click.echo("Nobody to tell of and no overdue case: nothing would be sent, as the recipient wished.\n")
        return
    click.echo(f"Subject: {letter.subject}\n\n{letter.text}")


def _send(one: Digest, now: datetime) -> None:
    taken = jobs.claim_digest(one.id, now)
    click.echo(f"{one.recipient_email}: {'taken' if taken else 'somebody else has taken it'}")


commands: tuple[click.Command, ...] = ()
"""None of its own: it is a part of `afterword feedback`."""
