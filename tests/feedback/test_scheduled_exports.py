"""Exports by the clock: each file once, with whole days, where it was to go, and with nobody who was erased."""

import csv
import email
import io
import re
import threading
from datetime import UTC, date, datetime, timedelta
from email import policy

import pytest
import time_machine
from sqlalchemy import select

import config
from accounts.role import Role
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.outbox import Mail
from feedback import export_folder, exporter, farewell, schedule, shipper
from feedback.digesting import Cadence
from feedback.export import Export
from feedback.export_run import KEPT, ExportRun
from feedback.export_schedule import ExportSchedule, Standing
from feedback.wording import LOCALES
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import a_survey
from tests.feedback.readers import DAY, FRIDAY, HOUR, answered

ZONE = "Europe/Ljubljana"
SIX = Cadence("daily", 6, 0, None, None, ZONE)
MORNING = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
"""Saturday, six by the clock of Ljubljana."""


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel(FRIDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, at=FRIDAY - 60 * DAY)


@pytest.fixture
def tick(app, run_jobs, friday):
    """`tick(moment)`: the service lives through one tick at that moment, and does what follows."""

    def live(at):
        friday.move_to(at, tick=False)
        schedule.tick(at)
        run_jobs()

    return live


@pytest.fixture(autouse=True)
def folder(app, tmp_path, monkeypatch):
    """The directory that the operator allows."""
    monkeypatch.setitem(app.config, "EXPORT_DIR", tmp_path / "allowed")
    return tmp_path / "allowed"


def a_standing(**changes):
    wish = {"title": "Nightly", "kind": "csv", "survey_id": None, "wanted": {"flagged": False}, "people": True}
    wish |= {"stretch": "since", "way": "folder", "cadence": SIX}
    return Standing(**(wish | changes))


def scheduled(workspace, *, at=FRIDAY, **changes):
    with transaction():
        return ExportSchedule.make(workspace.id, a_standing(**changes), at=at)


def mailed(workspace, *people, **changes):
    return scheduled(workspace, way="mail", readers=tuple(one.id for one in people), **changes)


def runs():
    db.session.rollback()
    return list(db.session.scalars(select(ExportRun).order_by(ExportRun.local_date)))


def mails():
    db.session.rollback()
    return list(db.session.scalars(select(Mail).where(Mail.kind == "export").order_by(Mail.to_address)))


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def erased(address):
    with transaction():
        contact = db.session.scalars(select(Contact).where(Contact.email == address)).one()
        Erasure.of(contact, at=clock.now())


def rows(folder, file):
    return list(csv.DictReader(io.StringIO((folder / file).read_text("utf-8"), newline="")))


def scores(folder, file):
    return [row["score"] for row in rows(folder, file)]


def test_a_file_comes_at_the_hour_with_the_whole_days_before(cast, survey, tick, folder):
    answered(survey, 3, at=datetime(2026, 11, 19, 22, 59, tzinfo=UTC))  # still Thursday in Ljubljana
    answered(survey, 4, at=datetime(2026, 11, 19, 23, 0, tzinfo=UTC))
    answered(survey, 5, at=datetime(2026, 11, 20, 22, 59, tzinfo=UTC))
    answered(survey, 6, at=datetime(2026, 11, 20, 23, 0, tzinfo=UTC))  # Saturday
    scheduled(cast.workspace, stretch="last")
    tick(MORNING - timedelta(seconds=1))
    assert runs() == []
    tick(MORNING)
    [run] = runs()
    assert (run.state, run.file, run.rows) == ("done", "acme/nightly/nightly-2026-11-21.csv", 2)
    assert scores(folder, run.file) == ["5", "4"]
    assert files(folder) == [run.file]
    tick(MORNING + DAY)
    assert scores(folder, "acme/nightly/nightly-2026-11-22.csv") == ["6"]


def test_days_of_files_that_follow_each_other_join_without_gap_or_overlap(cast, survey, tick, folder):
    for day in range(20):
        answered(survey, 7, at=FRIDAY + day * DAY)
    order = scheduled(cast.workspace, cadence=Cadence("weekly", 6, 0, 2, None, ZONE))
    tick(datetime(2026, 11, 25, 5, 0, tzinfo=UTC))
    with transaction():
        ExportSchedule.locked(order.id).pause(at=clock.now(), by="x")
    tick(datetime(2026, 12, 2, 5, 0, tzinfo=UTC))
    with transaction():
        ExportSchedule.locked(order.id).resume(ZONE, at=clock.now(), by="x")
    tick(datetime(2026, 12, 9, 5, 0, tzinfo=UTC))
    first, second = runs()
    assert (first.period_from, first.period_to) == (datetime(2026, 11, 12, 23, tzinfo=UTC), second.period_from)
    assert second.period_to == datetime(2026, 12, 8, 23, tzinfo=UTC)
    told = [row["response_id"] for run in (first, second) for row in rows(folder, run.file)]
    assert len(told) == len(set(told)) == 19


def test_ticks_repeat_and_the_file_does_not(cast, survey, tick):
    mailed(cast.workspace, cast.cvetka)
    for seconds in range(0, 100, 20):
        tick(MORNING + timedelta(seconds=seconds))
    assert (len(runs()), len(mails())) == (1, 1)


def test_of_several_runners_one_makes_the_file(app, cast, survey, run_jobs):
    order, taken, start = mailed(cast.workspace, cast.cvetka), [], threading.Barrier(4)

    def runner():
        with app.app_context():
            start.wait()
            taken.append(shipper.claim_export(order.id, MORNING))

    threads = [threading.Thread(target=runner) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_jobs()
    [run] = runs()
    shipper.make_run(run.id)
    assert ([ident for ident in taken if ident], len(mails()), len(taken)) == ([run.id], 1, 4)


def test_after_a_stop_of_the_service_one_file_makes_up_for_all(cast, survey, tick, folder):
    for day in range(5):
        answered(survey, day, at=FRIDAY + day * DAY)
    scheduled(cast.workspace, stretch="last")
    tick(MORNING + 3 * DAY + HOUR)
    [run] = runs()
    assert (run.local_date, run.catches_up_from) == (date(2026, 11, 24), date(2026, 11, 21))
    assert scores(folder, run.file) == ["3", "2", "1", "0"]


@pytest.mark.parametrize(("before", "hours"), [
    (datetime(2026, 10, 24, 12, tzinfo=UTC), [5, 5]),  # 25 October has 25 hours
    (datetime(2027, 3, 27, 12, tzinfo=UTC), [4, 4]),  # 28 March has 23
])  # fmt: skip
def test_the_hour_stays_when_clocks_change_and_days_are_as_long_as_they_are(cast, tick, before, hours):
    order = scheduled(cast.workspace, at=before, stretch="last")
    for number in range(2):
        due = db.session.get(ExportSchedule, order.id, populate_existing=True).next_due_at
        assert due.hour == hours[number]
        tick(due)
    first, second = runs()
    assert second.period_from == first.period_to
    assert second.period_to - second.period_from == timedelta(hours=25 if before.month == 10 else 23)


def test_a_month_ends_when_it_ends(cast, survey, tick, folder):
    for month, day in ((11, 30), (12, 31), (1, 31)):
        year = 2027 if month == 1 else 2026
        answered(survey, month % 10, at=datetime(year, month, day, 12, tzinfo=UTC))
    scheduled(cast.workspace, stretch="last", cadence=Cadence("monthly", 6, 0, None, 31, ZONE))
    told = {}
    for month, day in ((11, 30), (12, 31), (1, 31), (2, 28)):
        tick(datetime(2027 if month < 3 else 2026, month, day, 5, tzinfo=UTC))
        told[month, day] = scores(folder, runs()[-1].file)
    assert told == {(11, 30): [], (12, 31): ["1"], (1, 31): ["2"], (2, 28): ["1"]}
    assert [(run.local_date.month, run.local_date.day) for run in runs()] == list(told)


def test_all_answers_so_far_end_with_the_day_before(cast, survey, tick, folder):
    answered(survey, 1, at=FRIDAY - 50 * DAY)
    answered(survey, 2, at=MORNING - HOUR)
    scheduled(cast.workspace, stretch="all")
    tick(MORNING)
    assert scores(folder, runs()[0].file) == ["1"]


def test_only_what_was_wished_for_is_in_it_and_nothing_is_a_formula(cast, survey, tick, folder):
    answered(survey, 1, comment="=1+1", team="=cmd|' /C calc'!A0")
    answered(survey, 9)
    narrowed = {"flagged": False, "filters": {"band": "detractor"}}
    scheduled(cast.workspace, survey_id=survey.id, people=False, wanted=narrowed)
    tick(MORNING)
    [row] = rows(folder, runs()[0].file)
    assert (row["comment"], row["team"]) == ("'=1+1", "'=cmd|' /C calc'!A0")
    assert "email" not in row


def test_the_mail_leads_to_the_file_and_does_not_carry_it(cast, survey, tick, browser_of, client):
    answered(survey, 2, comment="Nobody called back.")
    mailed(cast.workspace, cast.cvetka, cast.ana, title="For the board")
    tick(MORNING)
    first, second = mails()
    assert [first.to_address, second.to_address] == [cast.ana.email, cast.cvetka.email]
    [export] = db.session.scalars(select(Export))
    message = email.message_from_string(first.raw, policy=policy.default)
    assert message["Subject"] == "For the board: Thu 19 – Fri 20 November 2026"
    assert list(message.iter_attachments()) == []
    link = f"/w/acme/exports/{export.id}/file"
    for sort in ("plain", "html"):
        words = message.get_body((sort,)).get_content()
        assert f"http://surveys.example{link}" in words
        assert "1 answer" in words
        assert "Sat 28 Nov, 06:00" in words
        assert "Nobody called back" not in words
    assert client.get(link).status_code == 302
    assert b"Nobody called back" in browser_of(cast.cvetka).get(link).data
    assert browser_of(cast.dmitri).get(link).status_code == 404


def test_the_mail_speaks_its_readers_language(cast, survey, tick):
    for locale in LOCALES:
        mailed(cast.workspace, cast.cvetka, locale=locale)
    tick(MORNING)
    found = [email.message_from_string(mail.raw, policy=policy.default) for mail in mails()]
    assert {message["Content-Language"] for message in found} == set(LOCALES)
    for message in found:
        words = message.get_body(("plain",)).get_content()
        assert ("sign in" in words) == (message["Content-Language"] == "en")
        assert "{" not in words + message["Subject"]


def left(workspace, person):
    with transaction():
        Role.of(workspace.id, person.id).remove(at=clock.now())


def demoted(workspace, person):
    with transaction():
        Role.of(workspace.id, person.id).change("viewer", at=clock.now())


def disabled(workspace, person):
    with transaction() as session:
        session.get_one(User, person.id).disable(workspace_id=workspace.id, at=clock.now())


@pytest.mark.parametrize("gone", [left, demoted, disabled])
def test_whoever_left_or_may_no_longer_gets_no_mail_and_the_others_do(cast, survey, tick, run_jobs, gone):
    mailed(cast.workspace, cast.cvetka, cast.ana)
    gone(cast.workspace, cast.cvetka)
    tick(MORNING)
    assert [mail.to_address for mail in mails()] == [cast.ana.email]


@pytest.mark.parametrize("gone", [left, demoted])
def test_a_mail_that_waits_does_not_go_to_who_left(cast, survey, run_jobs, friday, gone):
    order = mailed(cast.workspace, cast.cvetka)
    shipper.make_run(shipper.claim_export(order.id, MORNING))
    assert [mail.state for mail in mails()] == ["queued"]
    gone(cast.workspace, cast.cvetka)
    run_jobs()
    assert [mail.state for mail in mails()] == ["suppressed"]


def test_where_nobody_is_left_it_pauses_and_what_somebody_ordered_goes_on_without_them(cast, survey, tick, browser_of):
    alone = mailed(cast.workspace, cast.cvetka)
    with transaction():
        standing = a_standing(title="Folder")
        filed = ExportSchedule.make(cast.workspace.id, standing, at=FRIDAY, by=cast.cvetka.id)
    left(cast.workspace, cast.cvetka)
    farewell.tell_no_more(cast.cvetka.id)
    tick(MORNING)
    assert [run.schedule_id for run in runs()] == [filed.id]
    found = db.session.get(ExportSchedule, alone.id, populate_existing=True)
    assert (found.paused_by, found.reader_ids, found.next_due_at) == ("itself", [], None)
    page = browser_of(cast.ana).get(f"/w/acme/exports/scheduled/{alone.id}").text
    assert "Nobody who was chosen may receive it any more" in page


def test_an_erased_person_is_in_no_file_not_in_those_that_were_there_either(cast, survey, tick, folder, run_jobs):
    answered(survey, 2, email="mara@customer.example", comment="I am Mara")
    answered(survey, 3, email="bor@customer.example", comment="I am Bor")
    scheduled(cast.workspace)
    mailed(cast.workspace, cast.ana, title="By mail")
    tick(MORNING)
    [file] = files(folder)
    assert "mara@customer.example" in (folder / file).read_text()
    erased("mara@customer.example")
    tick(MORNING + HOUR)
    assert files(folder) == [file]
    assert {row["comment"] for row in rows(folder, file)} == {"I am Bor", ""}
    assert "mara" not in (folder / file).read_text().lower()
    tick(MORNING + HOUR + timedelta(seconds=20))
    assert list(exporter.folder().iterdir()) == []


def test_somebody_who_is_erased_while_the_file_is_made_is_not_in_it(cast, survey, tick, folder, monkeypatch):
    answered(survey, 2, email="mara@customer.example", comment="I am Mara")
    scheduled(cast.workspace)
    put, erasures = export_folder.put, ["mara@customer.example"]

    def overtaken(*args):
        file = put(*args)
        if erasures:
            erased(erasures.pop())
        return file

    monkeypatch.setattr(export_folder, "put", overtaken)
    tick(MORNING)
    assert [run.state for run in runs()] == ["done"]
    assert "mara" not in (folder / files(folder)[0]).read_text().lower()


def test_a_file_that_cannot_be_written_says_why_and_is_tried_again(cast, survey, tick, folder, browser_of):
    order = scheduled(cast.workspace)
    folder.write_text("no directory")
    tick(MORNING)
    [run] = runs()
    assert (run.state, run.attempts) == ("claimed", 1)
    assert "could not be written" in run.reason
    page = browser_of(cast.cvetka).get(f"/w/acme/exports/scheduled/{order.id}").text
    assert "could not be written" in page
    tick(MORNING + timedelta(seconds=30))
    assert runs()[0].attempts == 1
    folder.unlink()
    tick(MORNING + timedelta(seconds=61))
    [run] = runs()
    assert (run.state, run.reason, run.attempts, files(folder)) == ("done", None, 2, [run.file])


def test_a_file_that_never_can_be_written_is_given_up_until_somebody_tries_again(
    cast, survey, tick, folder, run_jobs, browser_of
):
    order = scheduled(cast.workspace, cadence=Cadence("weekly", 6, 0, 5, None, ZONE))
    folder.write_text("no directory")
    for hours in (0, 1, 2, 5, 8, 15):
        tick(MORNING + hours * HOUR)
    [run] = runs()
    assert run.state == "failed"
    page = browser_of(cast.cvetka).get(f"/w/acme/exports/scheduled/{order.id}").text
    assert "The last file could not be made" in page
    folder.unlink()
    browser_of(cast.cvetka).post(f"/w/acme/exports/scheduled/{order.id}/runs/{run.id}/again")
    run_jobs()
    assert runs()[0].state == "done"


def test_a_crash_in_the_middle_begins_anew(cast, survey, tick, folder):
    order = scheduled(cast.workspace)
    run_id = shipper.claim_export(order.id, MORNING)
    assert shipper._begun(run_id)  # by a process that is no more
    tick(MORNING + timedelta(minutes=31))
    assert [(run.id, run.state) for run in runs()] == [(run_id, "done")]
    assert len(files(folder)) == 1


def test_no_name_leads_out_of_the_folder(cast, survey, tick, folder):
    for title in ("../../etc/passwd", "/etc/passwd", "..", "a/../../b", "C:\\temp", "\t", "Отчёт", "…"):
        scheduled(cast.workspace, title=title)
    tick(MORNING)
    assert len(files(folder)) == 8
    assert all(re.fullmatch(r"acme/[a-z0-9-]+/[a-z0-9-]+\.csv", file) for file in files(folder))


def test_no_link_leads_out_of_the_folder_either(cast, survey, tick, folder, tmp_path):
    (tmp_path / "outside").mkdir()
    folder.mkdir()
    (folder / "acme").symlink_to(tmp_path / "outside")
    scheduled(cast.workspace)
    tick(MORNING)
    assert "outside of the folder" in runs()[0].reason
    assert files(tmp_path / "outside") == []


def test_the_operator_names_the_folder_or_it_is_below_the_data(tmp_path):
    (tmp_path / "shared").mkdir()
    data = {"AFTERWORD_DATA_DIR": str(tmp_path / "data")}
    assert config.load(data).export_dir == tmp_path / "data" / "scheduled"
    assert config.load(data | {"AFTERWORD_EXPORT_DIR": str(tmp_path / "shared")}).export_dir == tmp_path / "shared"
    for wrong in ("shared", str(tmp_path / "missing")):
        with pytest.raises(config.SettingError, match="AFTERWORD_EXPORT_DIR: must be the whole path"):
            config.load(data | {"AFTERWORD_EXPORT_DIR": wrong})


def test_two_of_one_name_never_write_over_each_other(cast, survey, tick, folder):
    for _ in range(2):
        scheduled(cast.workspace)
    scheduled(cast.elsewhere)
    tick(MORNING + HOUR)
    assert files(folder) == [
        *("acme/nightly-2/nightly-2-2026-11-21.csv", "acme/nightly/nightly-2026-11-21.csv"),
        "elsewhere/nightly/nightly-2026-11-21.csv",
    ]


def test_old_files_go_and_new_ones_stay(cast, survey, tick, folder):
    order = scheduled(cast.workspace)
    tick(MORNING)
    with transaction():
        ExportSchedule.locked(order.id).end(at=clock.now(), by="x")
    tick(MORNING + KEPT - HOUR)
    assert len(files(folder)) == 1
    tick(MORNING + KEPT)
    assert (files(folder), runs()[0].file) == ([], None)


def test_a_removed_one_makes_nothing_more_not_even_what_was_just_taken(cast, survey, tick, folder):
    order = scheduled(cast.workspace)
    shipper.claim_export(order.id, MORNING)
    with transaction():
        ExportSchedule.locked(order.id).end(at=clock.now(), by="x")
    tick(MORNING + 2 * DAY)
    assert ([run.state for run in runs()], files(folder)) == (["failed"], [])


def test_when_the_workspace_moves_its_hour_moves(cast, survey, tick):
    scheduled(cast.workspace)
    with transaction() as session:
        session.get_one(Workspace, cast.workspace.id).change({"zone": "America/New_York"}, at=FRIDAY)
    tick(MORNING)
    assert runs() == []
    tick(datetime(2026, 11, 21, 11, 0, tzinfo=UTC))
    assert [run.local_date for run in runs()] == [date(2026, 11, 21)]
