"""`afterword workspace …`, `afterword user …`, `afterword apikey …`: what an operator does without a browser."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from accounts.apikey import ApiKey
from accounts.forms import LANGUAGES
from accounts.policy import ROLES
from accounts.ticket import Ticket
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.clock import zones
from base.db import transaction
from base.errors import NotFoundError
from base.mail import mailbox

ACTOR = "operator"

workspace_option = click.option("--workspace", "slug", required=True, help="Slug, as in the address /w/SLUG/.")


@click.group()
def workspace() -> None:
    """Brands or departments; each owns its surveys, contacts and keys."""


@workspace.command("create")
@click.argument("name")
@click.option(
    "--locale", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of new surveys."
)
@click.option("--zone", default="UTC", show_default=True, help="Where days begin, such as Europe/Ljubljana.")
@with_appcontext
def create_workspace(name: str, locale: str, zone: str) -> None:
    """Make a workspace called NAME and print its slug."""
    if zone not in zones():
        raise click.BadParameter(f"{zone} is not a time zone.", param_hint="--zone")
    with transaction():
        made = Workspace.create(name, locale=locale, zone=zone, at=clock.now(), actor=ACTOR)
    click.echo(made.slug)


@workspace.command("list")
@with_appcontext
def list_workspaces() -> None:
    """Print every workspace: slug, name."""
    for one in Workspace.all():
        click.echo(f"{one.slug}\t{one.name}")


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("invite")
@click.argument("email")
@workspace_option
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@with_appcontext
def invite_user(email: str, slug: str, role: str) -> None:
    """Ask EMAIL into a workspace; print the one-time link, which is mailed too where mail is set up."""
    mailbox("", email)
    with transaction():
        found = Workspace.by_slug(slug)
        ticket = Ticket.invite(email, workspace_id=found.id, role=role, at=clock.now(), actor=ACTOR)
    click.echo(ticket.link)
    if current_app.config["SETTINGS"].smtp_url:
        click.echo("The link is mailed as soon as the service runs.", err=True)


@user.command("reset")
@click.argument("email")
@with_appcontext
def reset_user(email: str) -> None:
    """Print a one-time link with which EMAIL chooses a new password within the hour."""
    with transaction():
        if User.by_email(email) is None:
            raise NotFoundError("person", email)
        ticket = Ticket.issue("reset", at=clock.now(), email=email)
    click.echo(ticket.link)


@user.command("list")
@with_appcontext
def list_users() -> None:
    """Print everybody: address, name, workspaces with role, and whether the account is disabled."""
    for one, places in User.everybody():
        state = "disabled" if one.disabled_at else "active"
        click.echo(f"{one.email}\t{one.name}\t{', '.join(places) or '-'}\t{state}")


@click.group()
def apikey() -> None:
    """Keys of programs."""


@apikey.command("create")
@workspace_option
@click.option("--name", required=True, help="The program that will use it.")
@with_appcontext
def create_apikey(slug: str, name: str) -> None:
    """Print a new key, and nothing else. It is shown this once."""
    with transaction():
        _, secret = ApiKey.create(Workspace.by_slug(slug).id, name, at=clock.now())
    click.echo(secret)


commands: tuple[click.Command, ...] = (workspace, user, apikey)
