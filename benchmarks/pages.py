"""How fast whole pages come, from the address to the last byte: `python -m benchmarks.pages`.

    .venv/bin/python -m benchmarks.pages [--database sqlite|postgresql] [--rows 10000,100000] [--rounds 20]

The rows are those of `benchmarks.reading`. A signed-in manager asks the app itself, without a server between: for
results of 90 days and of three years, those of the workspace, and the list of answers. Milliseconds of the clock, and
in brackets of the processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import Flask

from accounts.access import COOKIE
from accounts.role import Role
from accounts.session import Session
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from benchmarks.ground import analyse, ground, options, tell
from benchmarks.reading import seconds, survey_with_versions, times
from benchmarks.town import CHUNK, FIRST, LAST, ZONE, Town, write
from feedback import fold
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
    known = options(__doc__, rounds=20)
    known.add_argument("--rows", default="10000,100000")
    chosen = known.parse_args()
    for number in map(int, chosen.rows.split(",")):
        with ground(chosen) as app:
            tell(f"{chosen.database}, {number:,} responses", measure(app, number, chosen.rounds))


if __name__ == "__main__":
    main()
