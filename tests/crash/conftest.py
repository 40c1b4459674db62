"""Real servers in processes of their own, on a database of their own, to be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field

import pytest

import config
from base import clock
from base.db import db, transaction
from feedback.app import create_app
from surveys import jobs
from surveys.intake import Occasion
from tests import databases
from tests.cast import a_survey, a_workspace


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class House:
    """A service that can be started, stopped and killed, and looked into while it is down."""

    settings: config.Settings
    process: subprocess.Popen | None = None
    log: list = field(default_factory=list)

    @property
    def environment(self):
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")},
            "AFTERWORD_DATA_DIR": str(self.settings.data_dir),
            "AFTERWORD_DATABASE_URL": self.settings.database_url,
            "AFTERWORD_PORT": str(self.settings.port),
            "AFTERWORD_SECRET_KEY": self.settings.secret_key,
            "AFTERWORD_WORKERS": "1",
            "PYTHONPATH": str(config.ROOT),
        }

    def start(self):
        command = [sys.executable, "-m", "feedback", "serve"]
        with (self.settings.data_dir / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=config.ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_until_it_answers()

    def wait_until_it_answers(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.settings.data_dir / "serve.log").read_text()[-3000:]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.settings.port}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the server did not answer in a minute")

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ask kindly; returns the exit code and the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60), time.monotonic() - begun


@pytest.fixture
def house(database_urls, tmp_path):
    """A migrated database and a data directory; nothing runs yet."""
    made = House(databases.settings_for(database_urls.fresh(), tmp_path, port=free_port()))
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


@pytest.fixture
def inside(house):
    """An app on the same database, for looking and preparing while nothing serves; pushed."""
    app = create_app(house.settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def invite(count, *, slug="acme"):
    """`count` people who were asked; returns the tokens of their links."""
    workspace = a_workspace(slug.title())
    survey = a_survey(workspace)
    now = clock.now()
    people = [Occasion(email=f"c{n}@customer.example", source="crash", external_id=str(n)) for n in range(count)]
    with transaction():
        survey = db.session.merge(survey)
        asked = jobs.ask(survey, people, at=now)
        for invitation, _ in asked:
            invitation.mark_sent(at=now)
        return [invitation.token for invitation, _ in asked]
