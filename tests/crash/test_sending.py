"""A sending whose workers are killed goes on: everybody gets their mail, and few get it twice."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

import config
from base import clock, handing
from base.db import db, transaction
from base.outbox import Mail
from base.smtp import SmtpTransport
from surveys import jobs
from surveys.intake import Occasion
from surveys.invitation import Invitation
from tests.cast import a_survey, a_workspace
from tests.crash.conftest import free_port

PEOPLE = int(os.environ.get("AFTERWORD_CRASH_MAILS", "800"))
KILLS = int(os.environ.get("AFTERWORD_CRASH_SENDERS", "3"))
WORKER = """
import sys
from feedback.app import create_app
create_app().extensions["afterword.runner"].start()
sys.stdin.read()
"""


class Postbox:
    """Takes every mail; whom each Message-ID reached, as often as it did."""

    def __init__(self):
        self.reached, self.lock = defaultdict(list), threading.Lock()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        head = envelope.content.partition(b"\r\n\r\n")[0]
        ident = next(line for line in head.split(b"\r\n") if line.startswith(b"Message-ID:"))
        with self.lock:
            self.reached[envelope.rcpt_tos[0]].append(ident)
        return "250 taken"


@pytest.fixture
def postbox():
    made = Postbox()
    controller = Controller(made, hostname="127.0.0.1", port=free_port())
    controller.start()
    made.url = f"smtp://127.0.0.1:{controller.port}"
    yield made
    controller.stop()


def worker(house, postbox):
    with (house.settings.data_dir / "work.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=config.ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log,
            env=house.environment | {"AFTERWORD_SMTP_URL": postbox.url}, start_new_session=True,
        )  # fmt: skip


def asked(count):
    survey = a_survey(a_workspace("Acme"))
    people = [Occasion(email=f"c{n}@customer.example", source="crash", external_id=str(n)) for n in range(count)]
    with transaction():
        jobs.ask(db.session.merge(survey), people, at=clock.now())


def wait_for(found, seconds=60):
    until = time.monotonic() + seconds
    while not found() and time.monotonic() < until:
        time.sleep(0.02)
    assert found()


def test_killed_workers_lose_no_mail_and_repeat_few(house, inside, postbox):
    asked(PEOPLE)
    db.session.remove()
    db.engine.dispose()
    dice = random.Random(11)
    for number in range(KILLS):
        running, before = worker(house, postbox), len(postbox.reached)
        wait_for(lambda before=before: len(postbox.reached) > before + 20)
        time.sleep(dice.uniform(0.0, 0.2))
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        assert len(postbox.reached) < PEOPLE, f"too quick to be killed the {number + 1}. time"
    inside.extensions["afterword.transport"] = SmtpTransport(postbox.url)
    with clock.standing_at(clock.now() + timedelta(minutes=11)):  # past every lease
        for _ in range(2):
            inside.extensions["afterword.runner"].run_tick()
            inside.extensions["afterword.runner"].drain()

    assert len(postbox.reached) == PEOPLE
    assert {len(set(idents)) for idents in postbox.reached.values()} == {1}
    twice = sum(len(idents) - 1 for idents in postbox.reached.values())
    assert twice <= KILLS * (handing.RECORDED + handing.LINES * 2)
    db.session.rollback()
    assert dict(db.session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all()) == {"sent": PEOPLE}
    assert set(db.session.scalars(select(Invitation.status))) == {"sent"}
