"""A mail server that hangs keeps nobody waiting but the mails, and an outage does not double the queue."""

import socket
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select, text

from base import clock, courier, jobs
from base.db import db, transaction
from base.outbox import LEASE, Mail
from base.smtp import TOTAL_SECONDS, SmtpTransport
from feedback import schedule

done: list[uuid.UUID] = []


@jobs.job
def read_on(subject_id: uuid.UUID) -> None:
    done.append(subject_id)


@contextmanager
def silence():
    """A server that takes every call and never says a word; its port."""
    server, calls = socket.create_server(("127.0.0.1", 0)), []

    def answer():
        with suppress(OSError):
            while True:
                calls.append(server.accept()[0])

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    server.close()
    for call in calls:
        call.close()


def post(count):
    """`count` mails that are due."""
    with transaction():
        for number in range(count):
            message = EmailMessage()
            message["From"], message["To"] = "afterword@surveys.example", f"c{number}@customer.example"
            message["Subject"] = "How was it?"
            message.set_content("One question")
            key = {"kind": "note", "dedupe_key": f"test:{number}", "workspace_id": None}
            courier.post(message, at=clock.now() - timedelta(seconds=1), **key)


def queued(app):
    table = "job" if app.config["SETTINGS"].on_sqlite else "procrastinate_jobs"
    db.session.rollback()
    return db.session.scalar(text(f"SELECT count(*) FROM {table}"))


@pytest.fixture
def hanging(app):
    """The courier's mail server hangs."""
    usual = app.extensions["afterword.transport"]
    with silence() as port:
        app.extensions["afterword.transport"] = SmtpTransport(f"smtp://127.0.0.1:{port}", connect_seconds=4)
        yield
    app.extensions["afterword.transport"] = usual


@pytest.mark.usefixtures("hanging")
def test_a_mail_server_that_hangs_keeps_no_other_job_waiting(app):
    done.clear()
    post(8)
    subjects = [uuid.uuid4() for _ in range(3)]
    runner = app.extensions["afterword.runner"]
    assert runner.start()
    try:
        time.sleep(1.5)  # by now the mails are being tried
        assert db.session.scalar(select(func.count()).where(Mail.state == "sending")) > 0
        asked = time.monotonic()
        with transaction():
            for subject in subjects:
                jobs.enqueue(read_on, subject)
        while len(done) < 3 and time.monotonic() - asked < 10:
            time.sleep(0.02)
        waited = time.monotonic() - asked
    finally:
        runner.stop()
    assert sorted(done) == sorted(subjects)
    assert waited < 3


def test_an_outage_makes_no_queue_grow(app):
    post(6)
    assert queued(app) == 0
    schedule.tick(clock.now())
    assert queued(app) == 0


def test_a_mail_needs_nothing_but_its_row_to_go_out(app, run_jobs):
    post(2)
    assert run_jobs() == 2
    assert set(db.session.scalars(select(Mail.state))) == {"sent"}


def test_what_a_killed_process_was_doing_is_taken_over_at_the_next_start(app):
    if not app.config["SETTINGS"].on_sqlite:
        return  # many workers share that queue; a missing heartbeat tells which of them died
    done.clear()
    subject, runner = uuid.uuid4(), app.extensions["afterword.runner"]
    with transaction():
        jobs.enqueue(read_on, subject)
    runner._claim(clock.now())
    assert runner.start()
    try:
        deadline = time.monotonic() + 5
        while not done and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        runner.stop()
    assert done == [subject]


def test_one_mail_never_takes_longer_than_its_lease():
    assert LEASE.total_seconds() > TOTAL_SECONDS


def test_a_server_that_talks_for_ever_is_cut_off():
    server = socket.create_server(("127.0.0.1", 0))

    def chatter():
        with suppress(OSError):
            call, _ = server.accept()
            call.sendall(b"220 here\r\n")
            call.recv(1000)
            call.sendall(b"250 hello\r\n")
            call.recv(1000)
            while True:
                call.sendall(b"250-and another thing\r\n")
                time.sleep(0.02)

    threading.Thread(target=chatter, daemon=True).start()
    transport = SmtpTransport(f"smtp://127.0.0.1:{server.getsockname()[1]}", total_seconds=0.5)
    began = time.monotonic()
    outcome = transport.send(b"Subject: x\r\n\r\nx", envelope_from="a@a.example", to="b@b.example")
    assert outcome.kind == "transient"
    assert time.monotonic() - began < 5
    server.close()
