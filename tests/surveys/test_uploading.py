"""A CSV on its way in: chosen, looked at, taken in; good rows are never lost for bad ones."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from base import clock
from base.db import db, new_id, transaction
from feedback import schedule
from surveys import forecaster, importer
from surveys.contact import Contact
from surveys.erasure import Erasure
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.upload import Upload
from tests.cast import AT, a_contact, a_survey

TABLE = (
    "Ticket ID;Requester email;Name;Language;Assignee;Group;Channel;Solved at;Product\r\n"
    "T-1;ana@customer.example;Ana Žagar;sl;Tom;North;chat;2026-11-18 10:00;Phones\r\n"
    "T-2;not an address;Bo;en;Tom;North;chat;2026-11-18 11:00;Audio\r\n"
    "T-3;cveta@customer.example;Cveta;Klingon;Eva;South;email;2026-11-18 12:00;Audio\r\n"
    "T-4;dora@customer.example;Dora;pl;Eva;South;email;2026-11-18 13:00;=1+1\r\n"
    "T-1;ana@customer.example;Ana Žagar;sl;Tom;North;chat;2026-11-18 10:00;Phones\r\n"
)
COLUMNS = ["external_id", "email", "name", "locale", "agent", "team", "channel", "occurred_at", "property"]


@pytest.fixture
def browser(browser_of, cast):
    return browser_of(cast.boris)


def choose(browser, data, survey=None):
    form = {"file": (io.BytesIO(data), "tickets.csv"), "survey": str(survey.id) if survey else ""}
    return browser.post("/w/acme/import", data=form, content_type="multipart/form-data")


def take_in(browser, address, columns=COLUMNS):
    answer = browser.post(address, data={"column": columns, "then": "forecast"})
    upload = db.session.scalars(select(Upload).order_by(Upload.created_at.desc(), Upload.id.desc()).limit(1)).one()
    if upload.state != "mapped":
        return answer
    forecaster.foresee_upload(upload.id)
    db.session.rollback()
    return browser.post(f"{address}/send", data={"key": upload.forecast["key"]})


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def test_the_columns_are_guessed_and_previewed_before_anything_is_kept(browser, cast):
    address = choose(browser, TABLE.encode("utf-8-sig")).headers["Location"]
    page = browser.get(address).get_data(as_text=True)
    chosen = re.findall(r'<option value="([^"]*)" selected', page)
    assert chosen == COLUMNS
    assert "Ana Žagar" in page
    assert "is not an email address" in page
    assert count(Interaction) == 0


def test_good_rows_come_in_and_bad_ones_are_named_by_row_and_column(browser, cast, run_jobs):
    survey = a_survey(cast.workspace, locales=("en", "sl", "pl"))
    address = choose(browser, TABLE.encode(), survey).headers["Location"]
    take_in(browser, address)
    run_jobs()
    upload = db.session.scalars(select(Upload)).one()
    assert (upload.state, upload.added, upload.repeated, upload.refused, upload.asked) == ("done", 3, 1, 1, 3)
    assert [(r.row, r.column, r.problem, r.taken) for r in upload.refused_rows()] == [
        (3, "Requester email", "email", False),
        (4, "Language", "locale", True),
    ]
    page = browser.get(address).get_data(as_text=True)
    assert "names no language that we know" in page
    assert "Klingon" in page


def test_a_formula_stays_the_text_that_it_is(browser, cast, run_jobs):
    take_in(browser, choose(browser, TABLE.encode()).headers["Location"])
    run_jobs()
    kept = db.session.scalars(select(Interaction).where(Interaction.external_id == "T-4")).one()
    assert kept.properties == {"Product": "=1+1"}
    assert (kept.agent, kept.team, kept.channel) == ("Eva", "South", "email")


def test_everybody_is_mailed_once_however_often_the_file_comes(browser, cast, run_jobs, outbox):
    survey = a_survey(cast.workspace, locales=("en", "sl", "pl"))
    for _ in range(2):
        take_in(browser, choose(browser, TABLE.encode(), survey).headers["Location"])
        run_jobs()
    assert count(Invitation) == 3
    assert sorted(mail["To"].addresses[0].addr_spec for mail in outbox()) == [
        "ana@customer.example",
        "cveta@customer.example",
        "dora@customer.example",
    ]


def test_an_import_goes_on_after_an_interruption(browser, cast, run_jobs, monkeypatch):
    from surveys import importer

    monkeypatch.setattr(importer, "BATCH", 2)
    whole, calls = importer._take, []

    def once_then_dark(upload_id, rows, *, after):
        calls.append(len(rows))
        if len(calls) == 2:
            raise OSError("the lights went out")
        return whole(upload_id, rows, after=after)

    monkeypatch.setattr(importer, "_take", once_then_dark)
    take_in(browser, choose(browser, TABLE.encode()).headers["Location"])
    run_jobs()
    monkeypatch.setattr(importer, "_take", whole)
    upload = db.session.scalars(select(Upload)).one()
    assert (upload.state, upload.rows) == ("importing", 2)
    importer.import_upload(upload.id)
    db.session.rollback()
    upload = db.session.scalars(select(Upload)).one()
    assert (upload.state, upload.added, upload.repeated, upload.refused) == ("done", 3, 1, 1)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1250", "Žiga Čučkić Šašelj"), ("cp1251", "Екатерина Щукина"), ("cp1253", "Γιώργος Παπαδάκης")],
)
def test_an_older_windows_encoding_is_recognised_or_asked_for(browser, cast, run_jobs, encoding, name):
    lines = "".join(f"T-{n};c{n}@customer.example;{name}\n" for n in range(40))
    address = choose(browser, f"ticket;email;name\n{lines}".encode(encoding)).headers["Location"]
    if db.session.scalars(select(Upload)).one().encoding is None:
        page = browser.get(address).get_data(as_text=True)
        assert name in page
        browser.post(f"{address}/encoding", data={"encoding": encoding})
    take_in(browser, address, ["external_id", "email", "name"])
    run_jobs()
    assert db.session.scalars(select(Contact.name).limit(1)).one() == name


def test_a_file_without_rows_is_refused_at_its_field(browser, cast):
    answer = choose(browser, b"")
    assert answer.status_code == 422
    assert "no rows" in answer.get_data(as_text=True)


def test_two_columns_cannot_mean_the_same(browser, cast):
    address = choose(browser, TABLE.encode()).headers["Location"]
    answer = take_in(browser, address, ["email", "email", *COLUMNS[2:]])
    assert answer.status_code == 422
    assert "is chosen for two columns" in answer.get_data(as_text=True)
    assert take_in(browser, address, ["nonsense"] * 9).status_code == 422


def test_a_manager_may_not_import_and_strangers_see_nothing(browser_of, browser, cast):
    address = choose(browser, TABLE.encode()).headers["Location"]
    assert browser_of(cast.cvetka).get("/w/acme/import").status_code == 403
    assert browser_of(cast.dmitri).get(address).status_code == 404
    assert browser_of(cast.dmitri).get(address.replace("/acme/", "/elsewhere/")).status_code == 404


def kept_files():
    return sorted(path.name for path in importer.folder().glob("*"))


@pytest.fixture
def empty_folder(app):
    for path in importer.folder().glob("*"):
        path.unlink()


def test_a_table_that_nobody_takes_in_goes_after_a_week(app, browser, empty_folder):
    with time_machine.travel(AT, tick=False) as traveller:
        choose(browser, TABLE.encode())
        upload = db.session.scalars(select(Upload)).one()
        importer.sheet_of(upload.id).write_bytes(b"ana@customer.example")
        (importer.folder() / f"{new_id()}.csv").write_bytes(b"ana@customer.example")  # a crash came before its row
        traveller.shift(timedelta(days=6))
        schedule.tick(clock.now())
        assert {f"{upload.id}.csv", f"{upload.id}.forecast"} <= set(kept_files())
        traveller.shift(timedelta(days=2))
        schedule.tick(clock.now())
        assert kept_files() == []
        assert "for a week" in browser.get(f"/w/acme/import/{upload.id}").text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_waiting_table_that_names_somebody_who_is_erased_goes_with_them(cast, browser, empty_folder, encoding):
    choose(browser, TABLE.replace("ana@customer", "Ana@Customer").encode(encoding))
    choose(browser, TABLE.replace("ana@customer.example", "anja@customer.example").encode())
    first, other = db.session.scalars(select(Upload).order_by(Upload.id))
    with transaction():
        Erasure.of(a_contact(cast.workspace, "ana@customer.example"), at=clock.now())
    schedule.tick(clock.now())
    assert kept_files() == [f"{other.id}.csv"]
    assert "was erased" in browser.get(f"/w/acme/import/{first.id}").text
