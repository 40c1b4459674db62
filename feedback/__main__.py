"""The `afterword` command: the commands of every room, with errors told in one line."""

from __future__ import annotations

import sys

import click
from flask.cli import FlaskGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from accounts import cli as accounts_cli
from base.errors import AfterwordError
from config import SettingError
from feedback import cli as feedback_cli
from feedback.app import create_app
from surveys import cli as surveys_cli

main = FlaskGroup(
    name="afterword",
    create_app=create_app,
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
    set_debug_flag=False,
    help="Afterword: surveys for the moment after a customer interaction.",
)
for command in (*accounts_cli.commands, *surveys_cli.commands, *feedback_cli.commands):
    main.add_command(command)


def run() -> int:
    """Run one command; 0 done, 1 could not be done, 2 asked wrongly."""
    try:
        main(prog_name="afterword", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return 2
    except (SettingError, AfterwordError) as error:
        click.echo(f"afterword: {error}", err=True)
        return 2 if isinstance(error, SettingError) else 1
    except (OperationalError, ProgrammingError) as error:
        if not _lacks_tables(error):
            raise
        click.echo(
            "afterword: The database is not set up yet. Run `afterword migrate`, or look at AFTERWORD_DATA_DIR.",
            err=True,
        )
        return 1
    except click.Abort:
        return 1
    return 0


def _lacks_tables(error: Exception) -> bool:
    words = str(error)
    return "no such table" in words or "UndefinedTable" in words


if __name__ == "__main__":
    sys.exit(run())
