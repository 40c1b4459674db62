"""A digest arrives once, however many send at the same time and however many of them die."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from email import message_from_bytes

import config
from base import clock
from base.db import db, transaction
from feedback.digest import Digest, Order
from feedback.digesting import Cadence
from feedback.issue import Issue
from feedback.issue_member import IssueMember
from tests.cast import a_survey, a_workspace
from tests.feedback.readers import answered

DIGESTS = int(os.environ.get("AFTERWORD_CRASH_DIGESTS", "60"))
KILLS = int(os.environ.get("AFTERWORD_CRASH_KILLS", "4"))
SENDERS = 4
YESTERDAY = timedelta(days=1)


def ordered(count):
    """`count` readers of one survey with an unhappy customer; all their digests are due."""
    workspace, ago = a_workspace("Acme"), clock.now() - 2 * YESTERDAY
    answered(a_survey(workspace), 2, at=clock.now() - timedelta(hours=1), comment="Nobody called me back.")
    with transaction():
        for n in range(count):
            known = {"recipient_email": f"reader{n}@acme.example", "recipient_name": f"Reader {n}", "locale": "en"}
            Digest.order(workspace.id, Order(cadence=Cadence("daily", 0, 0, None, None, "UTC"), **known), at=ago)


def sender(house):
    command = [sys.executable, "-m", "feedback", "feedback", "digest"]
    with (house.settings.data_dir / "send.log").open("ab") as log:
        return subprocess.Popen(command, cwd=config.ROOT, env=house.environment, stdout=log, stderr=log)


def filed(house):
    """Recipient → the Message-IDs that reached them, one a file."""
    found = {}
    for path in (house.settings.data_dir / "outbox").glob("*.eml"):
        message = message_from_bytes(path.read_bytes())
        found.setdefault(message["To"], []).append(message["Message-ID"])
    return found


def test_four_senders_that_are_killed_send_each_digest_once(house, inside):
    ordered(DIGESTS)
    db.session.remove()
    db.engine.dispose()
    dice, killed, running = random.Random(7), 0, []
    until = time.monotonic() + 90
    while time.monotonic() < until:
        running = [one for one in running if one.poll() is None]
        while len(running) < SENDERS and killed < KILLS:
            running.append(sender(house))
        if not running:
            break
        time.sleep(dice.uniform(0.3, 1.2))
        if killed < KILLS and (house.settings.data_dir / "outbox").exists():
            running[0].send_signal(signal.SIGKILL)
            running[0].wait()
            killed += 1
    with clock.standing_at(clock.now() + timedelta(minutes=11)):  # past every lease
        for _ in range(2):
            inside.extensions["afterword.runner"].run_tick()
            inside.extensions["afterword.runner"].drain()

    mails = filed(house)
    assert len(mails) == DIGESTS
    assert {len(set(ids)) for ids in mails.values()} == {1}
    assert sum(len(ids) - 1 for ids in mails.values()) <= killed
    db.session.rollback()
    issues = Counter(row.digest_id for row in db.session.query(Issue))
    assert set(issues.values()) == {1}
    assert db.session.query(IssueMember).count() == DIGESTS
