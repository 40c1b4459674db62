"""How fast results are read, from roll-ups and by plain SQL over the rows: `python -m benchmarks.reading`.

    .venv/bin/python -m benchmarks.reading [--database sqlite|postgresql] [--rows 10000,1000000] [--rounds 40]
        [--kept DIR]

A seeded generator fills the tables as three years of one survey with 200 agents would: contacts, interactions,
invitations (three for two answers), responses with their first revisions, readings and themes, in three versions. Then
the data of a results page is asked for, of 90 days and of three years with its segments, from roll-ups and counted from
the rows, and narrowed to one of the agents, teams, channels and languages; what it costs to count new responses; and
how long it takes to make roll-ups anew. Milliseconds of the clock, and in brackets of the processor, which other work
on the machine changes less (PostgreSQL's own are not in them).
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import select

from accounts.workspace import Workspace
from base.db import db, transaction
from benchmarks.ground import analyse, ground, made, options, tell, whole
from benchmarks.town import BEGAN, CHUNK, FIRST, LAST, ZONE, Town, write
from feedback import fold, generation, tally
from feedback.cli.rollups import BATCH
from feedback.dashboard import SEGMENTS, Dashboard
from feedback.ranging import Range, automatic, between, buckets
from feedback.reach import Reach
from feedback.tally import Filters
from surveys.survey import Survey
from surveys.version import Version

NARROWED = {
    "one agent of 200": Filters(agent="Agent 3"),
    "one agent, one version": Filters(agent="Agent 3", version=2),
    "one team of 8": Filters(team="Team 3"),
    "one channel of 4": Filters(channel="chat"),
    "one language of 10": Filters(language="sl"),
}


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


def surveyed() -> tuple[Survey, list[uuid.UUID]]:
    """The one survey of data that was made before, and its versions, the oldest first."""
    survey = db.session.scalars(select(Survey)).one()
    return survey, [version.id for version in reversed(Version.all_of(survey.id))]


def filled(number: int) -> Iterator[str]:
    """All rows, counted; what that took."""
    survey, versions = survey_with_versions()
    town = Town(survey, versions, number)
    for start in range(0, number, CHUNK):
        write(town.rows(range(start, min(number, start + CHUNK))))
    took, done, busy = seconds(partial(fold.fold, survey.id, ZONE, limit=2_000))
    analyse()
    made(f"{number} answers to read")
    yield f"counted for the first time: {done:,} responses and invitations in {took:.1f} s ({busy:.1f})"


def measure(number: int, rounds: int, *, kept: bool) -> Iterator[str]:
    if not whole(f"{number} answers to read"):
        yield from filled(number)
    yield from asked(number, rounds)
    if not kept:
        yield from changed(rounds)


def asked(number: int, rounds: int) -> Iterator[str]:
    """How long each page takes."""
    survey, _ = surveyed()
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


def changed(rounds: int) -> Iterator[str]:
    """What new answers cost, and roll-ups made anew."""
    survey, versions = surveyed()
    fresh = Town(survey, versions[-1:], 1_000, began=datetime(2026, 11, 19, 8, tzinfo=UTC))
    write(fresh.rows(range(1_000), seconds=3_600))
    page = partial(Dashboard.of, survey, between(LAST - timedelta(days=89), LAST, ZONE))
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
            tell(f"{chosen.database}, {number:,} responses", measure(number, chosen.rounds, kept=bool(chosen.kept)))


if __name__ == "__main__":
    main()
