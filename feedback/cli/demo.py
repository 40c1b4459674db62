"""`afterword demo`: a company to look around in."""

from __future__ import annotations

import sys
import time

import click
from flask import current_app
from flask.cli import with_appcontext

from base import clock
from feedback.cli.database import bring_up_to_date
from feedback.demo import company, history

QUIET = 3.0
"""Seconds without a word on a pipe before the next line."""


@click.command()
@click.option("--days", default=90, show_default=True, type=click.IntRange(2, 90), help="How many days of history.")
@with_appcontext
def demo(*, days: int) -> None:
    """Fill the database with a demo company: surveys, customers, answers and digests of the last days."""
    bring_up_to_date()
    if company.exists():
        click.echo("The demo company is there already.")
    else:
        started = time.monotonic()
        history.tell(clock.now(), days=days, progress=_Progress())
        click.echo(f"\rThe demo company has {days} days of history ({time.monotonic() - started:.0f} s).        ")
    url = current_app.config["PUBLIC_URL"]
    click.echo(f"""
  Open       {url}
  Sign in    {company.EMAIL}
  Password   {company.PASSWORD}

  Look at    {url}/w/demo/surveys                 four surveys: NPS, CSAT, CES, and one after cases
             {url}/w/demo/responses?commented=1   what customers wrote, to be searched and tagged
             {url}/w/demo/results/topics           what they speak of, in their own words
             {url}/w/demo/digests                 who gets a digest, and every issue sent
             {url}/w/demo/exports                 files of answers, one of them every Monday
             {url}/w/demo/alerts                  who is told at once, and of what
             {url}/w/demo/sources                 a repair shop that tells of its customers, call by call
             {url}/w/demo/suppressions            who is not asked, and why
             {url}/w/demo/outbox                  the mails, as they would have gone out
""")


class _Progress:
    """One line that follows the story; on a pipe a line every few seconds, so that nobody takes it for stuck."""

    def __init__(self) -> None:
        self._shown = time.monotonic()

    def __call__(self, day: str, told: int, of: int) -> None:
        line = f"  {day:<14} {told * 100 // of:>3}%"
        if sys.stdout.isatty():
            click.echo(f"\r{line}", nl=False)
        elif told == of or time.monotonic() - self._shown >= QUIET:
            self._shown = time.monotonic()
            click.echo(line)


commands: tuple[click.Command, ...] = (demo,)
