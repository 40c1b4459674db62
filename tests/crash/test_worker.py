"""Work that a killed process had in hand goes on, soon, whichever queue keeps it."""

import os
import signal
import subprocess
import sys
import time

from sqlalchemy import func, select

import config
from base import clock
from base.db import db, transaction
from base.jobs import enqueue
from surveys import importer
from surveys.interaction import Interaction
from surveys.upload import Upload
from tests.cast import a_workspace

ROWS = 12_000


def an_import():
    """A large table that is asked to be taken in; its id."""
    workspace, known = a_workspace("Acme"), {"filename": "t.csv", "size": 1, "encoding": "utf-8"}
    with transaction() as session:
        upload = Upload(workspace_id=workspace.id, created_at=clock.now(), **known)
        session.add(upload)
        session.flush()
        path = importer.file_of(upload.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"T-{n},c{n}@customer.example\n" for n in range(ROWS))
        path.write_text(f"Ticket,E-mail\n{lines}")
        upload.plan(["external_id", "email"], upload.survey_id, at=clock.now())
        upload.start(at=clock.now(), by=None)
        enqueue(importer.import_upload, upload.id)
        return upload.id


def taken():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Interaction))


def wait_for(found, seconds):
    until = time.monotonic() + seconds
    while not found() and time.monotonic() < until:
        time.sleep(0.1)
    assert found()


def worker(house):
    """A process that works at the queue: the serving one on SQLite, one of its own on PostgreSQL."""
    if house.settings.on_sqlite:
        house.start()
        return house.process
    log = (house.settings.data_dir / "work.log").open("ab")
    command = [sys.executable, "-m", "feedback", "work"]
    environment = house.environment
    return subprocess.Popen(command, cwd=config.ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)


def test_an_import_whose_worker_was_killed_goes_on_and_doubles_nothing(house, inside):
    ident = an_import()
    first = worker(house)
    wait_for(lambda: taken() > 0, 60)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert taken() < ROWS
    began = time.monotonic()
    second = worker(house)
    try:
        before = taken()
        wait_for(lambda: taken() > before, 90)
        resumed = time.monotonic() - began
        wait_for(lambda: taken() == ROWS and db.session.get_one(Upload, ident).state == "done", 90)
    finally:
        os.killpg(second.pid, signal.SIGKILL)
        second.wait()
    assert resumed <= 90
    upload = db.session.get_one(Upload, ident)
    assert (upload.added, upload.repeated, upload.refused, upload.rows) == (ROWS, 0, 0, ROWS)
