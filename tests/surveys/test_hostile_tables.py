"""Tables that were made to break an import: each ends, as taken in or as refused, and nothing waits behind it."""

import io
import time
import uuid

import pytest
from sqlalchemy import func, select

from base import jobs
from base.db import db, transaction
from surveys import importer
from surveys.delimiting import Dialect, read_records
from surveys.interaction import Interaction
from surveys.upload import Upload

HEADER = "Ticket,E-mail,Name\r\n"
COLUMNS = ["external_id", "email", "name"]


@pytest.fixture
def browser(browser_of, cast):
    return browser_of(cast.boris)


def choose(browser, data):
    form = {"file": (io.BytesIO(data), "t.csv"), "survey": ""}
    reply = browser.post("/w/acme/import", data=form, content_type="multipart/form-data")
    return reply.headers.get("Location")


def take_in(browser, address, columns=COLUMNS):
    return browser.post(address, data={"column": columns, "then": "start"})


def upload():
    db.session.rollback()
    return db.session.scalars(select(Upload)).one()


def test_cells_with_nul_are_refused_by_row_and_the_import_ends(browser, run_jobs):
    table = "Ticket,E-mail,Na\0me\r\nT-1,a@b.example,A\0na\r\nT-2,c@d.example,Bo\r\nT-\0003,e@f.example,\r\n"
    address = choose(browser, table.encode())
    if address is None:
        return  # refused at once is as good
    take_in(browser, address)
    run_jobs()
    assert (upload().state, upload().added, upload().refused) == ("done", 1, 2)
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("columns", [[*COLUMNS, "property", "property"], COLUMNS[:2], [*COLUMNS, *["property"] * 900]])
def test_choices_for_other_columns_than_the_tables_start_nothing_that_cannot_end(browser, run_jobs, columns):
    address = choose(browser, (HEADER + "T-1,a@b.example,Ana\r\n").encode())
    take_in(browser, address, columns)
    run_jobs()
    assert upload().state in {"uploaded", "mapped", "done"}


def test_a_table_whose_encoding_nobody_chose_is_not_taken_in(browser, run_jobs):
    address = choose(browser, (HEADER + "T-1,a@b.example,Ana\r\n").encode())
    with transaction() as session:
        session.get_one(Upload, upload().id).encoding = None
    assert take_in(browser, address).status_code == 303
    run_jobs()
    assert upload().state == "uploaded"


def test_a_file_that_is_gone_ends_the_import_with_its_reason(browser, run_jobs):
    address = choose(browser, (HEADER + "T-1,a@b.example,Ana\r\n").encode())
    importer.file_of(upload().id).unlink()
    assert browser.get(address).status_code in {404, 409, 410, 422}
    assert take_in(browser, address).status_code in {303, 404, 409, 410, 422}
    run_jobs()
    assert upload().state in {"uploaded", "failed"}


def test_quotes_that_never_close_take_no_time():
    lines = io.StringIO("a,b\n" + 'x","\n' * 10_000)
    began = time.monotonic()
    assert sum(1 for _ in read_records(lines, Dialect())) > 9_000
    assert time.monotonic() - began < 10


def test_very_wide_and_very_long_tables_are_told(browser):
    wide = ",".join(f"c{n}" for n in range(100_000)) + "\r\n"
    for data in (wide.encode(), b'a,b\r\n"' + b"x" * 5_000_000 + b'",c\r\n', ("a,b\r\n" * 50).encode("utf-16")):
        address = choose(browser, data)
        if address is not None:
            assert browser.get(address).status_code in {200, 422}


def test_a_long_import_lets_other_jobs_pass(browser, run_jobs, monkeypatch):
    monkeypatch.setattr(importer, "TURN", 0.0)
    monkeypatch.setattr(importer, "BATCH", 2)
    rows = "".join(f"T-{n},c{n}@b.example,Ana\r\n" for n in range(9))
    take_in(browser, choose(browser, (HEADER + rows).encode()))
    with transaction():
        jobs.enqueue(watch, upload().id)
    watched.clear()
    run_jobs()
    assert watched[0] < 9
    assert (upload().state, upload().added, upload().rows) == ("done", 9, 9)


watched: list[int] = []


@jobs.job
def watch(upload_id: uuid.UUID) -> None:
    watched.append(db.session.get_one(Upload, upload_id).rows)


def test_two_workers_at_one_table_count_each_row_once(browser, run_jobs):
    take_in(browser, choose(browser, (HEADER + "T-1,a@b.example,A\r\nT-2,c@d.example,B\r\n").encode()))
    whole = importer._take

    def overtaken(upload_id, rows, **more):
        importer._take = whole
        importer.import_upload(upload_id)  # another worker, which thought this one dead
        return whole(upload_id, rows, **more)

    importer._take = overtaken
    try:
        run_jobs()
    finally:
        importer._take = whole
    assert (upload().state, upload().rows, upload().added, upload().repeated) == ("done", 2, 2, 0)
    assert db.session.scalar(select(func.count()).select_from(Interaction)) == 2
