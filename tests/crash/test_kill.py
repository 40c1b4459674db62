"""An acknowledged answer is never lost, however suddenly the server dies."""

import contextlib
import http.client
import itertools
import os
import threading
import time
import urllib.parse
import uuid

import pytest
from sqlalchemy import select, text

from base.db import db
from base.events import Event
from feedback.response import Response
from surveys.invitation import Invitation
from tests.crash.conftest import invite

pytestmark = pytest.mark.crash

ROUNDS = int(os.environ.get("AFTERWORD_CRASH_ROUNDS", "5"))
CLIENTS = 8


def post(connection, token, score):
    form = {
        "score": score,
        "comment": "Nobody called me back.",
        "form_id": uuid.uuid4().hex,
        "opened_at": "",
        "lang": "en",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/s/{token}", urllib.parse.urlencode(form), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def answer_until(stopped, port, tokens, acknowledged):
    """One client: takes the next link, answers, and notes what was acknowledged."""
    while not stopped.is_set():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException):
            for token in tokens:
                score = len(token) % 11
                if post(connection, token, score) == 303:
                    acknowledged[token] = score
                if stopped.is_set():
                    break
        connection.close()


def test_no_acknowledged_answer_is_lost_and_none_is_without_its_job(house, inside):
    tokens = invite(6000)
    db.session.remove()
    db.engine.dispose()
    waiting, acknowledged = iter(tokens), {}
    one_by_one = threading.Lock()

    def next_token():
        with one_by_one:
            return next(waiting, None)

    for _ in range(ROUNDS):
        house.start()
        stopped = threading.Event()
        links = [iter(next_token, None) for _ in range(CLIENTS)]
        clients = [
            threading.Thread(target=answer_until, args=(stopped, house.settings.port, link, acknowledged))
            for link in links
        ]
        for client in clients:
            client.start()
        time.sleep(0.7)
        house.kill()
        stopped.set()
        for client in clients:
            client.join()

    stored = dict(db.session.execute(select(Invitation.token_hash, Response.score).join(Response)).all())
    from base.tokens import digest

    assert len(acknowledged) >= ROUNDS * CLIENTS
    assert {token for token in acknowledged if digest(token) not in stored} == set()
    _each_answer_has_its_event_and_its_job()
    if house.settings.on_sqlite:
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"


def _each_answer_has_its_event_and_its_job():
    told = set(db.session.scalars(select(Event.subject_id).where(Event.kind == "response.submitted")))
    assert set(db.session.scalars(select(Response.id))) == told
    unread = set(db.session.scalars(select(Response.id).where(Response.read_at.is_(None))))
    assert unread <= _waiting_jobs()


def _waiting_jobs():
    if db.engine.dialect.name == "sqlite":
        rows = db.session.execute(text("SELECT subject_id FROM job WHERE name = 'feedback.read_response'"))
    else:
        rows = db.session.execute(
            text("SELECT args->>'subject_id' FROM procrastinate_jobs WHERE args->>'name' = 'feedback.read_response'")
        )
    return {uuid.UUID(row[0]) for row in rows}


def test_a_kind_stop_answers_what_is_in_hand(house, inside):
    tokens = invite(2000)
    db.session.remove()
    db.engine.dispose()
    house.start()
    stopped, statuses = threading.Event(), []
    numbers = itertools.count()

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", house.settings.port, timeout=10)
        while not stopped.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                statuses.append(post(connection, tokens[next(numbers) % len(tokens)], 9))
                continue
            return

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    time.sleep(0.7)
    code, seconds = house.stop()
    stopped.set()
    for one in clients:
        one.join()
    assert statuses
    assert all(status < 500 for status in statuses)
    assert code == 0
    assert seconds <= 10
