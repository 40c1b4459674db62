"""How fast results are read, from roll-ups and by plain SQL over the rows: `python -m benchmarks.reading`.

    .venv/bin/python -m benchmarks.reading [--database sqlite|postgresql] [--rows 10000,1000000] [--rounds 40]

A seeded generator fills the tables as three years of one survey with 200 agents would: contacts, interactions,
invitations (three for two answers), responses with their first revisions, readings and themes, in three versions. Then
the data of a results page is asked for, of 90 days and of three years with its segments, from roll-ups and counted from
the rows, and narrowed to one of the agents, teams, channels and languages; what it costs to count new responses; and
how long it takes to make roll-ups anew. Milliseconds of the clock, and in brackets of the processor, which other work
on the machine changes less (PostgreSQL's own are not in them).
"""

from __future__ import annotations

import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from accounts.workspace import Workspace
from base.db import db, transaction
from benchmarks.ground import analyse, ground, options, tell
from feedback import fold, generation, tally
from feedback.cli.rollups import BATCH
from feedback.dashboard import SEGMENTS, Dashboard
from feedback.ranging import Range, automatic, between, buckets
from feedback.reach import Reach
from feedback.tally import Filters
from surveys.survey import Survey
from surveys.version import Version

ZONE, YEARS, AGENTS = "Europe/Ljubljana", 3, 200
FIRST, LAST = date(2023, 11, 20), date(2026, 11, 19)
BEGAN = datetime(2023, 11, 19, 23, tzinfo=UTC)
SECONDS = int(timedelta(days=(LAST - FIRST).days + 1).total_seconds())
LANGUAGES = ("en",) * 10 + ("sl",) * 5 + ("de",) * 3 + ("hr", "it", "fr", "es", "pl", "sr", "el")
LABELS = ("positive",) * 5 + ("negative",) * 3 + ("neutral", "mixed", None)
THEMES = ("speed", "courtesy", "competence", "resolution", "delivery", "price", "product", "reliability")
SCORES = (10,) * 8 + (9,) * 6 + (8,) * 4 + (7,) * 3 + (6, 5, 4, 3, 2, 1, 0)
NARROWED = {
    "one agent of 200": Filters(agent="Agent 3"),
    "one agent, one version": Filters(agent="Agent 3", version=2),
    "one team of 8": Filters(team="Team 3"),
    "one channel of 4": Filters(channel="chat"),
    "one language of 10": Filters(language="sl"),
}
COMMENTS = ("Quick and friendly, thank you.", "Nobody called me back for three weeks.", "Hitro in prijazno.")
CHUNK = 20_000

Rows = dict[str, list[tuple[Any, ...]]]
COLUMNS = {
    "contact": ("id", "workspace_id", "email", "email_key", "properties", "created_at"),
    "interaction": (
        *("id", "workspace_id", "source", "external_id", "contact_id", "agent", "team", "channel"),
        *("occurred_at", "properties", "created_at"),
    ),
    "invitation": (
        *("id", "workspace_id", "survey_id", "version_id", "contact_id", "interaction_id", "token_hash"),
        *("status", "send_at", "sent_at", "clicked_at", "answered_at", "expires_at", "created_at"),
    ),
    "response": (
        *("id", "workspace_id", "survey_id", "version_id", "invitation_id", "contact_id", "submission_key"),
        *("metric", "score", "comment", "locale", "agent", "team", "channel", "properties", "revision"),
        *("created_at", "updated_at", "flagged_at", "flag_reason", "language", "sentiment_label", "polarity"),
        *("confidence", "engine", "read_at", "heard"),
    ),
    "response_revision": ("response_id", "number", "form_id", "score", "comment", "locale", "submitted_at"),
    "response_theme": ("response_id", "theme", "polarity"),
}


class Town:
    """Who asks and answers; everything by chance, and the same in every run."""

    def __init__(self, survey: Survey, versions: list[uuid.UUID], number: int, *, began: datetime = BEGAN) -> None:
        self.survey, self.versions, self.number, self.began = survey, versions, number, began
        self.chance = random.Random(number)
        self.contact = uuid.UUID(int=0)

    def rows(self, places: range, seconds: float = SECONDS) -> Rows:
        made: Rows = {name: [] for name in COLUMNS}
        for place in places:
            at = self.began + timedelta(seconds=seconds * place / self.number + self.chance.random())
            self._asked(made, place, at)
            if place % 2:
                self._asked(made, -place, at, answers=False)
        return made

    def _id(self, at: datetime) -> uuid.UUID:
        bits = self.chance.getrandbits(74)
        return uuid.UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | (bits & 0xFFF) << 64 | 2 << 62 | bits >> 12)

    def _asked(self, made: Rows, place: int, at: datetime, *, answers: bool = True) -> None:
        chance, workspace = self.chance, self.survey.workspace_id
        if place % 5 == 0 or not self.contact.int:
            self.contact = self._id(at)
            address = f"c{self.contact.hex}@customer.example"
            made["contact"].append((self.contact, workspace, address, address, "{}", at))
        agent = int(chance.random() ** 1.5 * AGENTS)
        about = (f"Agent {agent}", f"Team {agent % 8}", chance.choice(("email", "chat", "phone", "shop")))
        interaction, invitation = self._id(at), self._id(at)
        known = (interaction, workspace, "benchmark", invitation.hex, self.contact, *about, at, "{}", at)
        made["interaction"].append(known)
        version = self.versions[min(len(self.versions) - 1, max(0, place) * len(self.versions) // self.number)]
        answered = at + timedelta(hours=2) if answers else None
        clicked = answered if answers or chance.random() < 0.1 else None
        status = "answered" if answers else "sent"
        made["invitation"].append(
            (
                *(invitation, workspace, self.survey.id, version, self.contact, interaction, invitation.hex * 2),
                *(status, at, at, clicked, answered, at + timedelta(days=90), at),
            )
        )
        if answered:
            self._answered(made, (invitation, version), about, answered)

    def _answered(self, made: Rows, of: tuple[Any, Any], about: tuple[str, str, str], at: datetime) -> None:
        chance, ident, score = self.chance, self._id(at), self.chance.choice(SCORES)
        comment = chance.choice(COMMENTS) if chance.random() < 0.4 else None
        spoken = chance.choice(LANGUAGES)
        label = chance.choice(LABELS) if comment else None
        flagged = at if chance.random() < 0.01 else None
        themes = [(theme, chance.choice((-0.5, 0.0, 0.5))) for theme in chance.sample(THEMES, 2)] if comment else []
        said = " ".join(f"{theme}{'-' if tone < 0 else '+' if tone else '='}" for theme, tone in sorted(themes))
        made["response"].append(
            (
                *(ident, self.survey.workspace_id, self.survey.id, of[1], of[0], self.contact, str(of[0]), "nps"),
                *(score, comment, spoken, *about, "{}", 1, at, at, flagged, "decoy" if flagged else None),
                *(spoken if comment else None, label, 0.5 if label else None, 0.9 if label else None),
                *("ngram" if comment else None, at, said or None),
            )
        )
        made["response_revision"].append((ident, 1, ident.hex, score, comment, spoken, at))
        made["response_theme"] += [(ident, theme, tone) for theme, tone in themes]


def write(rows: Rows) -> None:
    """Straight into the tables."""
    db.session.rollback()  # a read that goes on would let SQLite's log grow as large as all that is written
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        for table, found in rows.items():
            names = ", ".join(COLUMNS[table])
            if connection.dialect.name == "postgresql":
                with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in found:
                        copy.write_row(row)
                raw.commit()
            else:
                marks = ", ".join("?" * len(COLUMNS[table]))
                raw.execute("BEGIN IMMEDIATE")
                raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [_plain(row) for row in found])
                raw.execute("COMMIT")


def _plain(row: tuple[Any, ...]) -> list[Any]:
    """As SQLite keeps it."""
    return [
        value.hex
        if isinstance(value, uuid.UUID)
        else value.strftime("%Y-%m-%d %H:%M:%S.%f")
        if isinstance(value, datetime)
        else value
        for value in row
    ]


def survey_with_versions() -> tuple[Survey, list[uuid.UUID]]:
    with transaction():
        workspace = Workspace.create("Benchmark", zone=ZONE, quarantine_days=0, at=BEGAN)
        document = {"metric": "nps", "default_locale": "en", "locales": ["en"], "texts": {"en": {}}}
        survey = Survey.create(workspace.id, "Benchmark", document, at=BEGAN)
        for number in range(3):
            texts = {"en": {"question": f"How likely, {number}?"}}
            survey.save_draft(survey.draft | {"texts": texts}, revision=survey.draft_revision, at=BEGAN)
            survey.publish(at=BEGAN + timedelta(days=360 * number))
    versions = [version.id for version in reversed(Version.all_of(survey.id))]
    return survey, versions


def times(act: Callable[[], object], rounds: int) -> str:
    """Median and 95th percentile in milliseconds, each time in a session of its own, after a warm-up."""
    act()
    taken, worked = [], []
    for _ in range(rounds):
        db.session.remove()
        began, busy = time.perf_counter(), time.process_time()
        act()
        taken.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - busy))
    return " · ".join(
        f"{name} {clock:.1f} ms ({processor:.1f})"
        for name, clock, processor in (
            ("p50", statistics.median(taken), statistics.median(worked)),
            ("p95", _high(taken), _high(worked)),
        )
    )


def _high(values: list[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)]


def from_rows(survey: Survey, period: Range) -> None:
    """The same as `Dashboard.of`, counted."""
    columns = buckets(period.interval, automatic(period.interval, period.zone), period.zone)
    tally.counts_over(
        survey.id, [period.previous.start, period.interval.start, *(column.interval.end for column in columns)]
    )
    for segment in SEGMENTS:
        tally.counts_by(segment, survey.id, period.interval)
    tally.sentiments(survey.id, period.interval)
    tally.themes(survey.id, period.interval)
    tally.beside(survey.id, period.interval)
    tally.counts_by_version(survey.id)
    tally.set_aside(survey.workspace_id, survey.id)
    Reach.of(survey.id, period.interval)


def seconds(steps: Callable[[], int]) -> tuple[float, int, float]:
    """Until a step, each a transaction, does nothing any more; how many rows it did; seconds of the processor."""
    began, busy, done = time.perf_counter(), time.process_time(), 0
    while True:
        with transaction():
            taken = steps()
        if not taken:
            return time.perf_counter() - began, done, time.process_time() - busy
        done += taken


def measure(number: int, rounds: int) -> Iterator[str]:
    survey, versions = survey_with_versions()
    town = Town(survey, versions, number)
    for start in range(0, number, CHUNK):
        write(town.rows(range(start, min(number, start + CHUNK))))
    took, done, busy = seconds(partial(fold.fold, survey.id, ZONE, limit=2_000))
    analyse()
    yield f"counted for the first time: {done:,} responses and invitations in {took:.1f} s ({busy:.1f})"
    periods = {"90 days": between(LAST - timedelta(days=89), LAST, ZONE), "3 years": between(FIRST, LAST, ZONE)}
    slow = max(1, min(5, 2_000_000 // number))
    for name, period in periods.items():
        for what, act, times_of in (
            ("from roll-ups", Dashboard.of, rounds),
            ("from rows", from_rows, slow),
        ):
            yield f"{name}, {what}: {times(partial(act, survey, period), times_of)}"
        for whose, filters in NARROWED.items():
            page = partial(Dashboard.of, survey, period, filters=filters)
            yield f"{name}, {whose}: {times(page, 2 * slow)}"
    fresh = Town(survey, versions[-1:], 1_000, began=datetime(2026, 11, 19, 8, tzinfo=UTC))
    write(fresh.rows(range(1_000), seconds=3_600))
    page = partial(Dashboard.of, survey, periods["90 days"])
    yield f"90 days, from roll-ups, 1,000 answers waiting: {times(page, rounds)}"
    took, done, busy = seconds(partial(fold.fold, survey.id, ZONE, limit=200))
    yield f"a new response, in transactions of 200: {took:.3f} ms ({busy:.3f})"
    with transaction():
        generation.begin(survey.id, ZONE)
    took, done, busy = seconds(partial(generation.advance, survey.id, limit=BATCH))
    yield f"made anew: {done:,} responses and invitations in {took:.1f} s ({busy:.1f})"


def main() -> None:
    known = options(__doc__, rounds=40)
    known.add_argument("--rows", default="10000,100000")
    chosen = known.parse_args()
    for number in map(int, chosen.rows.split(",")):
        with ground(chosen):
            tell(f"{chosen.database}, {number:,} responses", measure(number, chosen.rounds))


if __name__ == "__main__":
    main()
