"""Writers that meet: nothing is lost, nobody is told that the database is locked."""

import threading

import pytest
from sqlalchemy import bindparam, text, update

from base.db import db, new_id, transaction
from base.prepared import Prepared
from base.swift import swift_transaction
from base.throttle import Bucket
from tests.cast import AT

LEVEL = Prepared(update(Bucket).where(Bucket.key == bindparam("wanted")), "level")


@pytest.fixture
def bucket(app):
    with transaction() as session:
        session.add(Bucket(key="meeting", level=0.0, updated_at=AT))
    return "meeting"


def in_threads(app, act, *, threads, times):
    errors = []

    def work():
        for _ in range(times):
            try:
                with app.app_context():
                    act()
            except Exception as error:  # noqa: BLE001 - counted
                errors.append(error)

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return errors


def level():
    db.session.rollback()
    return db.session.scalar(text("SELECT level FROM throttle WHERE key = 'meeting'"))


def test_eight_threads_that_read_then_write_lose_nothing(app, bucket):
    def add_one():
        with transaction() as session:
            session.get(Bucket, bucket, with_for_update=True).level += 1

    assert in_threads(app, add_one, threads=8, times=60) == []
    assert level() == 480


def test_a_failing_member_takes_nobody_with_it(app, bucket):
    kept = []

    def write_or_fail():
        number = len(kept)
        with swift_transaction():
            LEVEL.run({"wanted": bucket, "level": float(number)})
            if new_id().int % 2:
                raise ZeroDivisionError
        kept.append(number)

    errors = in_threads(app, write_or_fail, threads=8, times=20)
    assert {type(error) for error in errors} == {ZeroDivisionError}
    assert len(kept) + len(errors) == 160
    assert level() in {float(number) for number in kept}


def test_both_kinds_of_writers_take_turns(app, bucket):
    def plain():
        with transaction() as session:
            session.get(Bucket, bucket, with_for_update=True).level += 1

    def swift():
        with swift_transaction():
            LEVEL.run({"wanted": "somebody else", "level": 1.0})

    turns = iter([plain, swift] * 200)
    lock = threading.Lock()

    def either():
        with lock:
            act = next(turns)
        act()

    assert in_threads(app, either, threads=8, times=50) == []
    assert level() == 200
