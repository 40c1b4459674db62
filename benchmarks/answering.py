"""Full answers per second: GET the page, POST it, stored durably; our whole service beside a bare Flask app.

    .venv/bin/python benchmarks/answering.py [--database sqlite|postgresql] [--clients 1,8,32] [--rounds 3]

Both run under granian with the same workers and threads on the same kind of database, in turns in every cell, so that
the ratio means something on a busy machine. Needs a C compiler for the load generator (flowgen.c).
Ours keeps an answer, its revision, an event and a job, and scores comments meanwhile; `--no-jobs` leaves the scoring
out of the measurement. CPU is in milliseconds a flow, of all processes of a service, its database apart.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from serving import free_port, postgres, wait_for

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
HERTZ = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
FIELDS = "score=9&comment=Quick+and+friendly%2C+thank+you."


@dataclass
class Service:
    """A running server: where it listens, its unused links, and how its stored answers are counted."""

    name: str
    port: int
    process: subprocess.Popen
    links: Path
    accepted: str
    used: int = 0
    cells: dict = field(default_factory=dict)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


def cpu_seconds(root):
    """CPU time of a process and all its living descendants."""
    children, total = {}, 0
    for process in Path("/proc").iterdir():
        if (entry := process.name).isdigit():
            try:
                fields = (process / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append((int(entry), int(fields[11]) + int(fields[12])))
            if int(entry) == root:
                total = int(fields[11]) + int(fields[12])
    todo = [root]
    while todo:
        for pid, ticks in children.get(todo.pop(), ()):
            total += ticks
            todo.append(pid)
    return total / HERTZ


def prepare_ours(environ, count, links):
    """A migrated database with one survey and `count` invitations, made by the product's own verbs."""
    code = f"""
import sys
from base import clock
from base.db import db, new_id, transaction
from accounts.workspace import Workspace
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.survey import Survey
with create_app().app_context():
    bring_up_to_date()
    at, texts = clock.now(), {{"en": {{}}, "sl": {{}}}}
    with transaction() as session:
        home = Workspace(id=new_id(), slug="bench", name="Bench", default_locale="en", zone="UTC", created_at=at)
        session.add(home)
        session.flush()
        document = {{"metric": "nps", "default_locale": "en", "locales": ["en", "sl"], "texts": texts}}
        version = Survey.create(home.id, "Bench", document, at=at).publish(at=at)
        contact = Contact.keep(home.id, "person@bench.example", at=at, locale="en")
    with open(sys.argv[1], "w") as file:
        for start in range(0, {count}, 500):
            with transaction() as session:
                for number in range(start, start + 500):
                    about, _ = Interaction.keep(contact, "bench", str(number), at=at)
                    invitation, _ = Invitation.ask(version, about, at=at, send_at=at)
                    file.write(f"/s/{{invitation.token}}\\n")
                session.flush()
            session.expunge_all()
            version, contact = session.merge(version, load=False), session.merge(contact, load=False)
"""
    subprocess.run([sys.executable, "-c", code, links], cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)


def start_ours(directory, url, count, *, jobs):
    port, links = free_port(), directory / "ours.txt"
    environ = {**os.environ, "AFTERWORD_DATA_DIR": str(directory / "ours"), "AFTERWORD_PORT": str(port)}
    environ |= {"AFTERWORD_DATABASE_URL": url} if url else {}
    prepare_ours(environ, count, links)
    if jobs:
        command = [sys.executable, "-m", "feedback", "serve"]
    else:
        workers = "1" if not url else str(CORES)
        command = granian("feedback.app:create_app", port, workers, factory=True)
    log = (directory / "ours.log").open("w")
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    wait_for(port)
    return Service("ours", port, process, links, "/thanks")


def start_bare(directory, url, count):
    port, links = free_port(), directory / "bare.txt"
    environ = {**os.environ, "DBKIND": "pg" if url else "sqlite", "DBPATH": str(directory / "bare.db")}
    table = "CREATE TABLE answer(id INTEGER PRIMARY KEY, recipient INTEGER, score INTEGER, comment TEXT, created REAL)"
    if url:
        import psycopg

        environ["PGDSN"] = url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(environ["PGDSN"], autocommit=True) as connection:
            connection.execute(table.replace("INTEGER PRIMARY KEY", "SERIAL PRIMARY KEY").replace("REAL", "FLOAT8"))
    else:
        import sqlite3

        sqlite3.connect(directory / "bare.db").execute(table)
    with links.open("w") as file:
        subprocess.run(
            [sys.executable, "bare_app.py", "links", str(count)], cwd=HERE, env=environ, stdout=file, check=True
        )
    command = granian("bare_app:app", port, "1" if not url else str(CORES))
    log = (directory / "bare.log").open("w")
    process = subprocess.Popen(command, cwd=HERE, env=environ, stdout=log, stderr=log)
    wait_for(port)
    return Service("bare", port, process, links, "THANKS-STORED")


def granian(target, port, workers, *, factory=False):
    """The server with the settings of the product: more threads where one process serves all."""
    threads = "8" if workers == "1" else "4"
    command = [sys.executable, "-m", "granian", target, "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", workers, "--blocking-threads", threads, "--backpressure", "512", "--log-level", "warning"]
    return [*command, *(["--factory"] if factory else [])]


def measure(service, flowgen, clients, seconds):
    """One run with fresh links; the generator's figures with CPU milliseconds a flow."""
    command = [flowgen, "-p", service.port, "-c", clients, "-t", seconds, "-m", "flow", "-g", "recommend"]
    command += ["-k", service.accepted, "-f", FIELDS, "-U", service.links, "-1", "-o", service.used]
    before = cpu_seconds(service.process.pid)
    found = json.loads(subprocess.run(map(str, command), capture_output=True, text=True, check=True).stdout)
    used = cpu_seconds(service.process.pid) - before
    service.used += found["ok"] + found["bad"]
    if found["secs"] < 0.5:
        raise SystemExit(f"{service.name} ran out of unused links; ask for more with --links.")
    if found["bad"]:
        print(f"  {service.name}: {found['bad']} bad flows: {found['err'][:200]}")
    return found | {"cpu_ms": 1000 * used / max(found["ok"], 1), "share": used / found["secs"] / CORES}


def typical(cells):
    """The middle of several rounds, figure by figure: a machine with other work has good and bad seconds."""
    names = ("rate", "cpu_ms", "share")
    middle = {name: statistics.median(cell[name] for cell in cells) for name in names}
    flow = {name: statistics.median(cell["flow"][name] for cell in cells) for name in ("p50", "p99")}
    return middle | {"flow": flow | {"max": max(cell["flow"]["max"] for cell in cells)}}


def report(services, counts):
    head = "".join(f"{name:>8}" for name in ("p50 ms", "p99 ms", "max ms", "CPU ms"))
    print(f"\n{'clients':>7}  {'':6}{'answers/s':>10}{head}{'CPU':>6}{'ratio':>7}{'of CPU':>8}")
    for clients in counts:
        bare = services["bare"].cells[clients]
        for name in ("bare", "ours"):
            cell = services[name].cells[clients]
            flow, ratio, cost = cell["flow"], cell["rate"] / bare["rate"], cell["cpu_ms"] / bare["cpu_ms"]
            print(
                f"{clients:>7}  {name:6}{cell['rate']:>10.0f}{flow['p50']:>8.1f}{flow['p99']:>8.1f}{flow['max']:>8.1f}"
                f"{cell['cpu_ms']:>8.2f}{cell['share']:>6.0%}{ratio:>7.2f}{cost:>8.2f}"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3, help="runs of a cell, taken in turns; the middle one counts")
    parser.add_argument("--clients", default="1,8,32")
    parser.add_argument("--links", type=int, default=20_000, help="invitations to make")
    parser.add_argument("--no-jobs", action="store_true", help="do not score comments meanwhile")
    asked = parser.parse_args()
    counts = [int(number) for number in asked.clients.split(",")]
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("benchmarks/answering.py: needs a C compiler (cc) for its load generator.")
    with tempfile.TemporaryDirectory(prefix="afterword-bench-") as name:
        directory = Path(name)
        flowgen = directory / "flowgen"
        subprocess.run([compiler, "-O2", "-pthread", "-w", "-o", flowgen, HERE / "flowgen.c"], check=True)
        server, url, bare = (None,) * 3 if asked.database == "sqlite" else postgres(directory, "ours", "bare")
        services = {}
        try:
            print(f"{asked.database}: making {asked.links} invitations …", flush=True)
            services["ours"] = start_ours(directory, url, asked.links, jobs=not asked.no_jobs)
            services["bare"] = start_bare(directory, bare, 200_000)
            for service in services.values():
                measure(service, flowgen, 8, 1)  # warms up
            for clients in counts:
                rounds = {each: [] for each in services}
                for number in range(asked.rounds):  # who goes first takes turns
                    for each in sorted(services, reverse=bool(number % 2)):
                        rounds[each].append(measure(services[each], flowgen, clients, asked.seconds))
                for each, cells in rounds.items():
                    services[each].cells[clients] = typical(cells)
            report(services, counts)
        finally:
            for service in services.values():
                service.stop()
            if server is not None:
                server.cleanup()
            if (directory / "ours.log").exists() and (text := (directory / "ours.log").read_text()).count("ERROR"):
                print(text[:2000])


if __name__ == "__main__":
    main()
