"""The mail server is away for two hours: nobody waits for it, and nothing is lost."""

import socket
import time
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from base import clock
from base.courier import deliver
from base.db import db, transaction
from base.jobs import enqueue
from base.outbox import Mail
from base.smtp import SmtpTransport
from feedback import schedule
from surveys.invitation import Invitation
from tests.cast import AT, a_survey, an_api_key

PEOPLE = 5


class Postbox:
    """Takes mails; says `words` instead of taking one while there are any."""

    def __init__(self):
        self.mails, self.words = [], None

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.SMTP))
        return self.words or "250 2.0.0 taken"


@contextmanager
def listening(postbox, port):
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def by_smtp(app, port):
    """The courier hands mails to a server on `port`, where nobody listens yet."""
    usual = app.extensions["afterword.transport"]
    app.extensions["afterword.transport"] = transport = SmtpTransport(f"smtp://127.0.0.1:{port}")
    yield
    transport.close()
    app.extensions["afterword.transport"] = usual


def ask(client, cast, survey, count):
    items = [
        {"survey": survey.slug, "email": f"c{n}@customer.example", "interaction": {"external_id": str(n)}}
        for n in range(count)
    ]
    headers = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    started = time.perf_counter()
    assert client.post("/api/v1/invitations/batch", json={"invitations": items}, headers=headers).status_code == 200
    return time.perf_counter() - started


def states():
    db.session.rollback()
    return dict(db.session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all())


@pytest.mark.usefixtures("by_smtp")
def test_two_hours_without_a_mail_server_lose_nothing(client, cast, run_jobs, port):
    postbox = Postbox()
    with time_machine.travel(AT, tick=True) as traveller:
        waited = ask(client, cast, a_survey(cast.workspace), PEOPLE)
        assert waited < 5
        for minutes in range(0, 120, 10):
            traveller.move_to(AT + timedelta(minutes=minutes))
            schedule.tick(clock.now())
            run_jobs()
        assert states() == {"queued": PEOPLE}
        assert set(db.session.scalars(select(Invitation.status))) == {"scheduled"}
        fixed = set(db.session.scalars(select(Mail.message_id)))
        with listening(postbox, port):
            traveller.move_to(AT + timedelta(hours=2, minutes=6))
            schedule.tick(clock.now())
            run_jobs()
    assert states() == {"sent": PEOPLE}
    assert {mail["Message-ID"] for mail in postbox.mails} == fixed
    assert len(postbox.mails) == PEOPLE
    assert set(db.session.scalars(select(Invitation.status))) == {"sent"}


@pytest.mark.usefixtures("by_smtp")
def test_a_mail_that_is_repeated_carries_the_same_message_id(client, cast, run_jobs, port):
    postbox = Postbox()
    postbox.words = "451 4.3.0 later"
    with time_machine.travel(AT, tick=True) as traveller, listening(postbox, port):
        ask(client, cast, a_survey(cast.workspace), 1)
        run_jobs()
        postbox.words = None
        traveller.shift(timedelta(minutes=1))
        run_jobs()
    first, second = postbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert states() == {"sent": 1}


def invitation():
    return tuple(db.session.execute(select(Invitation.status, Invitation.reason, Invitation.sent_at)).one())


@pytest.mark.usefixtures("by_smtp")
def test_an_invitation_counts_as_sent_only_when_the_server_took_it(client, cast, run_jobs, port):
    postbox = Postbox()
    postbox.words = "550 5.7.1 no"
    with time_machine.travel(AT, tick=True), listening(postbox, port):
        ask(client, cast, a_survey(cast.workspace), 1)
        run_jobs()
        mail = db.session.scalars(select(Mail)).one()
        assert (mail.state, mail.reason) == ("failed", "550 5.7.1 no")
        assert invitation() == ("skipped", "undeliverable", None)
        postbox.words = None
        with transaction() as session:
            retried = session.get_one(Mail, mail.id)
            retried.retry(at=clock.now())
            enqueue(deliver, retried.id)
        run_jobs()
        status, reason, sent_at = invitation()
    assert (status, reason) == ("sent", None)
    assert sent_at is not None
