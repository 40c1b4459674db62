"""Invitations rendered and delivered per second, beside a bare loop that sends the same ready-made bytes.

    .venv/bin/python benchmarks/sending.py [--database sqlite|postgresql] [--count 5000] [--workers 1,2] [--rounds 3]

Mails go to smtp-sink, which Debian's package postfix brings; postfix itself is never started. The bare loop is smtplib
on one connection. Both take turns, so that the ratio means something on a busy machine. Ours is the product's own
runner in a process of its own: what is due is decided, written into the outbox, handed over and recorded, durably.
CPU is in milliseconds a mail, of the workers alone; memory is the highest a worker ever held.
"""

import argparse
import json
import os
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from serving import free_port, postgres

ROOT = Path(__file__).resolve().parent.parent
HERTZ = os.sysconf("SC_CLK_TCK")
WORKER = """
import sys, time
from base import lasting
from feedback.app import create_app
runner = create_app().extensions["afterword.runner"]
lasting.keep()
print("ready", flush=True)
sys.stdin.readline()
runner.start()
sys.stdin.readline()
runner.stop()
"""
PREPARE = """
import sys
from base import clock
from base.db import db, new_id, transaction
from accounts.workspace import Workspace
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date
from surveys import jobs
from surveys.intake import Occasion
from surveys.survey import Survey
LOCALES = ("en", "de", "sl", "fr", "el", "ar", "ja")
NAMES = ("Mary Smith", "Jürgen Groß", "Žiga Čeh", "Zoë Lefèvre", "Μαρία Παπά", "ليلى حداد", "山田太郎")
first, count = int(sys.argv[1]), int(sys.argv[2])
with create_app().app_context():
    bring_up_to_date()
    at = clock.now()
    if first == 0:
        with transaction():
            home = Workspace.create("Bench", zone="UTC", at=at)
            document = {"metric": "nps", "default_locale": "en", "locales": list(LOCALES)}
            document["texts"] = {locale: {} for locale in LOCALES}
            Survey.create(home.id, "Bench", document, at=at).publish(at=at)
    survey = Survey.all_of(Workspace.by_slug("bench").id)[0]
    for start in range(first, first + count, 500):
        with transaction() as session:
            people = [
                Occasion(email=f"c{n}@customer{n % 50}.example", source="bench", external_id=str(n),
                         name=NAMES[n % 7], locale=LOCALES[n % 7], agent=f"Agent {n % 20}")
                for n in range(start, min(start + 500, first + count))
            ]
            jobs.ask(session.merge(survey), people, at=at)
        db.session.expunge_all()
"""


@dataclass(frozen=True)
class Run:
    """What one way of sending came to."""

    rate: float
    cpu_ms: float = 0.0
    memory_mb: float = 0.0


@contextmanager
def sink():
    """smtp-sink on a free port."""
    binary = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if binary is None:
        raise SystemExit("benchmarks/sending.py: needs smtp-sink (Debian: apt-get install postfix).")
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([binary, *user, f"127.0.0.1:{port}", "200"], cwd="/")
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


class Database:
    """One database of the product: filled, counted and looked into from outside."""

    def __init__(self, directory, url):
        self.directory, self.url = directory, url or f"sqlite:///{directory / 'afterword.db'}"
        self.made = 0

    def environment(self, port):
        own = {"AFTERWORD_DATA_DIR": str(self.directory), "AFTERWORD_DATABASE_URL": self.url}
        own |= {"AFTERWORD_SMTP_URL": f"smtp://127.0.0.1:{port}", "AFTERWORD_PUBLIC_URL": "https://surveys.example"}
        return {**os.environ, **own, "AFTERWORD_SECRET_KEY": "0123456789" * 4}

    def ask(self, count, port):
        arguments = [sys.executable, "-c", PREPARE, str(self.made), str(count)]
        subprocess.run(arguments, cwd=ROOT, env=self.environment(port), check=True, stdout=subprocess.DEVNULL)
        self.made += count

    def all(self, statement):
        if self.url.startswith("sqlite"):
            import sqlite3

            connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=10)
        else:
            import psycopg

            connection = psycopg.connect(self.url.replace("postgresql+psycopg", "postgresql"))
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def sent(self):
        return self.all("SELECT count(*) FROM mail WHERE state = 'sent'")[0][0]

    def some_mails(self):
        """Some of the mails that went out, whole, with their addresses."""
        sys.path.insert(0, str(ROOT))
        from base.stencil import fill

        kept = "SELECT raw, pieces, to_address FROM mail JOIN mail_stencil ON mail_stencil.id = mail.stencil_id"
        rows = self.all(f"{kept} ORDER BY mail.id LIMIT 500")
        return [(fill(json.loads(pieces), json.loads(raw)).encode(), to) for raw, pieces, to in rows]


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def peak_mb(pid):
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def ours(database, port, workers, count):
    """Send what waits with so many workers."""
    environment, log = database.environment(port), (database.directory / "workers.log").open("ab")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=log, text=True,
        )
        for _ in range(workers)
    ]  # fmt: skip
    for one in running:
        one.stdout.readline()
    before, goal = [cpu_seconds(one.pid) for one in running], database.made
    began, last = time.perf_counter(), time.perf_counter()
    sent = start = database.sent()
    for one in running:
        one.stdin.write("go\n")
        one.stdin.flush()
    while sent < goal:
        time.sleep(0.2)
        now, last_sent = database.sent(), sent
        sent = now
        if sent > last_sent:
            last = time.perf_counter()
        elif time.perf_counter() - last > 60:
            raise SystemExit(f"only {sent - start} of {count} mails went out; see {database.directory}/workers.log")
    seconds = last - began
    cpu = sum(cpu_seconds(one.pid) - was for one, was in zip(running, before, strict=True))
    memory = max(peak_mb(one.pid) for one in running)
    for one in running:
        one.stdin.write("enough\n")
        one.stdin.close()
        one.wait(timeout=60)
    return Run(count / seconds, 1000 * cpu / count, memory)


def bare(mails, port, count):
    """The same bytes, ready-made, over one connection of smtplib."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        began, cpu = time.perf_counter(), time.process_time()
        for number in range(count):
            raw, to = mails[number % len(mails)]
            client.sendmail("afterword@surveys.example", [to], raw)
        seconds = time.perf_counter() - began
    return Run(count / seconds, 1000 * (time.process_time() - cpu) / count)


def middle(runs):
    """The middle of several rounds, figure by figure; of memory the most."""
    rate, cpu = (statistics.median(getattr(run, name) for run in runs) for name in ("rate", "cpu_ms"))
    return Run(rate, cpu, max(run.memory_mb for run in runs))


def measure(database, port, asked):
    """Rounds of every number of workers, each beside the bare loop."""
    counts = [int(number) for number in asked.workers.split(",")]
    database.ask(min(500, asked.count), port)
    ours(database, port, 1, database.made)  # warms up, and makes the bytes of the bare loop
    mails, found = database.some_mails(), {name: [] for name in ("bare", *counts)}
    for _ in range(asked.rounds):
        for workers in counts:
            found["bare"].append(bare(mails, port, min(asked.count, 3000)))
            database.ask(asked.count, port)
            found[workers].append(ours(database, port, workers, asked.count))
    size = sum(len(raw) for raw, _ in mails) / len(mails)
    print(f"\n{asked.database}, {asked.count} mails of {size / 1024:.0f} KiB in 7 languages, {asked.rounds} rounds")
    print(f"{'':12}{'mails/s':>9}{'ratio':>7}{'CPU ms':>8}{'peak MB':>9}")
    base = middle(found["bare"])
    for name, runs in found.items():
        run, said = middle(runs), name if name == "bare" else f"{name} worker" + "s" * (name > 1)
        print(f"{said:12}{run.rate:>9.0f}{run.rate / base.rate:>7.2f}{run.cpu_ms:>8.2f}{run.memory_mb or 0:>9.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--count", type=int, default=5000, help="invitations of a round")
    parser.add_argument("--workers", help="numbers of workers, like 1,2; SQLite has one")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind, in turns; the middle one counts")
    asked = parser.parse_args()
    asked.workers = asked.workers or ("1" if asked.database == "sqlite" else "1,2")
    with tempfile.TemporaryDirectory(prefix="afterword-bench-") as name, sink() as port:
        server, url = (None, None) if asked.database == "sqlite" else postgres(Path(name), "ours")
        try:
            measure(Database(Path(name), url), port, asked)
        finally:
            if server is not None:
                server.cleanup()


if __name__ == "__main__":
    main()
