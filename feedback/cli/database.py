"""`afterword migrate · check · backup · restore`: the database in the operator's hands."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from base import migration
from base.db import db, reading, sqlite_module, transaction
from base.errors import AfterwordError
from base.sealing import Seal
from config import Settings
from surveys.cli.contacts import replayed
from surveys.erasure import Erasure


def bring_up_to_date() -> None:
    """Run all migrations that are missing; on PostgreSQL also the job queue's tables."""
    migration.upgrade()
    if not current_app.config["SETTINGS"].on_sqlite:
        from base.runners.distributed import prepare_schema

        prepare_schema()


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database up to date. Harmless when it already is."""
    bring_up_to_date()
    click.echo("The database is up to date.")


@click.command()
@with_appcontext
def check() -> None:
    """Look over settings, database and mail; exit 1 when something needs attention."""
    from feedback.health import readiness

    problems = 0
    for name, fine, words in readiness():
        problems += not fine
        click.echo(f"{'ok ' if fine else 'BAD'}  {name}: {words}")
    _tell_dns()
    if problems:
        raise AfterwordError("Not everything is ready.")


def _tell_dns() -> None:
    """What receivers look for in the DNS when mails are signed here. Texts there have at most 255 characters."""
    seal: Seal | None = current_app.extensions["afterword.seal"]
    if seal is not None:
        name, record = seal.record
        pieces = " ".join(f'"{record[at : at + 250]}"' for at in range(0, len(record), 250))
        click.echo(f"ok   dkim: mails are signed; publish this TXT record\n     {name}. IN TXT {pieces}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE while the service runs."""
    if file.exists():
        raise AfterwordError(f"{file} exists already; choose another name.")
    file.parent.mkdir(parents=True, exist_ok=True)
    settings: Settings = current_app.config["SETTINGS"]
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    if settings.on_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.rollback()
            raw.execute("VACUUM INTO ?", (str(partial),))
        _insist_on_integrity(partial)
    else:
        _run("pg_dump", "--format=custom", f"--file={partial}", f"--dbname={_plain_url(settings)}")
    partial.replace(file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Replace the present data without asking.")
@with_appcontext
def restore(file: Path, *, yes: bool) -> None:
    """Put the database of FILE in place of the present one. Stop the service first."""
    settings: Settings = current_app.config["SETTINGS"]
    forgotten = _forgotten()
    if not yes:
        click.confirm(f"Replace everything in {_shown_url(settings)} by {file}?", abort=True)
    if settings.on_sqlite:
        _restore_sqlite(file, Path(settings.database_url.removeprefix("sqlite:///")))
    else:
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={_plain_url(settings)}", str(file))
    bring_up_to_date()
    with transaction():
        Erasure.remember(forgotten)
    again = replayed()
    click.echo("Restored." if not again else f"Restored. Erased again, as before: {again:,}.")


def _forgotten() -> list[dict[str, Any]]:
    """The erasures that the present database knows of; none where it is new, damaged or of an earlier version."""
    try:
        with reading():
            return list(Erasure.ledger())
    except DBAPIError:
        db.session.rollback()
        return []


def _restore_sqlite(file: Path, target: Path) -> None:
    import fcntl

    with (target.parent / "scheduler.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AfterwordError("The service is running on this database; stop it first.") from error
        _insist_on_integrity(file)
        db.engine.dispose()
        partial = target.with_name(target.name + ".restoring")
        shutil.copyfile(file, partial)
        for leftover in ("-wal", "-shm"):
            target.with_name(target.name + leftover).unlink(missing_ok=True)
        partial.replace(target)


def _insist_on_integrity(file: Path) -> None:
    engine = create_engine(f"sqlite:///{file}", module=sqlite_module())
    try:
        with engine.connect() as connection:
            verdict = connection.scalar(text("PRAGMA integrity_check"))
    except Exception as error:
        raise AfterwordError(f"{file} is not an Afterword backup.") from error
    finally:
        engine.dispose()
    if verdict != "ok":
        raise AfterwordError(f"{file} is damaged: {verdict}")


def _plain_url(settings: Settings) -> str:
    return settings.database_url.replace("postgresql+psycopg://", "postgresql://")


def _shown_url(settings: Settings) -> str:
    parts = urlsplit(settings.database_url)
    return settings.database_url.removeprefix("sqlite:///") if settings.on_sqlite else f"{parts.hostname}{parts.path}"


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments, no shell
    except FileNotFoundError as error:
        raise AfterwordError(f"{command[0]} is missing; install PostgreSQL's client programs.") from error
    except subprocess.CalledProcessError as error:
        raise AfterwordError(f"{command[0]}: {error.stderr.strip().splitlines()[-1]}") from error


commands: tuple[click.Command, ...] = (migrate, check, backup, restore)
