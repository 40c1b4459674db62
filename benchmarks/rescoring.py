"""Whether a service keeps answering while all its comments are read again, and whether that can be stopped and go on.

    .venv/bin/python -m benchmarks.rescoring [--database sqlite|postgresql] [--rows 1000000] [--rate 20]
        [--engine ngram]

The rows of `benchmarks.reading`, each with one of the comments of training/comments, are written and counted; then the
service is started. All the time somebody answers another survey, `--rate` full answers (GET the page, POST it) a
second at their planned moments: a minute alone, then while `afterword feedback rescore` runs, which is interrupted
after twenty seconds and goes on where it says. Milliseconds of the answers before and meanwhile, comments a second.
"""

import argparse
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.reading import survey_with_versions
from benchmarks.town import CHUNK, COLUMNS, Town, write

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
from serving import free_port, postgres, wait_for  # noqa: E402 - a neighbour, not a package
from soak import PREPARE, Load  # noqa: E402

ALONE, STOPPED_AFTER, MOST = 60, 20, 40_000


class Writers(Town):
    """People who say what customers say."""

    def __init__(self, *about, comments):
        super().__init__(*about)
        self.comments = comments

    def _answered(self, made, *about):
        super()._answered(made, *about)
        row = list(made["response"][-1])
        row[COLUMNS["response"].index("comment")] = self.chance.choice(self.comments)
        made["response"][-1] = tuple(row)


def fill(rows):
    """Write the comments; runs in a process of its own, with the settings of the service."""
    from feedback.app import create_app
    from feedback.cli.database import bring_up_to_date
    from training.rows import comments

    with create_app().app_context():
        bring_up_to_date()
        survey, versions = survey_with_versions()
        town = Writers(survey, versions, rows, comments=[row.text for row in comments()])
        for start in range(0, rows, CHUNK):
            write(town.rows(range(start, min(rows, start + CHUNK))))


def rescore(environ, engine, after=None):
    command = [sys.executable, "-m", "feedback", "feedback", "rescore", "--workspace", "benchmark", "--engine", engine]
    command += ["--after", after] if after else []
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=environ, **pipes)


def answer(load, rate, stop):
    """Plan answers until told to stop."""
    moment = time.monotonic()
    while not stop.is_set():
        time.sleep(max(0, moment - time.monotonic()))
        load.waiting.put((load.phase, 0, moment))
        moment += 1 / rate


def all_read(environ, asked):
    """Read all again, with one stop; yields lines to print."""
    began = time.monotonic()
    first = rescore(environ, asked.engine)
    time.sleep(STOPPED_AFTER)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate()
    after = re.search(r"--after (\S+)", said)
    if after is None:
        raise SystemExit(f"it did not say how to go on: {said[-500:]}")
    yield f"stopped after {STOPPED_AFTER} s; goes on after {after[1]}"
    second = rescore(environ, asked.engine, after[1])
    found, said = second.communicate()
    took = time.monotonic() - began
    left = re.search(r"(\d+) comments to read", said)
    yield f"{left and left[1]} were left; all read in {took:.0f} s, {asked.rows / took:,.0f} a second; {found.strip()}"
    if second.returncode:
        raise SystemExit(said[-500:])


def tell(load, phase):
    took = sorted(1000 * each for at, _, each in load.taken if at == phase)
    cut = statistics.quantiles(took, n=100)
    return (
        f"answers {phase}: {len(took)}, p50 {cut[49]:.0f} ms, p95 {cut[94]:.0f}, p99 {cut[98]:.0f}, most {took[-1]:.0f}"
    )


def measured(directory, environ, asked):
    port = int(environ["AFTERWORD_PORT"])
    subprocess.run(
        [sys.executable, "-m", "benchmarks.rescoring", "--fill", str(asked.rows)], cwd=ROOT, env=environ, check=True
    )
    made = directory / "tenants.json"
    subprocess.run(
        [sys.executable, "-c", PREPARE, "1", json.dumps([MOST]), str(made)],
        cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "feedback", "feedback", "rebuild"], cwd=ROOT, env=environ, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    tenants = json.loads(made.read_text())
    random.Random(1).shuffle(tenants[0]["links"])
    with (directory / "log").open("w") as log:
        served = subprocess.Popen(
            [sys.executable, "-m", "feedback", "serve"], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
        stop = threading.Event()
        try:
            wait_for(port)
            load = Load(port, tenants)
            load.phase = "before"
            threading.Thread(target=answer, args=(load, asked.rate, stop), daemon=True).start()
            time.sleep(ALONE)
            load.phase = "meanwhile"
            yield from all_read(environ, asked)
            stop.set()
            load.waiting.join()
            yield tell(load, "before")
            yield tell(load, "meanwhile")
            yield f"errors {len(load.errors)} {load.errors[:2] or ''}"
        finally:
            stop.set()
            served.send_signal(signal.SIGTERM)
            served.wait(timeout=30)


def main():
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    known.add_argument("--rows", type=int, default=1_000_000)
    known.add_argument("--rate", type=float, default=20)
    known.add_argument("--engine", default="ngram")
    known.add_argument("--fill", type=int, help=argparse.SUPPRESS)
    asked = known.parse_args()
    # A shell that runs this in the background lets it and its children ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if asked.fill:
        return fill(asked.fill)
    with tempfile.TemporaryDirectory(prefix="afterword-rescoring-") as name:
        directory = Path(name)
        server, url = (None, None) if asked.database == "sqlite" else postgres(directory, "ours")
        url = url or f"sqlite:///{directory / 'data' / 'afterword.db'}"
        told = {"AFTERWORD_DATA_DIR": str(directory / "data"), "AFTERWORD_PORT": str(free_port())}
        try:
            print(f"## {asked.database}, {asked.rows:,} comments, {asked.rate:g} answers a second", flush=True)
            for line in measured(directory, os.environ | told | {"AFTERWORD_DATABASE_URL": url}, asked):
                print(f"- {line}", flush=True)
        finally:
            if server is not None:
                server.cleanup()
    return None


if __name__ == "__main__":
    main()
