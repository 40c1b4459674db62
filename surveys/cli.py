"""`afterword surveys …`: surveys from the command line."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from surveys.scale import SCALES
from surveys.survey import Survey
from surveys.wording import LOCALES

workspace_option = click.option("--workspace", "slug", required=True, help="Slug, as in the address /w/SLUG/.")


@click.group()
def surveys() -> None:
    """What we ask: list, create, publish, close."""


@surveys.command("list")
@workspace_option
@with_appcontext
def list_surveys(slug: str) -> None:
    """One line a survey: slug, metric, state, name."""
    for survey in Survey.all_of(Workspace.by_slug(slug).id):
        state = (
            "closed"
            if survey.closed_at
            else f"version {survey.published_number}"
            if survey.published_number
            else "draft"
        )
        click.echo(f"{survey.slug}\t{survey.metric}\t{state}\t{survey.name}")


@surveys.command("create")
@workspace_option
@click.option("--name", required=True)
@click.option("--metric", type=click.Choice(list(SCALES)), required=True)
@click.option(
    "--locale", "locales", multiple=True, type=click.Choice(LOCALES), help="Once a language; the first is the main one."
)
@click.option("--publish", is_flag=True, help="Publish version 1 at once.")
@with_appcontext
def create_survey(*, slug: str, name: str, metric: str, locales: tuple[str, ...], publish: bool) -> None:
    """Make a survey with the ready wording of its metric, and print its slug."""
    workspace, now = Workspace.by_slug(slug), clock.now()
    chosen = list(dict.fromkeys(locales)) or [workspace.default_locale]
    document = {"metric": metric, "default_locale": chosen[0], "locales": chosen, "texts": {}}
    with transaction():
        survey = Survey.create(workspace.id, name, document, at=now)
        if publish:
            survey.publish(at=now)
        click.echo(survey.slug)


@surveys.command("publish")
@workspace_option
@click.argument("survey")
@with_appcontext
def publish_survey(slug: str, survey: str) -> None:
    """Freeze the draft of SURVEY (slug or id) as its next version."""
    workspace = Workspace.by_slug(slug)
    with transaction():
        version = Survey.of(workspace.id, survey).publish(at=clock.now())
        click.echo(f"version {version.number}")


@surveys.command("close")
@workspace_option
@click.argument("survey")
@with_appcontext
def close_survey(slug: str, survey: str) -> None:
    """Take no more answers to SURVEY (slug or id) and send nothing more."""
    workspace = Workspace.by_slug(slug)
    with transaction():
        Survey.of(workspace.id, survey).close(at=clock.now())


commands: tuple[click.Command, ...] = (surveys,)
