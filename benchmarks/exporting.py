"""How long files of many responses take, and how much memory: `python -m benchmarks.exporting`.

    .venv/bin/python -m benchmarks.exporting [--database sqlite|postgresql] [--rows 200000] [--kinds csv,xlsx]

The generator of `benchmarks.reading` fills the tables; each format is then written by a process of its own, as a worker
writes it, with names and addresses. Told are seconds of the clock, in brackets of the processor (which other work on
the machine changes less; PostgreSQL's own are not in it), the size of the file, and the most memory that the process
ever held, with what it held before it began to write.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flask import current_app

import config
from base import lasting
from base.db import db
from benchmarks.ground import analyse, ground, options, tell
from benchmarks.reading import survey_with_versions
from benchmarks.town import CHUNK, Town, write
from feedback import exporter
from feedback.app import create_app
from feedback.exporting import FORMATS, suffix
from feedback.feed import Query
from surveys.survey import Survey


def measure(number: int, kinds: list[str]) -> Iterator[str]:
    survey, versions = survey_with_versions()
    town = Town(survey, versions, number)
    for start in range(0, number, CHUNK):
        write(town.rows(range(start, min(number, start + CHUNK))))
    analyse()
    directory, url = current_app.config["DATA_DIR"], db.engine.url.render_as_string(hide_password=False)
    for kind in kinds:
        asked = [sys.executable, "-m", "benchmarks.exporting", "--write", kind, str(directory), url]
        yield subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def write_one(kind: str, directory: str, url: str) -> str:
    """Write all responses in this process, which has done nothing else."""
    app = create_app(config.Settings(data_dir=Path(directory), database_url=url, secret_key="x" * 40, testing=True))
    lasting.keep()  # as whatever writes files does
    with app.app_context(), tempfile.TemporaryDirectory(dir=directory) as place:
        survey = db.session.scalars(db.select(Survey)).one()
        query = Query(workspace_id=survey.workspace_id, survey_id=survey.id, flagged=False)
        path, before = Path(place) / f"all.{suffix(kind)}", _peak()
        began, busy = time.perf_counter(), time.process_time()
        rows = exporter.write(query, kind, path, people=True)
        took, worked = time.perf_counter() - began, time.process_time() - busy
        size = path.stat().st_size / 1e6
    memory = f"at most {_peak():.0f} MB ({before:.0f})"
    return f"{kind}: {rows:,} rows in {took:.1f} s ({worked:.1f}), {size:.0f} MB, {memory}"


def _peak() -> float:
    """Megabytes that this program ever held; what the one held that started it is not in it."""
    said = Path("/proc/self/status").read_text(encoding="ascii")
    return int(said.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    if sys.argv[1:2] == ["--write"]:
        print(write_one(*sys.argv[2:5]))
        return
    known = options(__doc__, rounds=1)
    known.add_argument("--rows", type=int, default=200_000)
    known.add_argument("--kinds", default=",".join(FORMATS))
    chosen = known.parse_args()
    with ground(chosen):
        tell(f"{chosen.database}, {chosen.rows:,} responses", measure(chosen.rows, chosen.kinds.split(",")))


if __name__ == "__main__":
    main()
