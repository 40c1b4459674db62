"""`afterword feedback …`: reading comments from the command line."""

from __future__ import annotations

import click


@click.group()
def feedback() -> None:
    """What came back: read comments, digests."""


commands: tuple[click.Command, ...] = (feedback,)
