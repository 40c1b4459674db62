"""Hours of answers with one workspace surging: errors, latencies, memory, open files, age of the oldest mail.

    .venv/bin/python benchmarks/soak.py [--minutes 30] [--database sqlite|postgresql] [--rate 50] [--surge 7]

Five workspaces take `--rate` full answers (GET the page, POST it) a second together. In the middle third one of them
takes `--surge` times its share. Every answer also gets a comment to read, and a tenth of all seconds a new invitation
is asked for through the API, so that mails go out all the time. Answers start at their planned moment whatever the
server does, so that a slow one is not measured by fewer questions. Memory is the PSS of all processes of the service.
"""

import argparse
import http.client
import json
import os
import queue
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from serving import free_port, postgres, wait_for

ROOT = Path(__file__).resolve().parent.parent
TENANTS = 5
THREADS = 24
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
PREPARE = """
import json, sys
from base import clock
from base.db import db, new_id, transaction
from accounts.apikey import ApiKey
from accounts.workspace import Workspace
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date
from surveys.intake import Occasion, keep
from surveys.invitation import Invitation
from surveys.selection import invite
from surveys.survey import Survey
tenants, each = int(sys.argv[1]), json.loads(sys.argv[2])
found = []
with create_app().app_context():
    bring_up_to_date()
    at = clock.now()
    for number in range(tenants):
        with transaction() as session:
            home = Workspace.create(f"Tenant {number}", quarantine_days=0, at=at)
            document = {"metric": "nps", "default_locale": "en", "locales": ["en"], "texts": {"en": {}}}
            survey = Survey.create(home.id, "Soak", document, at=at)
            version = survey.publish(at=at)
            key = ApiKey.create(home.id, "soak", at=at)[1]
        links = []
        for start in range(0, each[number], 500):
            rows = [Occasion(email=f"c{n}@t{number}.example", source="soak", external_id=str(n))
                    for n in range(start, start + 500)]
            with transaction() as session:
                made = invite(survey, version, rows, kept=keep(home.id, rows, at=at), at=at)
                for invitation, _ in made:
                    invitation.mark_sent(at=at)
                links += [invitation.token for invitation, _ in made]
            session.expunge_all()
            survey, version = session.merge(survey, load=False), session.merge(version, load=False)
        found.append({"key": key, "survey": survey.slug, "links": links})
json.dump(found, open(sys.argv[3], "w"))
"""


class Load:
    """Answers at planned moments, by a fixed crew; what each took is kept by phase and workspace."""

    def __init__(self, port, tenants):
        self.port, self.tenants = port, tenants
        self.waiting, self.taken, self.errors = queue.Queue(), [], []
        for _ in range(THREADS):
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while True:
            phase, tenant, planned = self.waiting.get()
            try:
                self._answer(connection, self.tenants[tenant]["links"].pop())
                self.taken.append((phase, tenant, time.monotonic() - planned))
            except Exception as error:  # noqa: BLE001 - counted and told
                connection.close()
                self.errors.append((phase, tenant, f"{type(error).__name__}: {error}"))
            finally:
                self.waiting.task_done()

    @staticmethod
    def _answer(connection, token):
        status, page = _asked(connection, "GET", f"/s/{token}")
        if status != 200:
            raise RuntimeError(f"GET said {status}")
        fields = dict(HIDDEN.findall(page)) | {
            "score": str(len(page) % 11),
            "comment": "Quick and friendly, thank you.",
        }
        status, _ = _asked(connection, "POST", f"/s/{token}", fields)
        if status != 303:
            raise RuntimeError(f"POST said {status}")

    def run(self, seconds, rate, surge):
        """Plan every answer at its moment; the phases are before, surge and after."""
        began, number = time.monotonic(), 0
        moment = began
        while moment - began < seconds:
            phase = ("before", "surge", "after")[min(2, int(3 * (moment - began) / seconds))]
            share = rate / TENANTS
            now_rate = rate + (share * (surge - 1) if phase == "surge" else 0)
            tenant = (
                0
                if number % (TENANTS - 1 + (surge if phase == "surge" else 1)) >= TENANTS - 1
                else 1 + number % (TENANTS - 1)
            )
            time.sleep(max(0, moment - time.monotonic()))
            self.waiting.put((phase, tenant, moment))
            number += 1
            moment += 1 / now_rate
        self.waiting.join()


def _asked(connection, method, path, fields=None, headers=None):
    body = urlencode(fields) if fields is not None else None
    told = {"Content-Type": "application/x-www-form-urlencoded"} if fields is not None else {}
    connection.request(method, path, body, told | (headers or {}))
    answer = connection.getresponse()
    return answer.status, answer.read().decode("utf-8", "replace")


def ask_by_api(port, tenants, stop):
    """A new invitation a second, round the workspaces, so that mails are written and go out all the time."""
    connection, number = http.client.HTTPConnection("127.0.0.1", port, timeout=30), 0
    while not stop.wait(1):
        tenant = tenants[number % TENANTS]
        about = {"source": "soak-api", "external_id": str(number)}
        wanted = {"survey": tenant["survey"], "email": f"api{number}@soak.example", "interaction": about}
        headers = {"Authorization": f"Bearer {tenant['key']}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/invitations", json.dumps(wanted), headers)
        connection.getresponse().read()
        number += 1


class Watch:
    """Memory, open files and the age of the oldest mail, every few seconds."""

    def __init__(self, root, count_waiting):
        self.root, self.count_waiting, self.rows, self.stop = root, count_waiting, [], threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        began = time.monotonic()
        while not self.stop.wait(3):
            members = family(self.root)
            self.rows.append(
                (time.monotonic() - began, sum(map(pss, members)), sum(map(files, members)), self.count_waiting())
            )


def family(root):
    parents = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += [child for child, parent in parents.items() if parent == found[-1]]
    return found


def pss(pid):
    try:
        lines = (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    except OSError:
        return 0


def files(pid):
    try:
        return len(list((Path("/proc") / str(pid) / "fd").iterdir()))
    except OSError:
        return 0


def oldest_mail(url):
    """A function that tells how many seconds the oldest mail has waited."""
    from sqlalchemy import create_engine, text

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    age = (
        "EXTRACT(EPOCH FROM now() - min(created_at))"
        if url.startswith("postgresql")
        else "(julianday('now') - julianday(min(created_at))) * 86400"
    )

    def ask():
        with engine.connect() as connection:
            return float(
                connection.execute(text(f"SELECT {age} FROM mail WHERE state IN ('queued', 'sending')")).scalar() or 0
            )

    return ask


def report(load, watch, seconds):
    print(f"\n{'phase':8}{'who':10}{'answers':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    p95 = {}
    for phase in ("before", "surge", "after"):
        for who, wanted in (("surging", lambda t: t == 0), ("others", lambda t: t != 0)):
            took = sorted(1000 * each for at, tenant, each in load.taken if at == phase and wanted(tenant))
            if len(took) > 20:
                cut = statistics.quantiles(took, n=100)
                p95[phase, who] = cut[94]
                print(f"{phase:8}{who:10}{len(took):>9}{cut[49]:>9.1f}{cut[94]:>9.1f}{cut[98]:>9.1f}{took[-1]:>9.1f}")
    warm = [row for row in watch.rows if row[0] > seconds / 5]
    tenth = max(1, len(warm) // 10)
    first, last = (statistics.median(row[1] for row in part) for part in (warm[:tenth], warm[-tenth:]))
    print(f"\nerrors {len(load.errors)}  {load.errors[:3] or ''}")
    most = max(row[1] for row in watch.rows)
    print(f"memory {first:.0f} → {last:.0f} MB after warm-up ({(last - first) / first:+.1%}); most {most:.0f} MB")
    many = len(watch.rows)
    parts = [watch.rows[many * part // 10 : many * (part + 1) // 10] for part in range(10)]
    print("  by tenths of the time:", *(round(statistics.median(row[1] for row in part)) for part in parts if part))
    print(f"open files {min(row[2] for row in warm)}–{max(row[2] for row in warm)}")
    print(f"oldest mail waited {max(row[3] for row in watch.rows):.0f} s at most")
    if ("before", "others") in p95 and ("surge", "others") in p95:
        print(f"others' p95 under the surge: {p95['surge', 'others'] / p95['before', 'others']:.2f} × before")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--surge", type=float, default=7)
    asked = parser.parse_args()
    seconds = 60 * asked.minutes
    with tempfile.TemporaryDirectory(prefix="afterword-soak-") as name:
        directory, port = Path(name), free_port()
        server, url = (None, None) if asked.database == "sqlite" else postgres(directory, "ours")
        url = url or f"sqlite:///{directory / 'data' / 'afterword.db'}"
        environ = {**os.environ, "AFTERWORD_DATA_DIR": str(directory / "data"), "AFTERWORD_PORT": str(port)}
        environ |= {"AFTERWORD_DATABASE_URL": url}
        share = asked.rate / TENANTS * seconds
        each = [500 * int(1 + n / 500) for n in [share * (1 + asked.surge / 2) * 1.1, *[share * 1.1] * (TENANTS - 1)]]
        made = directory / "tenants.json"
        print(f"{asked.database}: making {sum(each):,} invitations …", flush=True)
        command = [sys.executable, "-c", PREPARE, str(TENANTS), json.dumps(each), str(made)]
        subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
        tenants = json.loads(made.read_text())
        log = (directory / "log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "feedback", "serve"], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
        try:
            wait_for(port)
            stop = threading.Event()
            threading.Thread(target=ask_by_api, args=(port, tenants, stop), daemon=True).start()
            watch, load = Watch(process.pid, oldest_mail(url)), Load(port, tenants)
            load.run(seconds, asked.rate, asked.surge)
            stop.set()
            watch.stop.set()
            report(load, watch, seconds)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
            if server is not None:
                server.cleanup()


if __name__ == "__main__":
    main()
