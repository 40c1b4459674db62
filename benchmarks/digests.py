"""How long a digest of many surveys takes to be composed: `python -m benchmarks.digests`.

    .venv/bin/python -m benchmarks.digests [--database sqlite|postgresql] [--rows 10000000] [--surveys 20] [--days 30]

As many surveys as `--surveys`, each as dense as if all had `--rows` responses in three years; only the newest `--days`
days are written, by the generator of `benchmarks.reading`, because a digest looks no further back than twice its own
days. Then the report and the mail of daily and weekly digests are made: by the clock of the roll-ups, by another one,
and of one team. Milliseconds of the clock, and in brackets of the processor.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from accounts.workspace import Workspace
from base.db import db, transaction
from benchmarks.ground import ground, options, tell
from benchmarks.reading import seconds, times
from benchmarks.town import CHUNK, YEARS, ZONE, Town, write
from feedback import emails, fold
from feedback.digest import Digest
from feedback.digesting import Cadence
from feedback.issue import Issue, today
from feedback.order import Order, Scope
from feedback.report import Report
from surveys.survey import Survey
from surveys.version import Version

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
TOLD = 100
"""Those who wait to be told, of whom 25 have a card."""
DAILY = Cadence("daily", 8, 0, None, None, ZONE)
WEEKLY = Cadence("weekly", 8, 0, 0, None, ZONE)
ELSEWHERE = Cadence("weekly", 8, 0, 0, None, "Asia/Kolkata")
ORDERS = (
    ("daily", DAILY, Scope()),
    ("weekly", WEEKLY, Scope()),
    ("weekly, in another zone than the counts", ELSEWHERE, Scope()),
    ("weekly, of one team", WEEKLY, Scope(team="Team 3")),
    ("weekly, of one team in one channel, counted from rows", WEEKLY, Scope(team="Team 3", channel="chat")),
)


def surveys_of(workspace_id: uuid.UUID, number: int, began: datetime) -> list[Survey]:
    """Published, with nothing in them."""
    made = []
    for place in range(number):
        with transaction():
            document = {"metric": "nps", "default_locale": "en", "locales": ["en"], "texts": {"en": {}}}
            survey = Survey.create(workspace_id, f"Benchmark {place}", document, at=began)
            survey.publish(at=began)
        made.append(survey)
    return made


def filled(surveys: list[Survey], rows: int, days: int, began: datetime) -> None:
    """The newest days of that many responses in three years, counted."""
    each = rows * days // (len(surveys) * YEARS * 365)
    for place, survey in enumerate(surveys):
        versions = [version.id for version in Version.all_of(survey.id)]
        town = Town(survey, versions, each, began=began)
        town.chance.seed(place)
        for start in range(0, each, CHUNK):
            write(town.rows(range(start, min(each, start + CHUNK)), seconds=days * 86_400))
        seconds(partial(fold.fold, survey.id, ZONE, limit=2_000))


def composed(digest_id: uuid.UUID, members: list[uuid.UUID]) -> None:
    """What a job does before it writes: the report and the mail."""
    digest = db.session.get_one(Digest, digest_id)
    draft = Issue.drafted(digest, digest.plan(NOW) or today(digest, NOW), trigger="by hand", at=NOW)
    workspace = db.session.get_one(Workspace, digest.workspace_id)
    emails.digest(workspace, [Report.of(digest, draft, members)], at=NOW)


def measure(rows: int, number: int, days: int, rounds: int) -> Iterator[str]:
    began = NOW - timedelta(days=days)
    with transaction():
        workspace = Workspace.create("Benchmark", zone=ZONE, quarantine_days=0, at=began)
    surveys = surveys_of(workspace.id, number, began)
    filled(surveys, rows, days, began)
    told = db.select(db.Model.metadata.tables["response"].c.id).limit(TOLD * 10)
    members = list(db.session.scalars(told))[::10]
    for name, cadence, scope in ORDERS:
        reader = {"recipient_email": f"{uuid.uuid4().hex}@benchmark.example", "recipient_name": "", "locale": "en"}
        with transaction():
            order = Order(**reader, cadence=cadence, scope=scope)
            digest = Digest.order(workspace.id, order, at=NOW - timedelta(days=8))
        yield f"{name}: {times(partial(composed, digest.id, members), rounds)}"


def main() -> None:
    known = options(__doc__, rounds=20)
    known.add_argument("--rows", type=int, default=10_000_000)
    known.add_argument("--surveys", type=int, default=20)
    known.add_argument("--days", type=int, default=30)
    chosen = known.parse_args()
    with ground(chosen):
        title = f"{chosen.database}, {chosen.surveys} surveys as dense as {chosen.rows:,} responses"
        tell(title, measure(chosen.rows, chosen.surveys, chosen.days, chosen.rounds))


if __name__ == "__main__":
    main()
