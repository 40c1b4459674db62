"""Asking regularly: how long ticks and the outlook take when a workspace has very many people.

    .venv/bin/python benchmarks/recurring.py [--people 100000] [--months 3]
    AFTERWORD_TEST_DATABASE=postgresql .venv/bin/python benchmarks/recurring.py

One workspace, one survey that asks everybody. Milliseconds by the clock, of one process on a fresh database: SQLite, or
the PostgreSQL of the tests.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import insert

from base import clock
from base.db import db, new_id, transaction
from feedback.app import create_app
from surveys import recurring
from surveys.contact import Contact
from surveys.outlook import foresee
from surveys.recurrence import Recurrence, Rhythm
from surveys.segment import Segment
from surveys.selection import Asker
from surveys.survey import Survey
from surveys.turn import Turn
from surveys.version import Version
from tests import databases
from tests.cast import a_survey, a_workspace

BEGUN = datetime(2026, 11, 25, 9, tzinfo=UTC)
GOLD = {"match": "all", "conditions": [{"about": "contact", "property": "plan", "is": ["gold"]}]}


def fill(workspace, number):
    """So many people, every other one gold."""
    common = {"workspace_id": workspace.id, "created_at": BEGUN, "locale": "en", "zone": None}
    for first in range(0, number, 5000):
        rows = [
            {"id": new_id(), "email": f"p{n}@x.example", "email_key": f"p{n}@x.example", "name": f"Person {n}"}
            | {"properties": {"plan": "gold" if n % 2 else "silver"}, "search_key": f"person {n}", **common}
            for n in range(first, min(first + 5000, number))
        ]
        with transaction() as session:
            session.connection().execute(insert(Contact.__table__), rows)


def timed(act, times=1):
    """Median milliseconds of some calls, and what the last one gave."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        found = act()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), found


def told(what, millis, more=""):
    print(f"| {what} | {millis:,.1f} ms | {more} |", flush=True)


def ticks(moment):
    """Ticks at this moment until one has nothing left to do: how many, and the longest."""
    longest, number = 0.0, 0
    while True:
        survey_id = Recurrence.at_work()[0]
        before = (Turn.ahead(Recurrence.of(survey_id)), db.session.get(Recurrence, survey_id).walked_to)
        millis, _ = timed(lambda: recurring.ask_regularly(moment))
        db.session.rollback()
        db.session.expire_all()
        number, longest = number + 1, max(longest, millis)
        if (Turn.ahead(Recurrence.of(survey_id)), db.session.get(Recurrence, survey_id).walked_to) == before:
            return number, longest


def measure(arguments):
    workspace = a_workspace("Acme", at=BEGUN)
    survey = a_survey(workspace, at=BEGUN)
    fill(workspace, arguments.people)
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with clock.standing_at(BEGUN):
        with transaction() as session:
            one = Recurrence.decide(session.get_one(Survey, survey.id), Rhythm(months=arguments.months), at=BEGUN)
            one.start(people=arguments.people, today=BEGUN.date(), at=BEGUN)
        number, longest = ticks(BEGUN)
    told("the longest tick while everybody gets their turn", longest, f"{number} ticks")
    morning = BEGUN + timedelta(days=1, hours=-8)
    with clock.standing_at(morning):
        ticks(morning)
        told("a tick with nothing due", timed(lambda: recurring.ask_regularly(morning), 50)[0], "goal: 50 ms")
    asker = Asker.of(db.session.get_one(Survey, survey.id), Version.newest(survey.id))
    millis, seen = timed(lambda: foresee(Recurrence.of(survey.id), asker, at=morning), 3)
    told("the outlook on 30 days", millis, f"{seen.asked.total():,} mails")
    everybody, some = Segment(workspace.id), Segment(workspace.id, Recurrence(conditions=GOLD).show)
    told("counting everybody", timed(lambda: everybody.size(survey.id), 3)[0])
    millis, (people, _) = timed(lambda: some.size(survey.id), 3)
    told("counting those with a condition", millis, f"{people:,} people")
    opened = morning + timedelta(hours=8)
    with clock.standing_at(opened):
        millis, (number, longest) = timed(lambda: ticks(opened))
    told(
        "the turns of one day",
        millis,
        f"{seen.asked[opened.date()]:,} people in {number} ticks, {longest:,.0f} ms at most",
    )
    told("a tick after that", timed(lambda: recurring.ask_regularly(opened), 50)[0], "goal: 50 ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nmemory: {peak:,.0f} MB at most, {began:,.0f} MB before anything was asked")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--people", type=int, default=100_000)
    arguments.add_argument("--months", type=int, default=3, choices=(3, 6, 12))
    with tempfile.TemporaryDirectory() as directory:
        made = databases.start(directory, directory)
        app = create_app(databases.settings_for(made.fresh(), Path(directory)))
        with app.app_context():
            print(f"{db.engine.dialect.name}\n\n| | | |\n|---|---|---|")
            measure(arguments.parse_args())
            db.session.remove()
            db.engine.dispose()
        made.close()


if __name__ == "__main__":
    main()
