"""`afterword mail …`: mail that the machine's mail server hands to us."""

from __future__ import annotations

import os
import sys

import click
from flask.cli import ScriptInfo

TAKEN, NO_MESSAGE, LATER = 0, 65, 75
"""Exit codes that mail servers understand (sysexits): done; wrong for ever; try again."""


@click.group()
def mail() -> None:
    """Mail that comes to us."""


@mail.command()
@click.option("--recipient", help="The address it was delivered to; else ORIGINAL_RECIPIENT, or the message's headers.")
@click.pass_context
def receive(context: click.Context, recipient: str | None) -> None:
    """Take one mail from standard input, as a mail server's pipe hands it over.

    Exit code 0: taken, also when it is known already or forged. 65: no mail, or larger than 10 MB. 75: not now, the
    mail server should try again.
    """
    from surveys import mailroom

    raw = sys.stdin.buffer.read(mailroom.LARGEST + 1)
    if len(raw) > mailroom.LARGEST or not mailroom.is_message(raw):
        click.echo("afterword: This is no mail, or one of more than 10 MB.", err=True)
        sys.exit(NO_MESSAGE)
    # Whatever is wrong with us, the mail server must keep the mail: any other code would make it bounce the bounce.
    try:
        _take(context, raw, recipient or os.environ.get("ORIGINAL_RECIPIENT") or "")
    except Exception as error:  # noqa: BLE001 - see above
        click.echo(f"afterword: Not taken, try again: {type(error).__name__}: {error}", err=True)
        sys.exit(LATER)
    sys.exit(TAKEN)


def _take(context: click.Context, raw: bytes, recipient: str) -> None:
    from base import clock
    from base.db import transaction
    from surveys import mailroom

    app = context.ensure_object(ScriptInfo).load_app()
    with app.app_context(), transaction():
        mailroom.receive(raw, recipient, at=clock.now())


commands: tuple[click.Command, ...] = (mail,)
