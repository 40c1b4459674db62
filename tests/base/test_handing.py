"""A batch against limits, a server that is away, and servers that misbehave in the middle of it."""

import socket
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from base import clock, courier, handing, throttle
from base.breaker import PATIENCE, Breaker
from base.db import db, transaction
from base.delivery import Delivery
from base.hold import Hold
from base.outbox import Mail
from base.smtp import SmtpTransport
from feedback import health
from tests.cast import AT

STREAM = uuid.UUID(int=7)


class Scripted:
    """A way out that says what it is told, and remembers who was written to."""

    def __init__(self, *deliveries):
        self.deliveries, self.taken, self.tries = list(deliveries), [], 0

    def send(self, message, *, envelope_from, to):
        self.tries += 1
        delivery = self.deliveries.pop(0) if self.deliveries else Delivery.sent("250 taken")
        if delivery.kind == "sent":
            self.taken.append(to)
        return delivery

    def close(self):
        pass


@pytest.fixture(autouse=True)
def _usual_pace(app):
    handing._seconds_a_mail = 0.0
    usual = app.extensions["afterword.transport"]
    yield
    app.extensions["afterword.transport"] = usual
    app.config.update(MAIL_PER_MINUTE=None, MAIL_PER_DOMAIN=None)


@pytest.fixture
def by(app):
    """`by(transport)`: mails go out this way."""

    def use(transport):
        app.extensions["afterword.transport"] = transport
        return transport

    return use


def post(count, *, domain="customer.example", stream_id=None, first=0):
    with transaction():
        for number in range(first, first + count):
            message = EmailMessage()
            message["From"], message["To"] = "afterword@surveys.example", f"c{number}@{domain}"
            message["Subject"] = "How was it?"
            message.set_content("One question")
            key = {"kind": "note", "dedupe_key": f"{domain}:{number}", "workspace_id": None, "stream_id": stream_id}
            courier.post(message, at=clock.now(), **key)


def states():
    db.session.rollback()
    return dict(db.session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all())


def deliver():
    return courier.deliver_due(lambda: False)


def test_mails_go_at_the_pace_that_was_set_and_the_others_wait(app, by):
    way = by(Scripted())
    app.config["MAIL_PER_MINUTE"] = 60
    with time_machine.travel(AT, tick=False) as traveller:
        post(30)
        deliver()
        assert len(way.taken) == 5
        for second in range(1, 11):
            traveller.move_to(AT + timedelta(seconds=second))
            deliver()
        assert len(way.taken) == 15
        traveller.move_to(AT + timedelta(minutes=10))
        deliver()
        assert len(way.taken) == 20, "however long nothing went, no burst follows"
    assert states() == {"sent": 20, "queued": 10}


def test_what_the_server_took_is_remembered_though_the_database_refuses_once(app, by, monkeypatch):
    way = by(Scripted())
    real, refused = Mail.mark_sent, []

    def deadlocked(*args, **more):
        real(*args, **more)
        if not refused:
            refused.append(1)
            raise OperationalError("UPDATE", None, Exception("deadlock detected"))

    monkeypatch.setattr(Mail, "mark_sent", deadlocked)
    with time_machine.travel(AT, tick=False) as traveller:
        post(3)
        deliver()
        assert states() == {"sent": 3}
        traveller.move_to(AT + timedelta(hours=1))
        deliver()
    assert len(way.taken) == 3


def test_one_domain_gets_no_more_than_its_share_and_holds_up_nobody(app, by):
    way = by(Scripted())
    app.config["MAIL_PER_DOMAIN"] = 12
    with time_machine.travel(AT, tick=False) as traveller:
        post(6, domain="big.example")
        post(1, domain="small.example")
        deliver()
        # Which of the six it is nobody promises: they are due at the same moment.
        assert sorted(to.partition("@")[2] for to in way.taken) == ["big.example", "small.example"]
        waiting = set(db.session.scalars(select(Mail.reason).where(Mail.state == "queued")))
        assert waiting == {"Waits its turn: at most 12 mails a minute go to big.example."}
        for second in range(0, 40, 5):
            traveller.move_to(AT + timedelta(seconds=second))
            deliver()
    assert states() == {"sent": 7}
    assert set(db.session.scalars(select(Mail.reason))) == {None}


def test_two_workers_share_one_limit(app):
    with time_machine.travel(AT, tick=False), transaction():
        granted = [throttle.take("mail", 50, per_minute=600, now=clock.now()) for _ in range(3)]
    assert granted == [50, 0, 0]


def test_a_server_that_refuses_us_is_left_alone_and_found_out_about_by_one_mail(by):
    refusal = Delivery.transient("535 5.7.8 bad password", ours=True)
    way = by(Scripted(*[refusal] * 7))
    with time_machine.travel(AT, tick=False) as traveller:
        post(20)
        deliver()
        assert way.tries == PATIENCE
        assert Breaker.current().words == "535 5.7.8 bad password"
        fine, words = health._mail_server()
        assert not fine
        assert "535 5.7.8 bad password" in words
        deliver()
        assert way.tries == PATIENCE, "nobody is asked again at once"
        traveller.shift(timedelta(seconds=11))
        deliver()
        assert way.tries == PATIENCE + 1, "one mail finds out"
        traveller.shift(timedelta(seconds=21))
        deliver()
        assert way.tries == PATIENCE + 2
        traveller.shift(timedelta(seconds=41))
        deliver()
        traveller.shift(timedelta(minutes=5))
        deliver()
    assert states() == {"sent": 20}
    assert Breaker.current() is None
    assert health._mail_server()[0]


def test_refusals_of_mails_are_no_reason_to_stop(by):
    way = by(Scripted(*[Delivery.transient("451 greylisted")] * 10, *[Delivery.permanent("550 nobody")] * 5))
    post(20)
    deliver()
    assert way.tries == 20
    assert Breaker.current() is None
    assert states() == {"queued": 10, "failed": 5, "sent": 5}


def test_mails_of_a_held_stream_wait_and_others_go(by):
    way = by(Scripted())
    post(3, stream_id=STREAM)
    post(2, domain="other.example")
    with transaction():
        Hold.put(STREAM, at=clock.now())
        Hold.put(STREAM, at=clock.now())
    deliver()
    assert sorted(way.taken) == ["c0@other.example", "c1@other.example"]
    with transaction():
        Hold.lift(STREAM)
    deliver()
    assert states() == {"sent": 5}


def test_what_there_was_no_time_for_waits_again_and_no_try_is_counted(by):
    way = by(Scripted())
    post(10)
    turns = iter([False] * 4)
    courier.deliver_due(lambda: next(turns, True))
    assert states() == {"sent": len(way.taken), "queued": 10 - len(way.taken)}
    assert 0 < len(way.taken) < 10
    assert set(db.session.scalars(select(Mail.attempts).where(Mail.state == "queued"))) == {0}


def recorded(**more):
    """How many outcomes were recorded together, time after time."""
    seen = []
    handing.deliver_due(
        lambda: False, record=lambda outcomes: seen.append(len(outcomes)), wanted=lambda due, _: list(due), **more
    )
    return seen


def test_outcomes_of_a_crowd_are_recorded_a_few_at_a_time(by, monkeypatch):
    by(Scripted())
    monkeypatch.setattr(handing, "RECORDED", 10)
    post(35)
    assert recorded(crowds=("note",)) == [10, 10, 10, 5]


def test_what_became_of_any_other_mail_is_recorded_at_once_so_that_hardly_one_can_go_twice(by):
    by(Scripted())
    post(4)
    assert recorded(crowds=("invitation",)) == [1, 1, 1, 1]


@contextmanager
def server(script):
    """A raw SMTP server that speaks as `script(connection, number)` says, a thread a connection."""
    listening, numbers = socket.create_server(("127.0.0.1", 0)), iter(range(10_000))

    def serve():
        with suppress(OSError):
            while True:
                connection = listening.accept()[0]
                threading.Thread(target=talk, args=(connection, next(numbers)), daemon=True).start()

    def talk(connection, number):
        with suppress(OSError), connection:
            script(connection, number)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    # Closed alone, the thread may go on accepting under the number that the next test's server gets.
    listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    listening.close()


def session(connection, taken, *, features=(), most=None, lose=()):
    """A well-behaved server: `most` mails a connection, then 421; those numbered in `lose` are taken and not told."""
    file, count, to = connection.makefile("rwb", buffering=0), 0, None
    file.write(b"220 here\r\n")
    while line := file.readline():
        word = line[:4].upper()
        if word in {b"EHLO", b"HELO"}:
            file.write("".join(f"250-{feature}\r\n" for feature in ("here", *features)).encode() + b"250 OK\r\n")
        elif word == b"MAIL" and most is not None and count >= most:
            file.write(b"421 4.7.0 enough for one connection\r\n")
            return
        elif word == b"DATA":
            file.write(b"354 go on\r\n")
            while file.readline() != b".\r\n":
                pass
            taken.append(to)
            count += 1
            if len(taken) in lose:
                return
            file.write(b"250 taken\r\n")
        elif word == b"QUIT":
            file.write(b"221 bye\r\n")
            return
        else:
            to = line.split(b"<")[1].split(b">")[0].decode() if word == b"RCPT" else to
            file.write(b"250 OK\r\n")


def all_sent(by, script, *, count=30):
    """Deliver `count` mails to a server, however often it takes; the states at the end."""
    with server(script) as port, time_machine.travel(AT, tick=True) as traveller:
        transport = by(SmtpTransport(f"smtp://127.0.0.1:{port}", connect_seconds=0.5, send_seconds=0.5))
        post(count)
        for number in range(12):
            traveller.move_to(AT + timedelta(minutes=6 * number))
            deliver()
        transport.close()
    return states()


@pytest.mark.parametrize("features", [(), ("PIPELINING",)])
def test_a_server_that_ends_the_talk_after_ten_mails_gets_each_mail_once(by, features):
    taken = []
    outcome = all_sent(by, lambda line, _: session(line, taken, features=features, most=10))
    assert outcome == {"sent": 30}
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 30


@pytest.mark.parametrize("features", [(), ("PIPELINING",)])
def test_only_what_was_taken_and_not_told_goes_out_twice(by, features):
    taken = []
    outcome = all_sent(by, lambda line, _: session(line, taken, features=features, lose={5, 17}))
    assert outcome == {"sent": 30}
    assert len(set(taken)) == 30
    assert len(taken) == 32


def test_stalling_and_babbling_in_between_lose_nothing(by):
    taken = []

    def script(line, number):
        if number in {0, 3}:
            line.recv(10)
            time.sleep(1.2)
        elif number in {1, 4}:
            line.sendall(b"220 hi\r\n!!!\r\n\xff\xfe\r\n")
        elif number in {2, 5}:
            line.sendall(b"220 hi\r\n")
        else:
            session(line, taken, most=7)

    outcome = all_sent(by, script)
    assert outcome == {"sent": 30}
    assert len(taken) == len(set(taken)) == 30


def test_a_slow_server_is_met_on_several_connections(by):
    taken, connections = [], set()

    def script(line, number):
        connections.add(number)
        file = line.makefile("rwb", buffering=0)
        file.write(b"220 here\r\n")
        while heard := file.readline():
            if heard[:4] == b"DATA":
                file.write(b"354 go on\r\n")
                while file.readline() != b".\r\n":
                    pass
                time.sleep(0.03)
                taken.append(number)
            file.write(b"250 OK\r\n")

    with server(script) as port:
        transport = by(SmtpTransport(f"smtp://127.0.0.1:{port}"))
        post(2)
        deliver()
        post(60, first=2)
        began = time.monotonic()
        deliver()
        took = time.monotonic() - began
        transport.close()
    assert states() == {"sent": 62}
    assert len(connections) > 3
    assert took < 60 * 0.03
