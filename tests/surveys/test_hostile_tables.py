"""Tables that were made to break an import: each ends, as taken in or as refused, and nothing waits behind it."""

import io
import re
import time
import uuid
from contextlib import contextmanager

import pytest
import time_machine
from sqlalchemy import func, select

from base import jobs
from base.db import db, transaction
from surveys import bookmark, forecaster, importer
from surveys.contact import Contact
from surveys.delimiting import Dialect, read_records
from surveys.interaction import Interaction
from surveys.upload import Upload
from tests.cast import AT, a_survey

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
    answer = browser.post(address, data={"column": columns, "then": "forecast"})
    upload = db.session.scalars(select(Upload).order_by(Upload.created_at.desc(), Upload.id.desc()).limit(1)).one()
    if upload.state != "mapped":
        return answer
    forecaster.foresee_upload(upload.id)
    db.session.rollback()
    return browser.post(f"{address}/send", data={"key": upload.forecast["key"]})


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
    began = time.process_time()
    assert sum(1 for _ in read_records(lines, Dialect())) > 9_000
    assert time.process_time() - began < 10


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


def test_a_long_import_reads_its_table_once_and_goes_on_where_another_process_stopped(browser, run_jobs, monkeypatch):
    monkeypatch.setattr(importer, "TURN", 0.0)
    monkeypatch.setattr(importer, "OPENING", 0)
    monkeypatch.setattr(importer, "BATCH", 2)
    rows = "".join(f"T-{n},c{n}@b.example,Ana\r\n" for n in range(30))
    take_in(browser, choose(browser, (HEADER + rows).encode()))
    opened, opening = [], importer.opened
    monkeypatch.setattr(importer, "opened", lambda upload: opened.append(upload.rows) or opening(upload))
    for _ in range(3):
        importer.import_upload(upload().id)
    assert opened == [0]
    kept = dict(bookmark._kept)
    bookmark._kept.clear()
    importer.import_upload(upload().id)  # elsewhere
    assert opened == [0, 6]
    bookmark._kept.update(kept)  # here they have not been told
    run_jobs()
    assert opened == [0, 6, 8]
    assert (upload().state, upload().added, upload().rows, upload().repeated) == ("done", 30, 30, 0)


def test_only_a_few_tables_wait_open(tmp_path):
    files = [(tmp_path / str(n)).open("w+") for n in range(bookmark.MOST + 1)]
    for file in files:
        opening = contextmanager(lambda file=file: (yield file, iter("abc")) or file.close())
        bookmark.keep(file, bookmark.find(file, 1, opening))
    assert [file.closed for file in files] == [True] + [False] * bookmark.MOST
    for file in files[1:]:
        again = bookmark.find(file, 1, None)
        assert again.batch(5) == ["b", "c"]
        again.close()
    assert all(file.closed for file in files)


def test_a_table_whose_next_turn_does_not_come_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(bookmark, "PATIENCE", 0.05)
    file = (tmp_path / "table").open("w+")
    opening = contextmanager(lambda: (yield file, iter("abc")) or file.close())
    bookmark.keep("table", bookmark.find("table", 1, opening))
    again = bookmark.find("table", 1, opening)
    time.sleep(0.2)
    assert not file.closed  # somebody has it
    bookmark.keep("table", again)
    until = time.monotonic() + 10
    while not file.closed and time.monotonic() < until:
        time.sleep(0.01)
    assert file.closed
    assert "table" not in bookmark._kept


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


def word_of(reply):
    """What a page says is wrong with the file."""
    return re.sub(r"<[^>]+>", "", reply.get_data(as_text=True))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file has no rows"),
        (b"\xef\xbb\xbf", "This file has no rows"),
        (b"\r\n\r\n  \r\n", "This file has no rows"),
        (b"Ticket,E-mail\r\n", "column names and no rows"),
        (b"Ticket,E-mail\r\n,\r\n\r\n", "column names and no rows"),
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", "Save as → CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook", "Save as → CSV"),
        (b"%PDF-1.7 an invoice", "another kind of file"),
        (b"\x1f\x8b\x08 a gzip", "another kind of file"),
        (",".join(f"c{n}" for n in range(501)).encode() + b"\r\n1\r\n", "more than 500 columns"),
        (b"\xff\xfeT\x00i\x00c\x00\x00\xd8x\x00", "not text that we can read"),
    ],
)
def test_a_file_with_which_nothing_can_be_done_is_told_at_its_field(browser, data, words):
    kept = set(importer.file_of(uuid.uuid4()).parent.glob("*.csv"))
    form = {"file": (io.BytesIO(data), "t.csv"), "survey": ""}
    reply = browser.post("/w/acme/import", data=form, content_type="multipart/form-data")
    assert reply.status_code == 422
    assert words in word_of(reply)
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 0
    assert set(importer.file_of(uuid.uuid4()).parent.glob("*.csv")) == kept


def test_a_file_that_is_too_large_is_told_with_the_limit(browser, app, monkeypatch):
    monkeypatch.setattr(app.view_functions["uploading.upload"], "body_size", 3 * 2**20)
    form = {"file": (io.BytesIO(b"x" * (4 * 2**20)), "t.csv"), "survey": ""}
    reply = browser.post("/w/acme/import", data=form, content_type="multipart/form-data")
    assert reply.status_code == 413
    assert "At most 3.0 MiB fit at once" in word_of(reply)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_separator_is_recognised(browser, run_jobs, delimiter):
    lines = [["Ticket", "E-mail", "Name"], ["T-1", "a@b.example", "Ana"]]
    take_in(browser, choose(browser, "\n".join(delimiter.join(line) for line in lines).encode()))
    run_jobs()
    assert (upload().state, upload().added) == ("done", 1)


def test_a_separator_that_nobody_uses_leaves_one_column_and_says_what_is_missing(browser):
    address = choose(browser, b"Ticket~E-mail\r\nT-1~a@b.example\r\n")
    reply = browser.post(address, data={"column": ["external_id"], "then": "forecast"})
    assert reply.status_code == 422
    assert "Say which column is: Email address" in word_of(reply)


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        ("a@b.example", "taken"),
        ("mailto:a@b.example", "taken"),
        ("<a@b.example>", "taken"),
        ("a@b.example.", "taken"),
        ("a@čebela.example", "taken"),
        ('"""a@b.example"""', "taken"),
        ("žiga@b.example", "foreign"),
        ('"a@b.example, c@b.example"', "several"),
        ("a@b.example;c@b.example", "several"),
        ("a b@b.example", "email"),
        ("=cmd|' /C calc'!A0", "email"),
        ("a@b", "email"),
        ("", "missing"),
        ("x" * 300 + "@b.example", "too_long"),
    ],
)
def test_each_address_is_taken_or_refused_with_its_reason(browser, run_jobs, cell, outcome):
    take_in(browser, choose(browser, f"Ticket,E-mail,Name\r\nT-1,{cell},Ana\r\nT-2,ok@b.example,Bo\r\n".encode()))
    run_jobs()
    found = [row.problem for row in upload().refused_rows()]
    assert found == ([] if outcome == "taken" else [outcome])
    assert upload().added == (2 if outcome == "taken" else 1)


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        ("2026-11-19 08:00", "taken"),
        ("1971-01-01 00:00", "taken"),
        ("2026-11-20T23:59:00+14:00", "taken"),
        ("2999-01-01 00:00", "future"),
        ("0001-01-01 00:00", "moment"),
        ("45981.5", "moment"),
        ("11/22/2026", "moment"),
        ("2026-02-30", "moment"),
        ("", "taken"),
    ],
)
def test_times_of_clocks_that_are_wrong_are_refused_by_row(browser, run_jobs, cell, outcome):
    with time_machine.travel(AT, tick=False):
        address = choose(browser, f"Ticket,E-mail,Solved\r\nT-1,a@b.example,{cell}\r\n".encode())
        take_in(browser, address, ["external_id", "email", "occurred_at"])
        run_jobs()
    assert [row.problem for row in upload().refused_rows()] == ([] if outcome == "taken" else [outcome])


@pytest.mark.parametrize(
    ("language", "zone", "kept"),
    [
        ("sl", "Europe/Ljubljana", ("sl", "Europe/Ljubljana", 0)),
        ("Klingon", "Europe/Ljubljana", (None, "Europe/Ljubljana", 1)),
        ("sl", "Mars/Olympus", ("sl", None, 1)),
        ("tlh-QO", "Nowhere", (None, None, 1)),
    ],
)
def test_an_unknown_language_or_zone_costs_nobody_their_question(browser, run_jobs, language, zone, kept):
    table = f"Ticket,E-mail,Language,Time zone\r\nT-1,a@b.example,{language},{zone}\r\n"
    address = choose(browser, table.encode())
    take_in(browser, address, ["external_id", "email", "locale", "zone"])
    run_jobs()
    person = db.session.scalars(select(Contact)).one()
    assert (person.locale, person.zone, upload().noted) == kept
    assert (upload().added, upload().refused) == (1, 0)
    assert ("The row was taken without it." in browser.get(address).get_data(as_text=True)) is bool(kept[2])


def test_an_international_domain_is_mailed_as_the_wire_has_it(browser, cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    form = {"file": (io.BytesIO("Ticket,E-mail,Name\r\nT-1,a@čebela.example,Ana\r\n".encode()), "t.csv")}
    form["survey"] = str(survey.id)
    address = browser.post("/w/acme/import", data=form, content_type="multipart/form-data").headers["Location"]
    take_in(browser, address)
    run_jobs()
    assert [mail["To"].addresses[0].addr_spec for mail in outbox()] == ["a@xn--ebela-gya.example"]
    assert db.session.scalars(select(Contact.email)).one() == "a@čebela.example"


def test_two_columns_of_one_name_are_told_apart_and_neither_is_lost(browser, run_jobs):
    address = choose(browser, b"Ticket,E-mail,Note,Note\r\nT-1,a@b.example,one,two\r\n")
    assert "Two columns have the same name: Note" in word_of(browser.get(address))
    take_in(browser, address, ["external_id", "email", "property", "property"])
    run_jobs()
    assert db.session.scalars(select(Interaction)).one().properties == {"Note": "one", "Note (4)": "two"}
