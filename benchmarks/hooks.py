"""How long a helpdesk waits for the answer to its call: p95 of 500 calls to a live server, kept durably each.

    .venv/bin/python benchmarks/hooks.py [--database sqlite|postgresql] [--calls 500] [--clients 1,4]

The server is the product as it is served, with its jobs: while calls come in, earlier ones are worked off, and each
becomes an interaction and an invitation. Each call is another ticket and signed. The goal is 50 ms.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from serving import free_port, postgres, wait_for

ROOT = Path(__file__).resolve().parent.parent
GOAL = 50.0
PATIENCE = 300
SECRET = "a secret of both sides"
PREPARE = """
from base import clock
from base.db import new_id, transaction
from accounts.workspace import Workspace
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date
from surveys.source import Source
from surveys.survey import Survey
with create_app().app_context():
    bring_up_to_date()
    at = clock.now()
    with transaction() as session:
        home = Workspace.create("Bench", zone="UTC", at=at)
        session.flush()
        document = {"metric": "nps", "default_locale": "en", "locales": ["en"], "texts": {"en": {}}}
        survey = Survey.create(home.id, "Bench", document, at=at)
        survey.publish(at=at)
        source, secret = Source.create(home.id, "Bench", "generic", at=at)
        source.change(name="Bench", survey_ids=[survey.id], at=at)
        source.secure(secret=%r, header="X-Sign", scheme="sha256-hex", at=at)
    print(secret)
"""
COUNT = """
from sqlalchemy import func, select
from base.db import db
from feedback.app import create_app
from surveys.received_call import ReceivedCall
from surveys.invitation import Invitation
with create_app().app_context():
    waiting = select(func.count()).select_from(ReceivedCall).where(ReceivedCall.state == "received")
    print(db.session.scalar(waiting), db.session.scalar(select(func.count()).select_from(Invitation)))
"""


def run(code, environ):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def call(connection, path, number):
    """Milliseconds until the whole answer is there."""
    body = json.dumps({"id": f"T-{number}", "email": f"c{number}@customer.example", "name": "Ana", "team": "North"})
    signature = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    began = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/json", "X-Sign": signature})
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1000
    if answer.status != 202:
        raise SystemExit(f"answered {answer.status}")
    return took


def measure(port, path, clients, numbers):
    """The times of all calls, by so many clients at once, each on a connection of its own."""

    def one(mine):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        call(connection, path, f"warm-{mine[0]}")
        took = [call(connection, path, number) for number in mine]
        connection.close()
        return took

    with ThreadPoolExecutor(clients) as pool:
        parts = pool.map(one, [numbers[start::clients] for start in range(clients)])
    return sorted(took for part in parts for took in part)


def drained(environ):
    """A sentence: when every call was worked off, and how many invitations there are then."""
    began = time.monotonic()
    while True:
        waiting, invitations = run(COUNT, environ).split()
        seconds = time.monotonic() - began
        if waiting == "0" or seconds > PATIENCE:
            return f"{waiting} calls wait {seconds:.0f} s after the last one; {invitations} invitations"
        time.sleep(0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--clients", default="1,4")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="afterword-hooks-") as name:
        directory, port = Path(name), free_port()
        server, url = (None, None) if asked.database == "sqlite" else postgres(directory, "hooks")
        environ = {**os.environ, "AFTERWORD_DATA_DIR": str(directory / "data"), "AFTERWORD_PORT": str(port)}
        environ |= {"AFTERWORD_DATABASE_URL": url} if url else {}
        path = f"/hooks/{run(PREPARE % SECRET, environ)}"
        log = (directory / "log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "feedback", "serve"], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
        try:
            wait_for(port)
            print(f"{asked.database}: {asked.calls} signed calls, jobs running")
            print(f"{'clients':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'max ms':>9}")
            sent = 0
            for clients in map(int, asked.clients.split(",")):
                took = measure(port, path, clients, list(range(sent, sent + asked.calls)))
                sent += asked.calls
                p95 = took[int(len(took) * 0.95) - 1]
                figures = statistics.median(took), p95, took[int(len(took) * 0.99) - 1], took[-1]
                print(
                    f"{clients:>8}" + "".join(f"{figure:>9.1f}" for figure in figures),
                    "" if p95 <= GOAL else "  over 50 ms",
                )
            print(drained(environ))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
            if server is not None:
                server.cleanup()


if __name__ == "__main__":
    main()
