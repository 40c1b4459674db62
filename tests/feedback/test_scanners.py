"""Mail scanners follow every link, run scripts and press Send; people are never taken for them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from base.db import db, transaction
from feedback.response import Response
from feedback.revision import Revision
from feedback.views import visiting

SENT = datetime(2026, 11, 20, 9, 0, 5, tzinfo=UTC)


@pytest.fixture
def scanner(app):
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Edge/124"
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    return client


def sweep(client, link):
    """Every link of the mail, as a gateway fetches them."""
    for path in ("", *(f"/{score}" for score in range(11)), "/all"):
        client.head(link + path)
        client.get(link + path)


def only():
    return db.session.query(Response).one()


def test_a_scanner_never_votes_and_the_person_after_it_is_not_suspected(scanner, client, link, send, run_jobs):
    with time_machine.travel(SENT + timedelta(seconds=2)):
        sweep(scanner, link)
    assert db.session.query(Response).count() == 0
    with time_machine.travel(SENT + timedelta(minutes=20)) as clock:
        page = client.get(f"{link}/9")
        assert page.status_code == 200
        clock.shift(8)
        assert send(f"{link}/9", score=9).status_code == 303
        run_jobs()
    kept = only()
    assert (kept.score, kept.flagged_at, kept.read_at is not None) == (9, None, True)


def test_a_bot_that_presses_send_is_kept_flagged_and_left_out(scanner, link, send, run_jobs):
    with time_machine.travel(SENT + timedelta(seconds=2)):
        sweep(scanner, link)
        assert send(link, by=scanner, score=0).status_code == 303
    assert (only().score, only().flag_reason) == (0, "decoy")


def test_visits_that_another_process_saw_flag_it_later(app, scanner, link, send, run_jobs):
    with time_machine.travel(SENT + timedelta(minutes=5)) as clock:
        sweep(scanner, link)
        app.extensions[visiting.KEY].gatherer.flush()
        app.extensions[visiting.KEY]._recent.clear()
        clock.shift(2)
        send(link, by=scanner, score=0)
        app.extensions[visiting.KEY]._recent.clear()
    assert only().flagged_at is None
    run_jobs()
    assert only().flag_reason == "decoy"


def test_a_person_after_the_bot_counts(scanner, client, link, send, run_jobs):
    with time_machine.travel(SENT + timedelta(seconds=2)):
        sweep(scanner, link)
        send(link, by=scanner, score=0)
    with time_machine.travel(SENT + timedelta(hours=1)) as clock:
        client.get(link)
        clock.shift(10)
        send(link, score=8, comment="Good")
        run_jobs()
    kept = only()
    assert (kept.score, kept.flagged_at, kept.revision) == (8, None, 2)


def test_a_bot_after_the_person_changes_nothing_that_counts(scanner, client, link, send, run_jobs):
    with time_machine.travel(SENT + timedelta(hours=1)):
        send(link, score=8, comment="Good")
    with time_machine.travel(SENT + timedelta(hours=2)):
        sweep(scanner, link)
        send(link, by=scanner, score=0)
        run_jobs()
    kept = only()
    assert (kept.score, kept.comment, kept.flagged_at, kept.revision) == (8, "Good", None, 1)
    assert [row.score for row in Revision.all_of(kept.id)] == [8, 0]


def test_a_bot_found_out_later_gives_way_to_the_person_before(app, scanner, client, link, send, run_jobs):
    with time_machine.travel(SENT + timedelta(hours=1)):
        send(link, score=8, comment="Good")
    with time_machine.travel(SENT + timedelta(hours=2)):
        sweep(scanner, link)
        app.extensions[visiting.KEY].gatherer.flush()
        app.extensions[visiting.KEY]._recent.clear()
        send(link, by=scanner, score=0)
        assert only().score == 8 or only().flagged_at is None
        run_jobs()
    kept = only()
    assert (kept.score, kept.comment, kept.flagged_at, kept.sentiment_label) == (8, "Good", None, "positive")


def test_staff_may_let_a_flagged_answer_count(cast, scanner, link, send):
    with time_machine.travel(SENT + timedelta(seconds=2)):
        sweep(scanner, link)
        send(link, by=scanner, score=0)
    at = SENT + timedelta(days=1)
    with transaction() as session:
        session.get(Response, only().id).release(at=at, by=cast.cvetka.id)
    assert (only().released_at, only().released_by) == (at, cast.cvetka.id)
