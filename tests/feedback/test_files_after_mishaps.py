"""Scheduled files after a crash, an erasure that took its time, a changed order: nobody who was erased stays in one."""

import threading

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from base import clock
from base.db import db, transaction
from feedback import export_folder, exporter, feed, shipper
from feedback.export import Export, Wish
from feedback.export_run import ExportRun
from feedback.export_schedule import ExportSchedule
from feedback.response import Response
from feedback.tag import Tag
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import a_survey
from tests.databases import KIND
from tests.feedback.readers import DAY, FRIDAY, HOUR, answered
from tests.feedback.test_scheduled_exports import (
    MORNING,
    a_standing,
    erased,
    files,
    folder,
    friday,
    mailed,
    mails,
    rows,
    runs,
    scheduled,
    scores,
    survey,
    tick,
)

__all__ = ["folder", "friday", "survey", "tick"]

MARA = "mara@customer.example"
FIRST = "acme/nightly/nightly-2026-11-21.csv"


class Crash(BaseException):
    """The process is no more."""


@pytest.fixture
def mara(survey):
    """She answered on Friday."""
    return answered(survey, 2, email=MARA, comment="I am Mara", at=FRIDAY - HOUR)


def changed(order, **changes):
    with transaction():
        ExportSchedule.locked(order.id).change(a_standing(**changes), at=clock.now())


def removed(order):
    with transaction():
        ExportSchedule.locked(order.id).end(at=clock.now(), by="x")


def crashed(tick, monkeypatch, where):
    def die(*_):
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(shipper, where, die)
        with pytest.raises(Crash):
            tick(MORNING)
    db.session.rollback()


def test_a_file_that_nobody_came_to_note_is_found_when_somebody_in_it_is_erased(
    cast, mara, tick, folder, monkeypatch, run_jobs
):
    order = scheduled(cast.workspace)
    crashed(tick, monkeypatch, "_shipped")
    assert MARA in (folder / FIRST).read_text()
    assert [(run.state, run.file) for run in runs()] == [("claimed", FIRST)]
    removed(order)
    erased(MARA)
    tick(MORNING + HOUR)
    tick(MORNING + 2 * HOUR)
    assert (files(folder), [(run.state, run.file) for run in runs()]) == ([], [("failed", None)])


def test_a_file_that_was_not_whole_does_not_stay_when_its_export_is_removed(cast, mara, tick, folder, monkeypatch):
    order, copy = scheduled(cast.workspace), export_folder.shutil.copyfile

    def killed(source, unfinished):
        mine = unfinished.name.split(".")[-2]
        copy(source, unfinished.with_name(unfinished.name.replace(mine, "0" * 32)))  # nobody is left to take it away
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(export_folder.shutil, "copyfile", killed)
        with pytest.raises(Crash):
            tick(MORNING)
    db.session.rollback()
    assert MARA in next((folder / FIRST).parent.iterdir()).read_text()
    removed(order)
    erased(MARA)
    tick(MORNING + HOUR)
    tick(MORNING + 2 * HOUR)
    assert list((folder / FIRST).parent.iterdir()) == []


def test_a_file_of_a_run_that_is_given_up_does_not_stay(cast, mara, tick, folder, monkeypatch):
    order = scheduled(cast.workspace)
    crashed(tick, monkeypatch, "_shipped")
    removed(order)
    tick(MORNING + HOUR)
    tick(MORNING + 2 * HOUR)
    assert (files(folder), [run.state for run in runs()]) == ([], ["failed"])


def test_a_file_that_gets_another_name_leaves_none_behind(cast, mara, tick, folder, run_jobs):
    scheduled(cast.workspace)
    tick(MORNING)
    with transaction() as session:
        session.execute(update(ExportRun).values(ordered={**runs()[0].ordered, "kind": "jsonl"}, state="stale"))
    tick(MORNING + HOUR)
    assert files(folder) == [FIRST.replace("csv", "jsonl")]


def test_a_file_that_lies_there_is_not_made_again_by_a_second_press(cast, mara, tick, browser_of, run_jobs):
    order = scheduled(cast.workspace)
    tick(MORNING)
    [run] = runs()
    browser_of(cast.cvetka).post(f"/w/acme/exports/scheduled/{order.id}/runs/{run.id}/again")
    assert [(one.state, one.file) for one in runs()] == [("done", FIRST)]


def test_a_mail_that_can_be_fetched_is_not_sent_twice_by_a_second_press(cast, mara, tick, browser_of, run_jobs):
    order = mailed(cast.workspace, cast.ana)
    tick(MORNING)
    [run] = runs()
    browser_of(cast.cvetka).post(f"/w/acme/exports/scheduled/{order.id}/runs/{run.id}/again")
    run_jobs()
    assert len(mails()) == 1


def test_a_try_that_was_overtaken_does_not_bring_somebody_back(cast, mara, tick, folder, monkeypatch, run_jobs):
    """One worker sleeps before it puts its file down; meanwhile she is erased, and another makes the file anew."""
    run_id = shipper.claim_export(scheduled(cast.workspace).id, MORNING)
    put, first = export_folder.put, [True]

    def slept(source, *place):
        if first and first.pop():
            old = source.read_bytes()
            erased(MARA)
            shipper.tidy_folder(clock.now())
            shipper.make_run(run_id)
            assert [run.state for run in runs()] == ["done"]
            source.write_bytes(old)
        return put(source, *place)

    monkeypatch.setattr(export_folder, "put", slept)
    shipper.make_run(run_id)
    tick(MORNING + HOUR)
    assert [run.state for run in runs()] == ["done"]
    assert MARA not in (folder / FIRST).read_text()


@pytest.fixture
def erasing(app, mara):
    """`erasing(what)`: does it while her erasure is under way, and not yet to be seen. SQLite lets nobody else write
    meanwhile; there it is done before.
    """

    def meanwhile(what):
        contact = db.session.scalars(select(Contact.id).where(Contact.email == MARA)).one()
        if KIND == "sqlite":
            done = what()
            erased(MARA)
            return done
        db.session.rollback()
        under_way, enough = threading.Event(), threading.Event()

        def erase():
            with app.app_context(), transaction():
                Erasure.of(db.session.get_one(Contact, contact), at=clock.now())
                db.session.flush()
                under_way.set()
                enough.wait(20)

        thread = threading.Thread(target=erase)
        thread.start()
        under_way.wait(20)
        try:
            return what()
        finally:
            enough.set()
            thread.join()

    return meanwhile


def test_a_file_begun_while_an_erasure_is_open_is_made_anew(cast, survey, tick, folder, friday, erasing):
    answered(survey, 3, at=FRIDAY - HOUR)
    order = scheduled(cast.workspace)
    friday.move_to(MORNING, tick=False)
    erasing(lambda: shipper.make_run(shipper.claim_export(order.id, MORNING)))
    assert MARA in (folder / FIRST).read_text()  # until the next tick
    tick(MORNING + HOUR)
    assert [run.state for run in runs()] == ["done"]
    assert MARA not in (folder / FIRST).read_text()
    made = runs()[0].finished_at
    tick(MORNING + 2 * HOUR)
    assert runs()[0].finished_at == made


def asked(workspace):
    query = feed.Query(workspace_id=workspace.id, flagged=False)
    wish = Wish(kind="csv", survey_id=None, wanted=exporter.wanted_of(query), people=True, total=1)
    with transaction():
        export = Export.ask(workspace.id, wish, at=clock.now(), by=None)
    exporter.write_export(export.id)
    return export.id


def test_a_file_by_hand_begun_while_an_erasure_is_open_is_not_to_be_had(cast, tick, erasing, browser_of):
    ident = erasing(lambda: asked(cast.workspace))
    assert browser_of(cast.ana).get(f"/w/acme/exports/{ident}/file").status_code == 404
    tick(MORNING)
    assert list(exporter.folder().iterdir()) == []


def test_a_file_that_did_not_know_of_an_erasure_is_not_to_be_had(cast, mara, tick, folder, browser_of):
    scheduled(cast.workspace)
    tick(MORNING)
    ident = asked(cast.workspace)
    assert browser_of(cast.ana).get(f"/w/acme/exports/{ident}/file").status_code == 200
    with transaction() as session:
        session.add(
            Erasure(workspace_id=cast.workspace.id, address_hash="x", at=FRIDAY, answers_too=False, never_again=True)
        )
    assert browser_of(cast.ana).get(f"/w/acme/exports/{ident}/file").status_code == 404
    before = runs()[0].erasures
    tick(MORNING + HOUR)
    assert (before, [(run.state, run.erasures) for run in runs()]) == (0, [("done", 1)])
    assert db.session.get(Export, ident) is None


def test_a_file_made_anew_is_what_was_ordered_on_its_date(cast, mara, survey, tick, folder):
    other = a_survey(cast.workspace, at=FRIDAY - 60 * DAY, name="Other")
    answered(other, 8, at=FRIDAY - HOUR)
    order = scheduled(cast.workspace, survey_id=survey.id, people=False)
    tick(MORNING)
    assert scores(folder, FIRST) == ["2"]
    changed(order, survey_id=other.id, people=True, kind="jsonl", wanted={"flagged": False, "filters": {"team": "x"}})
    erased(MARA)
    tick(MORNING + HOUR)
    assert (files(folder), scores(folder, FIRST)) == ([FIRST], ["2"])
    assert "email" not in rows(folder, FIRST)[0]
    tick(MORNING + DAY)
    assert files(folder)[1] == "acme/nightly/nightly-2026-11-22.jsonl"


@pytest.mark.parametrize("kept", [True, False])
def test_a_file_made_anew_is_never_mailed(cast, mara, tick, folder, kept):
    order = scheduled(cast.workspace)
    tick(MORNING)
    if not kept:  # as of before orders were kept
        with transaction() as session:
            session.execute(update(ExportRun).values(ordered=None, erasures=None))
    changed(order, way="mail", readers=(cast.ana.id,))
    erased(MARA)
    tick(MORNING + HOUR)
    assert (files(folder), mails(), runs()[0].told) == ([FIRST], [], 0)
    assert MARA not in (folder / FIRST).read_text()


def test_an_erasure_makes_only_those_anew_that_the_person_can_be_in(cast, mara, survey, tick, folder):
    scheduled(cast.workspace)
    scheduled(cast.workspace, title="All", stretch="all")
    for day in range(3):
        tick(MORNING + day * DAY)
    answered(survey, 9, email="late@customer.example", at=FRIDAY + DAY)
    finished = {run.file: run.finished_at for run in runs()}
    erased("late@customer.example")
    tick(MORNING + 2 * DAY + HOUR)
    anew = sorted(run.file for run in runs() if run.finished_at != finished[run.file])
    assert anew == ["acme/all/all-2026-11-22.csv", "acme/all/all-2026-11-23.csv", "acme/nightly/nightly-2026-11-22.csv"]


def test_a_file_that_cannot_be_taken_away_keeps_no_other(cast, mara, tick, folder, monkeypatch):
    scheduled(cast.workspace)
    scheduled(cast.workspace, title="Other")
    tick(MORNING)
    remove = export_folder.remove

    def stuck(file):
        if file == FIRST:
            raise PermissionError(1, "not permitted")
        remove(file)

    monkeypatch.setattr(export_folder, "remove", stuck)
    erased(MARA)
    tick(MORNING + HOUR)
    assert sorted(run.state for run in runs()) == ["done", "stale"]
    monkeypatch.undo()
    shipper.tidy_folder(clock.now())
    assert {run.state for run in runs()} == {"claimed", "done"}


def test_a_tag_that_narrows_is_followed_where_it_was_merged(cast, survey, tick):
    answered(survey, 3, at=FRIDAY - HOUR)
    with transaction() as session:
        session.scalars(select(Response)).one().add_tag("Store", at=FRIDAY, by=cast.ana.id)
        Tag.make(cast.workspace.id, "Shop", at=FRIDAY, by=None)
    idents = [ident.hex for ident in Tag.called(cast.workspace.id, "Store").aliases()]
    scheduled(cast.workspace, wanted={"flagged": False, "tags": idents}, stretch="all")
    tick(MORNING)
    with transaction():
        Tag.called(cast.workspace.id, "Store").merge(Tag.called(cast.workspace.id, "Shop"), at=FRIDAY, by=None)
    tick(MORNING + DAY)
    assert [run.rows for run in runs()] == [1, 1]


def test_a_fault_before_the_file_is_begun_counts_as_a_try(cast, survey, tick, monkeypatch):
    scheduled(cast.workspace)

    def broken(*_):
        raise OperationalError("select", {}, Exception("gone away"))

    monkeypatch.setattr(shipper, "_wish", broken)
    tick(MORNING)
    [run] = runs()
    assert (run.state, run.attempts) == ("claimed", 1)
    for hours in (1, 2, 5, 8, 15):
        tick(MORNING + hours * HOUR)
    assert runs()[0].state == "failed"


def test_a_mail_names_the_survey_of_its_file_though_another_is_ordered_meanwhile(cast, mara, survey, run_jobs):
    other = a_survey(cast.workspace, name="After a visit")
    order = scheduled(cast.workspace, survey_id=survey.id, way="mail", readers=(cast.ana.id,))
    shipper.claim_export(order.id, MORNING)
    changed(order, survey_id=other.id, way="mail", readers=(cast.ana.id,))
    run_jobs()
    [mail] = mails()
    assert survey.name in mail.raw
    assert other.name not in mail.raw
