"""Tables: rows per second and peak memory of reading, forecasting and taking in.

    .venv/bin/python benchmarks/importing.py [--rows 1000000] [--database sqlite|postgresql] [--steps forecast,import]

Each step is a process of its own, so that its memory is its own: the highest it ever held, beside what the application
holds when it has only started. The table has one customer in four twice, a quarantine, hours in which mail may go, bad
addresses and unknown zones. "longest turn" is how long one job kept others waiting. No mail is sent.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ["external_id", "email", "name", "locale", "zone", "team", "occurred_at", "property"]
HEADER = "Ticket,E-mail,Name,Language,Time zone,Group,Solved at,Product"
LOCALES = ("en", "sl", "de", "el", "")
ZONES = ("Europe/Ljubljana", "", "America/New_York", "Mars/Olympus", "")

STEP = """
import json, resource, sys, time
from pathlib import Path
from base import clock, jobs
from base.db import db, new_id, transaction
from accounts.workspace import Workspace
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date
from surveys import forecaster, importer
from surveys.rule import SendingRule, Terms
from surveys.survey import Survey
from surveys.upload import Upload

step, table, columns = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])

def held():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def survey():
    at = clock.now()
    if not Workspace.all():
        with transaction():
            home = Workspace.create("Bench", zone="UTC", at=at)
            document = {"metric": "nps", "default_locale": "en", "locales": ["en", "sl"], "texts": {"en": {}, "sl": {}}}
            made = Survey.create(home.id, "Bench", document, at=at)
            made.publish(at=at)
            terms = Terms(delay_minutes=60, weekdays="12345", start_hour=9, end_hour=17, quarantine_days=30)
            SendingRule.decide(made.id, terms, workspace_id=home.id, at=at)
    return Survey.all_of(Workspace.by_slug("bench").id)[0]

def work(job, ident, over):
    longest = 0.0
    while True:
        began = time.monotonic()
        job(ident)
        longest = max(longest, time.monotonic() - began)
        db.session.rollback()
        upload = db.session.get(Upload, ident, populate_existing=True)
        if over(upload):
            return upload, longest

app = create_app()
with app.app_context():
    bring_up_to_date()
    made, base, longest = survey(), held(), 0.0
    began = time.monotonic()
    if step == "read":
        decoding = importer.recognised(table)
        at = clock.now()
        with transaction() as session:
            upload = Upload(id=new_id(), workspace_id=made.workspace_id, survey_id=made.id, filename="bench.csv",
                            size=table.stat().st_size, encoding=decoding.encoding, created_at=at)
            session.add(upload)
            session.flush()
            upload.plan(columns, made.id, at=at)
            path = importer.file_of(upload.id)
            path.parent.mkdir(parents=True, exist_ok=True)
        table.rename(path)
    else:
        [upload] = Upload.recent(made.workspace_id)
        if step == "forecast":
            upload, longest = work(forecaster.foresee_upload, upload.id, lambda u: u.forecast["state"] != "counting")
        else:
            with transaction() as session:
                session.get_one(Upload, upload.id).start(at=clock.now(), by=None)
            upload, longest = work(importer.import_upload, upload.id, lambda u: u.state != "importing")
    took = time.monotonic() - began
    told = {"seconds": took, "base": base, "peak": held(), "longest": longest}
    told["counts"] = upload.forecast.get("counts", {}) if step == "forecast" else {}
    print(json.dumps(told))
"""


def write(path, rows):
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\r\n")
        for n in range(rows):
            person = n - 1 if n % 4 == 3 else n
            email = f"nobody{n}" if n % 100 == 50 else f"customer{person}@customer{person % 50}.example"
            solved = f"2026-11-{1 + n % 25:02} {n % 24:02}:{n % 60:02}"
            file.write(f"T-{n},{email},Žiga Čeh {n},{LOCALES[n % 5]},{ZONES[n % 5]},Team {n % 7},{solved},Phones\r\n")


def run(step, directory, url, table):
    own = {"AFTERWORD_DATA_DIR": str(directory / "data"), "AFTERWORD_DATABASE_URL": url}
    own |= {"AFTERWORD_SECRET_KEY": "0123456789" * 4}
    command = [sys.executable, "-c", STEP, step, str(table), json.dumps(COLUMNS)]
    done = subprocess.run(command, env=os.environ | own, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(directory, url, arguments):
    table = directory / "table.csv"
    write(table, arguments.rows)
    size = table.stat().st_size / 2**20
    print(f"{arguments.rows:,} rows, {size:,.0f} MB, {arguments.database}", flush=True)
    for step in ("read", "forecast", "import"):
        if step != "read" and step not in arguments.steps:
            continue
        told = run(step, directory, url, table)
        rate = arguments.rows / told["seconds"]
        memory = f"peak {told['peak']:,.0f} MB ({told['peak'] - told['base']:+,.0f} over the application)"
        line = f"{step:9} {told['seconds']:8.1f} s  {rate:10,.0f} rows/s  {memory}"
        print(f"{line}  longest turn {told['longest']:.1f} s  {told['counts'] or ''}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--steps", type=lambda text: text.split(","), default=["forecast", "import"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="importing-") as name:
        directory = Path(name)
        if arguments.database == "sqlite":
            measure(directory, f"sqlite:///{directory / 'afterword.db'}", arguments)
            return
        sys.path.insert(0, str(ROOT))
        from tests import databases

        os.environ["AFTERWORD_TEST_DATABASE"] = "postgresql"
        made = databases.start(directory, directory)
        try:
            measure(directory, made.fresh(), arguments)
        finally:
            made.close()


if __name__ == "__main__":
    main()
