"""A sending is held back, goes on, or is stopped, in the middle of it."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, func, select

from base import clock, handing, second_try
from base.db import db, transaction
from base.delivery import Delivery
from base.events import Event
from base.hold import Hold
from base.outbox import Mail
from feedback import health
from surveys import jobs, room, sender
from surveys.cli.surveys import surveys
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.survey import Survey
from tests.cast import AT, a_survey


@pytest.fixture(autouse=True)
def friday_morning(monkeypatch):
    monkeypatch.setattr(handing, "QUICK", float("inf"))  # one connection, however busy the machine is
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


def ask(survey, count, *, first=0):
    people = [
        Occasion(email=f"c{n}@customer.example", source="test", external_id=str(n), name=f"Person {n}")
        for n in range(first, first + count)
    ]
    with transaction() as session:
        jobs.ask(session.get_one(Survey, survey.id), people, at=clock.now())


def now_is(survey, verb):
    with transaction() as session:
        getattr(session.get_one(Survey, survey.id), verb)(at=clock.now())


def invitations():
    db.session.rollback()
    rows = db.session.execute(
        select(Invitation.status, Invitation.reason, func.count()).group_by(Invitation.status, Invitation.reason)
    )
    return {(status, reason): count for status, reason, count in rows}


def mails():
    db.session.rollback()
    return dict(db.session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all())


def stopped(survey, run_jobs):
    with transaction() as session:
        jobs.stop(session.get_one(Survey, survey.id), at=clock.now())
    run_jobs()


def test_a_paused_survey_sends_nothing_and_goes_on_where_it_was(cast, run_jobs, outbox):
    survey, other = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    ask(survey, 5)
    ask(other, 2, first=5)
    now_is(survey, "pause")
    run_jobs()
    assert invitations() == {("scheduled", None): 5, ("sent", None): 2}
    now_is(survey, "resume")
    run_jobs()
    assert invitations() == {("sent", None): 7}
    assert len(outbox()) == 7


def test_mails_that_are_in_the_outbox_already_are_held_too(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    ask(survey, 5)
    sender.write_due(lambda: False)
    now_is(survey, "pause")
    run_jobs()
    assert mails() == {"queued": 5}
    ids = set(db.session.scalars(select(Mail.message_id)))
    now_is(survey, "resume")
    run_jobs()
    assert {mail["Message-ID"] for mail in outbox()} == ids


def test_a_pause_in_the_middle_takes_effect_within_one_batch(app, cast, monkeypatch):
    survey, taken = a_survey(cast.workspace), []
    monkeypatch.setattr(handing, "BATCH", 10)

    class Way:
        def send(self, message, *, envelope_from, to):
            taken.append(to)
            if len(taken) == 15:
                now_is(survey, "pause")
            return Delivery.sent("250 taken")

    monkeypatch.setitem(app.extensions, "afterword.transport", Way())
    ask(survey, 60)
    app.extensions["afterword.runner"].drain()
    assert len(taken) == 20
    assert invitations() == {("scheduled", None): 40, ("sent", None): 20}


def test_whoever_waits_is_not_asked_after_a_stop_and_who_comes_later_is(cast, run_jobs, friday_morning):
    survey = a_survey(cast.workspace)
    ask(survey, 3)
    run_jobs()
    ask(survey, 4, first=3)
    sender.write_due(lambda: False)
    now_is(survey, "pause")
    ask(survey, 5, first=7)
    stopped(survey, run_jobs)
    assert invitations() == {("sent", None): 3, ("skipped", "stopped"): 9}
    assert mails() == {"sent": 3, "suppressed": 4}
    told = db.session.scalar(select(func.count()).where(Event.kind == "invitation.skipped"))
    assert told == 9
    assert db.session.scalar(select(func.count(Invitation.asked_at))) == 3, "no quarantine counts from them"
    assert Hold.all() == [survey.id], "it is still paused"
    friday_morning.shift(timedelta(minutes=1))
    now_is(survey, "resume")
    ask(survey, 1, first=12)
    run_jobs()
    assert invitations() == {("sent", None): 4, ("skipped", "stopped"): 9}


def test_nothing_goes_out_while_a_stop_is_on_its_way(cast, run_jobs):
    survey = a_survey(cast.workspace)
    ask(survey, 4)
    sender.write_due(lambda: False)
    ask(survey, 4, first=4)
    with transaction() as session:
        session.get_one(Survey, survey.id).stop_waiting(at=clock.now())
    run_jobs()
    assert mails() == {"queued": 4}
    assert invitations() == {("scheduled", None): 8}


def test_a_mail_that_was_on_its_way_when_all_was_stopped_is_sent(app, cast, run_jobs, monkeypatch):
    survey = a_survey(cast.workspace)

    class Way:
        def send(self, message, *, envelope_from, to):
            with transaction() as session:
                session.get_one(Survey, survey.id).stop_waiting(at=clock.now())
            jobs.stop_waiting(survey.id)
            return Delivery.sent("250 taken")

    monkeypatch.setitem(app.extensions, "afterword.transport", Way())
    ask(survey, 1)
    run_jobs()
    assert invitations() == {("sent", None): 1}
    assert Hold.all() == []


def test_thousands_are_stopped_in_small_transactions(cast, run_jobs, monkeypatch):
    survey = a_survey(cast.workspace)
    ask(survey, 2500)
    largest = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("UPDATE invitation"):
            largest.append(len(parameters))

    now_is(survey, "pause")
    event.listen(db.engine, "before_cursor_execute", note)
    stopped(survey, run_jobs)
    event.remove(db.engine, "before_cursor_execute", note)
    assert invitations() == {("skipped", "stopped"): 2500}
    assert max(largest) <= jobs.STOPPED_AT_ONCE + 5
    assert len(largest) >= 25


def test_the_outbox_holds_a_bounded_part_of_a_large_sending(cast, monkeypatch):
    monkeypatch.setattr(room, "ROOM", 50)
    survey = a_survey(cast.workspace)
    ask(survey, 300)
    sender.write_due(lambda: False)
    assert mails() == {"queued": 50}
    assert invitations() == {("scheduled", None): 300}


def test_what_a_pause_holds_takes_no_room_from_others(cast, monkeypatch):
    monkeypatch.setattr(room, "ROOM", 50)
    paused, other = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    ask(paused, 60)
    sender.write_due(lambda: False)
    now_is(paused, "pause")
    ask(other, 2, first=60)
    sender.write_due(lambda: False)
    written = select(func.count(Invitation.asked_at)).where(Invitation.survey_id == other.id)
    assert db.session.scalar(written) == 2


def test_a_failed_mail_that_is_tried_again_waits_for_its_paused_survey(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    ask(survey, 1)
    sender.write_due(lambda: False)
    with transaction() as session:
        mail = session.scalars(select(Mail)).one()
        mail.failed("450 try later")
        jobs.invitation_failed(mail, clock.now())
    now_is(survey, "pause")
    with transaction() as session:
        assert second_try.retry([session.scalars(select(Mail)).one()], at=clock.now(), actor=None) == 1
    run_jobs()
    assert outbox() == []
    now_is(survey, "resume")
    run_jobs()
    assert len(outbox()) == 1
    assert invitations() == {("sent", None): 1}


def test_a_large_sending_keeps_no_small_one_waiting(cast, monkeypatch):
    monkeypatch.setattr(room, "ROOM", 300)
    large, small = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    ask(large, 400)
    ask(small, 2, first=400)
    sender.write_due(lambda: False)
    written = select(func.count(Invitation.asked_at)).where(Invitation.survey_id == small.id)
    assert db.session.scalar(written) == 2


def test_mails_that_somebody_holds_are_not_late(cast, friday_morning):
    survey = a_survey(cast.workspace)
    ask(survey, 2)
    sender.write_due(lambda: False)
    friday_morning.shift(timedelta(hours=1))
    assert not health._outbox()[0]
    now_is(survey, "pause")
    db.session.rollback()
    assert health._outbox()[0]


def test_designers_pause_resume_and_stop_on_the_page(cast, browser_of, run_jobs):
    survey, boris = a_survey(cast.workspace), browser_of(cast.boris)
    at = f"/w/acme/surveys/{survey.slug}"
    assert "Pause sending" not in boris.get(at).text
    ask(survey, 3)
    page = boris.get(at).text
    assert "Pause sending" in page
    assert "3 people who wait will not be asked, and this cannot be undone." in page
    assert boris.post(f"{at}/pause").status_code == 303
    page = boris.get(at).text
    assert "Sending is paused" in page
    assert "3 people wait" in page
    assert boris.post(f"{at}/resume").status_code == 303
    assert "Sending is paused" not in boris.get(at).text
    assert boris.post(f"{at}/stop").status_code == 303
    assert "Sending is being stopped" in boris.get(f"{at}/progress").text
    run_jobs()
    page = boris.get(at).text
    assert "Sending is being stopped" not in page
    assert "3 people were not asked because somebody stopped the sending" in page
    told = set(db.session.scalars(select(Event.kind).where(Event.subject_id == survey.id)))
    assert {"survey.paused", "survey.resumed", "survey.stopped"} <= told


def test_managers_may_not_touch_the_brakes(cast, browser_of):
    survey, cvetka = a_survey(cast.workspace), browser_of(cast.cvetka)
    ask(survey, 1)
    at = f"/w/acme/surveys/{survey.slug}"
    assert "Pause sending" not in cvetka.get(at).text
    assert {cvetka.post(f"{at}/{verb}").status_code for verb in ("pause", "resume", "stop")} == {403}


def test_the_command_line_pauses_resumes_and_stops(app, cast, run_jobs):
    survey, runner = a_survey(cast.workspace), app.test_cli_runner()
    ask(survey, 2)

    def command(*words):
        result = runner.invoke(surveys, [*words, "--workspace", "acme", survey.slug])
        db.session.rollback()
        return result

    assert command("pause").output == "paused; 2 wait\n"
    run_jobs()
    assert mails() == {}
    assert command("resume").output == "sending; 2 wait\n"
    assert "2 people who wait will not be asked" in command("stop").output
    assert invitations() == {("scheduled", None): 2}
    assert command("stop", "--yes").exit_code == 0
    run_jobs()
    assert invitations() == {("skipped", "stopped"): 2}


def test_a_survey_that_is_gone_is_stopped_already(app):
    jobs.stop_waiting(uuid.uuid4())
