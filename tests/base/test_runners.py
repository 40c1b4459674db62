"""The two queues behind one interface: what is asked for in a transaction happens if and only if it commits."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from base import clock, jobs
from base.db import db, transaction

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
done: list[uuid.UUID] = []
broken: set[uuid.UUID] = set()


@jobs.job
def note_down(subject_id: uuid.UUID) -> None:
    if subject_id in broken:
        raise RuntimeError("the ink is dry")
    done.append(subject_id)


@pytest.fixture(autouse=True)
def _clean_slate():
    done.clear()
    broken.clear()


@pytest.fixture
def subject():
    return uuid.uuid4()


def ask(subject, *, at=None):
    with transaction():
        jobs.enqueue(note_down, subject, at=at)


def waiting(app):
    on_sqlite = app.config["SETTINGS"].on_sqlite
    table, state = ("job", "state") if on_sqlite else ("procrastinate_jobs", "status")
    return db.session.execute(text(f"SELECT {state} FROM {table}")).scalars().all()


def test_a_job_asked_for_runs_once(app, run_jobs, subject):
    ask(subject)
    assert run_jobs() == 1
    assert run_jobs() == 0
    assert done == [subject]
    assert waiting(app) == []


def test_a_job_of_a_transaction_that_failed_never_was(app, run_jobs, subject):
    def ask_and_fail():
        with transaction():
            jobs.enqueue(note_down, subject)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_fail()
    assert run_jobs() == 0
    assert done == []


def test_a_job_for_later_waits_for_its_moment(run_jobs, subject):
    with time_machine.travel(NOON, tick=False) as traveller:
        ask(subject, at=clock.now() + timedelta(hours=2))
        assert run_jobs() == 0
        traveller.shift(timedelta(hours=2, seconds=1))
        assert run_jobs() == 1
    assert done == [subject]


def test_a_job_that_raises_is_tried_again_with_patience(run_jobs, subject):
    broken.add(subject)
    with time_machine.travel(NOON, tick=False) as traveller:
        ask(subject)
        assert run_jobs() == 1
        assert run_jobs() == 0
        broken.clear()
        traveller.shift(timedelta(seconds=jobs.BACKOFF[0] + 1))
        assert run_jobs() == 1
    assert done == [subject]


def test_a_job_that_never_works_ends_visibly_failed(app, run_jobs, subject):
    broken.add(subject)
    with time_machine.travel(NOON, tick=False) as traveller:
        ask(subject)
        for _ in range(jobs.MAX_ATTEMPTS + 2):
            run_jobs()
            traveller.shift(timedelta(hours=3))
    assert waiting(app) == ["failed"]


def test_a_started_runner_works_in_the_background_and_stops(app, subject):
    runner = app.extensions["afterword.runner"]
    assert runner.start()
    try:
        ask(subject)
        deadline = time.monotonic() + 20
        while not done and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        runner.stop()
    assert done == [subject]


def test_a_tick_leaves_a_heartbeat(app):
    from base import heartbeat

    with time_machine.travel(NOON, tick=False):
        app.extensions["afterword.runner"].run_tick()
    db.session.rollback()
    assert heartbeat.last() == NOON
