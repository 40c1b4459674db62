"""Who has not answered is reminded, kindly, at most twice, and never once there is an answer."""

import re
import socket
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from aiosmtpd.controller import Controller
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from accounts.workspace import Workspace
from base import clock
from base.db import db, new_id, transaction
from base.delivery import Delivery
from base.outbox import Mail
from base.smtp import SmtpTransport
from feedback import schedule
from surveys import jobs, mailroom, reminders, room, sender
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.reminder import Reminder, Reminders
from surveys.returning import Returned
from surveys.rule import SendingRule, Terms
from surveys.survey import Survey
from surveys.version import Version
from tests.cast import AT, a_response, a_survey, a_workspace

DAY = timedelta(days=1)
TWICE = {"first_reminder_days": 3, "second_reminder_days": 7}


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(AT, tick=False) as clock_:
        yield clock_


@pytest.fixture
def go_on(app, traveller):
    """`go_on(3)`: three days after the beginning, when the tick has come and all that is due was done."""

    def to(days, *, hours=0):
        traveller.move_to(AT + days * DAY + timedelta(hours=hours))
        schedule.tick(clock.now())
        app.extensions["afterword.runner"].drain()
        db.session.rollback()

    return to


def on_terms(survey, **terms):
    with transaction():
        SendingRule.decide(survey.id, Terms(**terms), workspace_id=survey.workspace_id, at=clock.now())
    return survey


def ask(survey, external_id=None, email="mara@customer.example", **known):
    occasion = Occasion(email=email, source="helpdesk", external_id=external_id or new_id().hex, **known)
    with transaction() as session:
        return jobs.ask(session.get_one(Survey, survey.id), [occasion], at=clock.now())[0][0].id


def answer(ident, score=9, *, at=None):
    return a_response(db.session.get(Invitation, ident, populate_existing=True), score, at=at or clock.now())


def rows_of(ident):
    found = db.session.scalars(select(Reminder).where(Reminder.invitation_id == ident).order_by(Reminder.number))
    return [(one.number, one.status, one.reason) for one in found]


def due():
    """The reminders that it is time for."""
    waiting = select(Reminder.id).where(Reminder.status == "waiting", Reminder.due_at <= clock.now())
    return list(db.session.scalars(waiting.order_by(Reminder.due_at)))


def contact_of(ident):
    return db.session.get(Contact, db.session.get(Invitation, ident).contact_id)


def page_of(browser, ident):
    return " ".join(browser.get(f"/w/acme/contacts/{contact_of(ident).id}").text.split())


@pytest.fixture
def survey(cast):
    return on_terms(a_survey(cast.workspace), **TWICE)


def test_who_does_not_answer_is_reminded_twice_and_then_left_alone(survey, go_on, outbox):
    ident = ask(survey)
    for day, mails in ((0, 1), (2, 1), (3, 2), (6, 2), (7, 3), (30, 3), (89, 3)):
        go_on(day)
        assert len(outbox()) == mails, day
    assert rows_of(ident) == [(1, "sent", None), (2, "sent", None)]


def test_nobody_is_reminded_where_nobody_decided_so(cast, go_on, outbox):
    ident = ask(a_survey(cast.workspace))
    for day in range(0, 31, 5):
        go_on(day)
    assert len(outbox()) == 1
    assert rows_of(ident) == []


def test_a_reminder_stands_in_the_thread_of_the_mail_that_it_reminds_of(survey, go_on, outbox):
    ident = ask(survey, name="Mara Novak")
    for day in (0, 3, 7):
        go_on(day)
    first, *later = outbox()
    for mail in later:
        assert mail["In-Reply-To"] == mail["References"] == first["Message-ID"]
        assert mail["Subject"] == f"Re: {first['Subject']}"
        assert mail["From"] == first["From"]
        assert mail["To"] == first["To"] == "Mara Novak <mara@customer.example>"
        assert mail["List-Unsubscribe"].startswith("<http://surveys.example/u/")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["Auto-Submitted"] == "auto-generated"
    assert len({mail["Message-ID"] for mail in outbox()}) == 3
    token = db.session.get(Invitation, ident).token
    for mail in outbox():
        for kind in ("plain", "html"):
            assert f"http://surveys.example/s/{token}/9" in mail.get_body((kind,)).get_content()
        assert f"/s/{token}/all" in mail.get_body(("html",)).get_content()


def test_a_reminder_says_so_and_the_last_one_that_it_is(survey, go_on, outbox):
    ask(survey)
    for day in (0, 3, 7):
        go_on(day)
    said = [" ".join(mail.get_body(("plain",)).get_content().split()) for mail in outbox()]
    assert ["A little while ago we asked" in text for text in said] == [False, True, True]
    assert ["You were recently in touch with us. How" in text for text in said] == [True, False, False]
    assert ["We will not remind you of this again." in text for text in said] == [False, False, True]
    html = [mail.get_body(("html",)).get_content() for mail in outbox()]
    assert ["We will not remind you of this again." in text for text in html] == [False, False, True]


def test_a_reminder_speaks_the_language_of_its_mail_and_in_the_survey_s_own_words(cast, go_on, outbox):
    texts = {"en": {}, "sl": {"reminder_intro": "Še vedno nas zanima, {{ contact.name | gost }}."}}
    survey = on_terms(a_survey(cast.workspace, locales=("en", "sl"), texts=texts), first_reminder_days=3)
    ask(survey, locale="sl", name="Mara")
    go_on(0), go_on(3)
    said = outbox()[-1].get_body(("plain",)).get_content()
    assert "Še vedno nas zanima, Mara." in said
    assert "O tem vam ne bomo več pisali." in said


def test_a_reminder_asks_what_its_page_asks_though_a_newer_version_is_out(survey, go_on, outbox):
    ident = ask(survey)
    go_on(0)
    with transaction() as session:
        mine = session.get_one(Survey, survey.id)
        mine.draft = {**mine.draft, "texts": {"en": {"question": "Something else?", "mail_subject": "Other"}}}
        mine.publish(at=clock.now())
    go_on(3)
    shown = Link.by_token(db.session.get(Invitation, ident).token).version_id
    assert shown == db.session.get(Invitation, ident).version_id != Version.newest(survey.id).id
    assert "Something else?" not in outbox()[-1].get_body(("plain",)).get_content()
    assert outbox()[-1]["Subject"] == f"Re: {outbox()[0]['Subject']}"


def test_an_answer_stops_what_is_still_to_come(survey, go_on, outbox):
    ident = ask(survey)
    go_on(0), go_on(3)
    answer(ident)
    go_on(7)
    assert len(outbox()) == 2
    assert rows_of(ident) == [(1, "sent", None), (2, "skipped", "answered")]


def test_a_reminder_that_waits_in_the_outbox_does_not_go_after_an_answer(survey, go_on, outbox, traveller, run_jobs):
    ident = ask(survey)
    go_on(0)
    traveller.move_to(AT + 3 * DAY)
    jobs_of = due()
    reminders.write([jobs_of[0]])  # written, not handed over
    traveller.shift(timedelta(seconds=1))
    answer(ident)
    run_jobs()
    assert len(outbox()) == 1
    mail = Mail.by_key(f"reminder:{ident}:1")
    assert (mail.state, mail.reason) == ("suppressed", "answered")
    assert rows_of(ident)[0] == (1, "skipped", "answered")


def test_a_reminder_whose_server_was_away_does_not_go_after_an_answer(app, survey, go_on, traveller, run_jobs):
    ident = ask(survey)
    go_on(0)
    usual = app.extensions["afterword.transport"]
    app.extensions["afterword.transport"] = away = SmtpTransport("smtp://127.0.0.1:1")
    go_on(3)
    assert Mail.by_key(f"reminder:{ident}:1").state == "queued"
    answer(ident)
    app.extensions["afterword.transport"] = usual
    away.close()
    go_on(3, hours=1)
    assert Mail.by_key(f"reminder:{ident}:1").state == "suppressed"


def test_who_unsubscribes_is_not_reminded_though_the_mail_is_written(survey, go_on, outbox, traveller, run_jobs):
    ident = ask(survey)
    go_on(0)
    traveller.move_to(AT + 3 * DAY)
    reminders.write([due()[0]])
    with transaction():
        contact_of(ident).suppress("unsubscribed", at=clock.now())
    run_jobs()
    go_on(7)
    assert len(outbox()) == 1
    assert rows_of(ident) == [(1, "skipped", "suppressed"), (2, "skipped", "suppressed")]


def test_a_closed_survey_reminds_nobody(survey, go_on, outbox):
    ident = ask(survey)
    go_on(0)
    with transaction() as session:
        session.get_one(Survey, survey.id).close(at=clock.now())
    go_on(3)
    assert len(outbox()) == 1
    assert rows_of(ident)[0] == (1, "skipped", "closed")


def test_a_paused_survey_reminds_later_and_never_twice_at_once(survey, go_on, outbox):
    ident = ask(survey)
    go_on(0)
    with transaction() as session:
        session.get_one(Survey, survey.id).paused_at = clock.now()
    go_on(3), go_on(9)
    assert len(outbox()) == 1
    with transaction() as session:
        session.get_one(Survey, survey.id).paused_at = None
    go_on(10)
    assert len(outbox()) == 2
    go_on(13)
    assert len(outbox()) == 2
    go_on(14)
    assert len(outbox()) == 3
    assert rows_of(ident) == [(1, "sent", None), (2, "sent", None)]


def written(traveller, *, day=3):
    """The reminders of that day are written, and wait in the outbox."""
    traveller.move_to(AT + day * DAY)
    for ident in due():
        reminders.write([ident])


@pytest.mark.parametrize("anonymous", [False, True])
def test_a_pause_holds_reminders_that_are_written_too(cast, go_on, outbox, traveller, run_jobs, anonymous):
    survey = on_terms(a_survey(cast.workspace, anonymous=anonymous), **TWICE)
    ask(survey)
    go_on(0)
    written(traveller)
    with transaction() as session:
        session.get_one(Survey, survey.id).pause(at=clock.now())
    run_jobs()
    assert len(outbox()) == 1
    with transaction() as session:
        session.get_one(Survey, survey.id).resume(at=clock.now())
    run_jobs()
    assert len(outbox()) == 2


def test_a_survey_that_only_reminds_any_more_can_be_paused_on_its_page(cast, browser_of, survey, go_on):
    ident, boris = ask(survey), browser_of(cast.boris)
    go_on(0)
    for path in (f"/w/acme/surveys/{survey.slug}", f"/w/acme/surveys/{survey.slug}/progress"):
        assert "Pause sending" in boris.get(path).text
        assert "Stop what is waiting" not in boris.get(path).text
    go_on(7)
    go_on(14)
    assert [status for _, status, _ in rows_of(ident)] == ["sent", "sent"]
    assert "Pause sending" not in boris.get(f"/w/acme/surveys/{survey.slug}").text


@pytest.mark.parametrize("anonymous", [False, True])
def test_a_stop_takes_back_what_is_planned_and_written_and_leaves_no_trace_of_it(
    cast, go_on, outbox, traveller, run_jobs, anonymous
):
    survey = on_terms(a_survey(cast.workspace, anonymous=anonymous), **TWICE)
    ident = ask(survey)
    go_on(0)
    written(traveller)
    with transaction() as session:
        jobs.stop(session.get_one(Survey, survey.id), at=clock.now())
    run_jobs()
    go_on(30)
    assert len(outbox()) == 1
    if anonymous:
        assert [status for _, status, _ in rows_of(ident)] == ["past", "past"]
        assert Mail.by_key(f"reminder:{ident}:1") is None
    else:
        assert rows_of(ident) == [(1, "skipped", "stopped"), (2, "skipped", "stopped")]
    assert db.session.get(Invitation, ident).status == "sent"
    later = ask(survey, email="pia@customer.example")
    go_on(31)
    go_on(35)
    assert len(outbox()) == 3
    assert len(rows_of(later)) == 2


@pytest.mark.parametrize("anonymous", [False, True])
def test_nobody_is_reminded_of_a_ticket_that_was_opened_again(cast, go_on, outbox, traveller, run_jobs, anonymous):
    survey = on_terms(a_survey(cast.workspace, anonymous=anonymous), **TWICE)
    ident, other = ask(survey, "T-1"), ask(survey, "T-2")
    go_on(0)
    written(traveller)
    with transaction():
        assert jobs.cancel(survey.workspace_id, "helpdesk", "T-1", at=clock.now()) == 0
    run_jobs()
    go_on(30)
    assert len(outbox()) == 2 + 2
    if not anonymous:
        assert rows_of(ident) == [(1, "skipped", "cancelled"), (2, "skipped", "cancelled")]
        assert rows_of(other) == [(1, "sent", None), (2, "sent", None)]
    assert Mail.by_key(f"reminder:{other}:1") is None or not anonymous


class Refusing:
    """A mail server that knows nobody of that name."""

    def send(self, message, **where):
        return Delivery.permanent("550 5.1.1 User unknown")


def test_a_server_that_no_longer_knows_the_address_ends_asking_when_it_refuses_a_reminder(
    app, survey, go_on, monkeypatch
):
    ident = ask(survey)
    go_on(0)
    monkeypatch.setitem(app.extensions, "afterword.transport", Refusing())
    go_on(3)
    assert rows_of(ident) == [(1, "skipped", "undeliverable"), (2, "skipped", "suppressed")]
    assert contact_of(ident).suppressed_reason == "bounced"
    assert db.session.get(Invitation, ident).status == "sent"


def test_what_a_server_says_of_an_anonymous_reminder_is_kept_nowhere(app, cast, go_on, monkeypatch):
    survey = on_terms(a_survey(cast.workspace, anonymous=True), **TWICE)
    ident = ask(survey)
    go_on(0)
    monkeypatch.setitem(app.extensions, "afterword.transport", Refusing())
    go_on(3)
    assert contact_of(ident).suppressed_reason is None
    assert db.session.scalars(select(Bounce)).all() == []


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_a_reminder_that_comes_back_leaves_the_request_that_arrived(survey, go_on, kind):
    ident = ask(survey)
    go_on(0)
    go_on(3)
    with transaction():
        mail, returned = Mail.by_key(f"reminder:{ident}:1"), Returned(kind, "5.2.2", "552 mailbox full")
        mailroom._follow(mail, contact_of(ident), returned, at=clock.now())
    go_on(7)
    invitation = db.session.get(Invitation, ident, populate_existing=True)
    assert (invitation.status, invitation.asked_at) == ("sent", AT)
    second = (2, "skipped", "suppressed") if kind == "hard" else (2, "sent", None)
    assert rows_of(ident) == [(1, "skipped", "bounced"), second]


def test_terms_that_remind_no_more_hold_at_once_and_new_ones_from_the_next_mail_on(survey, go_on, outbox):
    ident = ask(survey)
    go_on(0), go_on(3)
    on_terms(survey, first_reminder_days=3)
    go_on(7)
    assert len(outbox()) == 2
    assert rows_of(ident)[1] == (2, "skipped", "changed")


def test_a_reminder_waits_for_hours_in_which_mail_may_go(cast, go_on, outbox):
    survey = on_terms(a_survey(cast.workspace), first_reminder_days=2, weekdays="12345", start_hour=9, end_hour=17)
    ask(survey, locale="el")  # Friday, eleven in Athens
    go_on(0), go_on(2)  # Sunday
    assert len(outbox()) == 1
    monday = datetime(2026, 11, 23, 7, tzinfo=UTC)
    go_on(0, hours=(monday - AT) / timedelta(hours=1) - 0.01)
    assert len(outbox()) == 1
    go_on(0, hours=(monday - AT) / timedelta(hours=1))
    assert len(outbox()) == 2


def test_a_worker_that_was_away_outside_hours_does_not_make_up_for_it_at_night(cast, go_on, outbox):
    survey = on_terms(a_survey(cast.workspace), first_reminder_days=3, start_hour=9, end_hour=17)
    ask(survey, locale="el")
    go_on(0)
    go_on(3, hours=12)  # 23:00 in Athens; nobody ticked all day
    assert len(outbox()) == 1
    go_on(3, hours=22)
    assert len(outbox()) == 2


def test_its_own_quarantine_does_not_hold_a_reminder_back(cast, go_on, outbox):
    with transaction() as session:
        session.get_one(Workspace, cast.workspace.id).quarantine_days = 30
    ask(on_terms(a_survey(cast.workspace), **TWICE, quarantine_days=30))
    for day in (0, 3, 7):
        go_on(day)
    assert len(outbox()) == 3


def test_a_reminder_makes_no_quarantine_longer(cast, go_on, outbox):
    with transaction() as session:
        session.get_one(Workspace, cast.workspace.id).quarantine_days = 7
    ask(on_terms(a_survey(cast.workspace), first_reminder_days=6))
    go_on(0), go_on(6)
    assert len(outbox()) == 2
    go_on(7)
    other = ask(a_survey(cast.workspace, "csat"))
    assert db.session.get(Invitation, other).status == "scheduled"
    go_on(7)
    assert len(outbox()) == 3


def test_who_was_asked_something_newer_is_not_reminded_of_the_older(cast, go_on, outbox):
    with transaction() as session:
        session.get_one(Workspace, cast.workspace.id).quarantine_days = 7
    ident = ask(on_terms(a_survey(cast.workspace), first_reminder_days=10, second_reminder_days=20))
    go_on(0), go_on(8)
    ask(a_survey(cast.workspace, "csat"))
    go_on(8), go_on(10)
    assert rows_of(ident)[0] == (1, "skipped", "quarantine")
    assert len(outbox()) == 2
    go_on(20)  # the newer one's week is over
    assert len(outbox()) == 3
    assert rows_of(ident)[1] == (2, "sent", None)


def test_without_a_quarantine_a_newer_request_stops_no_reminder(cast, go_on, outbox):
    ask(on_terms(a_survey(cast.workspace), first_reminder_days=10))
    go_on(0), go_on(8)
    ask(a_survey(cast.workspace, "csat"))
    go_on(8), go_on(10)
    assert len(outbox()) == 3


def test_a_tick_that_comes_twice_or_late_sends_each_reminder_once(survey, go_on, outbox, run_jobs):
    ident = ask(survey)
    go_on(0), go_on(20)
    for one in db.session.scalars(select(Reminder.id)).all():
        reminders.write([one])
        reminders.write([one])
    schedule.tick(clock.now())
    schedule.tick(clock.now())
    run_jobs()
    assert len(outbox()) == 2  # the second comes days after the first, not with it
    assert rows_of(ident) == [(1, "sent", None), (2, "waiting", None)]


def ask_many(survey, count):
    with transaction() as session:
        people = [Occasion(email=f"c{n}@customer.example", source="desk", external_id=str(n)) for n in range(count)]
        jobs.ask(session.get_one(Survey, survey.id), people, at=clock.now())


def test_reminders_are_written_many_at_once_and_need_no_jobs(survey, go_on, traveller):
    ask_many(survey, 30)
    go_on(0)
    traveller.move_to(AT + 3 * DAY)
    commits = []

    def note(connection):
        commits.append(connection)

    event.listen(db.engine, "commit", note)
    assert reminders.write_due(lambda: False) == 30
    event.remove(db.engine, "commit", note)
    assert len(commits) < 10
    assert db.session.scalar(select(func.count()).where(Mail.kind == "reminder", Mail.state == "queued")) == 30
    assert reminders.write_due(lambda: False) == 0


def test_the_outbox_has_room_for_some_reminders_and_keeps_it_while_a_sending_is_long(
    cast, survey, go_on, traveller, monkeypatch
):
    ask_many(survey, 30)
    go_on(0)
    monkeypatch.setattr(room, "ROOM", 40)
    traveller.move_to(AT + 3 * DAY)
    ask_many(a_survey(cast.workspace, "csat"), 100)
    sender.write_due(lambda: False)
    reminders.write_due(lambda: False)
    waiting = select(Mail.kind, func.count()).where(Mail.state == "queued").group_by(Mail.kind)
    assert dict(db.session.execute(waiting).all()) == {"invitation": 40, "reminder": 10}


def test_a_mail_that_is_recorded_as_sent_twice_plans_its_reminders_once(survey, go_on):
    ident = ask(survey)
    go_on(0)
    with transaction():
        jobs.invitations_sent([Mail.by_key(f"invitation:{ident}").about], clock.now())
    assert len(rows_of(ident)) == 2


def test_an_erased_invitation_takes_its_reminders_along(survey, go_on, outbox):
    ident = ask(survey)
    go_on(0)
    with transaction() as session:
        session.delete(session.get_one(Invitation, ident))
    go_on(3)
    assert len(outbox()) == 1


def test_an_address_that_a_server_refuses_is_told_beside_the_reminder(survey, go_on, traveller, app):
    ident = ask(survey)
    go_on(0)
    with transaction():
        reminders.reminder_given_up(
            Mail(kind="reminder", state="failed", about=_about(ident, 1)),
            clock.now(),
        )
    assert rows_of(ident)[0] == (1, "skipped", "undeliverable")


def _about(ident, number):
    found = db.session.scalar(select(Reminder.id).where(Reminder.invitation_id == ident, Reminder.number == number))
    return {"invitation_id": str(ident), "reminder_id": str(found)}


def test_an_answer_within_a_minute_of_a_reminder_shows_the_sign_of_a_fresh_mail(survey, go_on):
    ident = ask(survey)
    go_on(0)
    token = db.session.get(Invitation, ident).token
    assert Link.by_token(token).delivered_at == AT
    go_on(3)
    assert Link.by_token(token).delivered_at == AT + 3 * DAY
    assert db.session.get(Invitation, ident).delivered_at == AT + 3 * DAY
    assert db.session.get(Invitation, ident).sent_at == AT


def test_a_person_s_page_and_the_survey_s_tell_of_reminders(cast, browser_of, survey, go_on):
    boris = browser_of(cast.boris)
    ident, other = ask(survey), ask(survey, email="jan@customer.example")
    go_on(0)
    assert page_of(boris, ident).count("A reminder, if there is no answer") == 2
    go_on(3)
    answer(other)
    assert page_of(boris, ident).count("Reminder sent") == 1
    assert "Re: Acme: one short question" in browser_of(cast.ana).get("/w/acme/outbox").text
    assert "A reminder, if there is no answer" not in page_of(boris, other)
    overview = " ".join(boris.get(f"/w/acme/surveys/{survey.slug}").text.split())
    assert "2 reminders sent, 1 person answered after one." in overview
    assert "1 reminder is planned, unless an answer comes first." in overview
    with transaction() as session:
        session.get_one(Survey, survey.id).close(at=clock.now())
    go_on(7)
    assert "No reminder: the survey was closed" in page_of(boris, ident)
    assert "No reminder" not in page_of(boris, other)
    found = Reminders.of(survey.id)
    assert (found.sent, found.answered, found.waiting, dict(found.skipped)) == (2, 1, 0, {"closed": 1})


# Anonymous surveys


@pytest.fixture
def unsigned(cast):
    return on_terms(a_survey(cast.workspace, anonymous=True), **TWICE)


def test_an_anonymous_survey_reminds_only_those_who_have_not_answered(unsigned, go_on, outbox):
    ask(unsigned)
    other = ask(unsigned, email="jan@customer.example")
    go_on(0)
    answer(other)
    go_on(3), go_on(7)
    assert [mail["To"] for mail in outbox()[2:]] == ["mara@customer.example"] * 2


def test_nothing_that_is_kept_or_shown_of_reminders_tells_who_answered_anonymously(cast, browser_of, unsigned, go_on):
    ana, boris = browser_of(cast.ana), browser_of(cast.boris)
    silent, spoken, later = (ask(unsigned, email=f"{name}@customer.example") for name in ("silent", "spoken", "later"))

    def seen(ident):
        one = db.session.get(Invitation, ident, populate_existing=True)
        kept = [
            (row.status, row.reason, row.due_at, row.asked_at, row.sent_at, row.told)
            for row in db.session.scalars(select(Reminder).where(Reminder.invitation_id == ident))
        ]
        page = page_of(boris, ident)
        told = re.search(r'<div class="request">.*?</div>', page)[0]
        assert "eminder" not in page
        return sorted(kept), one.told_status, one.reminded_at, told

    go_on(0)
    for day in (1, 3, 5, 7, 9):
        go_on(day)
        if day == 1:
            answer(spoken)
        if day == 5:
            answer(later)
        assert seen(silent) == seen(spoken) == seen(later), day
        mails = db.session.scalars(select(Mail.kind)).all()
        assert set(mails) <= {"invitation"}
        listed = ana.get("/w/acme/outbox")
        assert listed.status_code == 200
        assert "Acme: one short question" in listed.text
        assert "Re: " not in listed.text
    assert Reminders.of(unsigned.id) == Reminders()


def test_an_anonymous_reminder_that_waits_when_the_answer_comes_leaves_no_trace(unsigned, go_on, outbox, traveller):
    ident = ask(unsigned)
    go_on(0)
    traveller.move_to(AT + 3 * DAY)
    reminders.write([due()[0]])
    answer(ident)
    go_on(3)
    assert len(outbox()) == 1
    assert rows_of(ident)[0] == (1, "past", None)
    assert db.session.scalars(select(Mail.kind)).all() == ["invitation"]


# By a real mail server


class Postbox:
    """Keeps recipients, message and moment of each mail; takes none while it is away."""

    def __init__(self):
        self.mails, self.away = [], False

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.away:
            return "451 4.3.0 later"
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.SMTP), clock.now()))
        return "250 2.0.0 taken"


@contextmanager
def listening(app):
    postbox, usual = Postbox(), app.extensions["afterword.transport"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        app.extensions["afterword.transport"] = transport = SmtpTransport(f"smtp://127.0.0.1:{port}")
        yield postbox
        transport.close()
    finally:
        app.extensions["afterword.transport"] = usual
        controller.stop()


def test_the_thread_is_right_in_what_a_mail_server_gets(app, survey, go_on):
    with listening(app) as postbox:
        ask(survey, name="Mara")
        for day in (0, 3, 7):
            go_on(day)
    (to, first, _), *later = postbox.mails
    assert to == ["mara@customer.example"]
    assert first["In-Reply-To"] is first["References"] is None
    assert len(later) == 2
    for number, (to, mail, _) in zip((3, 7), later, strict=True):
        assert to == ["mara@customer.example"]
        assert str(mail["In-Reply-To"]) == str(mail["References"]) == str(first["Message-ID"])
        assert mail["Subject"] == f"Re: {first['Subject']}"
        assert parsedate_to_datetime(mail["Date"]) == AT + number * DAY


# Whatever happens

DAYS = st.one_of(st.none(), st.integers(0, 9))
SPANS = st.one_of(st.none(), st.tuples(st.integers(0, 8), st.integers(1, 4)))
SILENT = {"ask": 0, "answer": None, "unsubscribe": None, "other": None}
LIVES = st.fixed_dictionaries({"ask": st.integers(0, 1), "answer": DAYS, "unsubscribe": DAYS, "other": DAYS})
WINDOWS = st.sampled_from([("1234567", 0, 24), ("1234567", 9, 12), ("12345", 9, 17), ("3", 0, 12), ("67", 20, 24)])


@dataclass
class World:
    """Two surveys that ask two people, a mail server, and what they did when."""

    days: list[int]
    hours: tuple[str, int, int]
    lives: list[dict[str, int | None]]
    paused: tuple[int, int] | None
    away: tuple[int, int] | None
    ended: dict = field(default_factory=dict)
    asked: dict = field(default_factory=dict)

    def begin(self, *, alone, anonymous):
        home = a_workspace(f"Home {new_id().hex}", zone="Europe/Ljubljana")
        with transaction() as session:
            session.get_one(Workspace, home.id).quarantine_days = alone
        weekdays, start, end = self.hours
        terms = dict(zip(("first_reminder_days", "second_reminder_days"), self.days, strict=False))
        terms |= {"weekdays": weekdays, "start_hour": start, "end_hour": end}
        self.survey = on_terms(a_survey(home, anonymous=anonymous), **terms)
        self.other = a_survey(home, "csat")
        self.emails = [f"{name}@{home.slug}.example" for name, _ in zip("ab", self.lives, strict=True)]

    def happen(self, day, postbox):
        """What people and colleagues do in the evening of a day."""
        for email, life in zip(self.emails, self.lives, strict=True):
            if life["ask"] == day:
                self.asked[email] = ask(self.survey, email=email)
            if life["other"] == day:
                ask(self.other, email=email)
            if life["answer"] is not None and life["answer"] <= day:
                self._answer(email)
            if life["unsubscribe"] == day:
                self._unsubscribe(email)
        with transaction() as session:
            paused = self.paused is not None and 0 <= day - self.paused[0] < self.paused[1]
            session.get_one(Survey, self.survey.id).paused_at = clock.now() if paused else None
        postbox.away = self.away is not None and 0 <= day - self.away[0] < self.away[1]

    def _answer(self, email):
        one = db.session.get(Invitation, self.asked.get(email), populate_existing=True) if email in self.asked else None
        if one is not None and one.status == "sent" and email not in self.ended:
            answer(one.id)
            self.ended[email] = clock.now()

    def _unsubscribe(self, email):
        with transaction() as session:
            found = session.scalar(select(Contact).where(Contact.email == email))
            if found is not None and found.suppressed_at is None:
                found.suppress("unsubscribed", at=clock.now())
                self.ended.setdefault(email, clock.now())

    def open_at(self, at):
        weekdays, start, end = self.hours
        local = at.astimezone(ZoneInfo("Europe/Ljubljana"))
        return str(local.isoweekday()) in weekdays and start <= local.hour < end


def _server_away_while_they_answer():
    return World([3], ("1234567", 0, 24), [SILENT | {"answer": 4}, SILENT | {"unsubscribe": 4}], None, (2, 4))


def _going_on_at_night():
    return World([3], ("1234567", 9, 12), [SILENT, SILENT], (2, 2), None)


# A failing history is short already; making it shorter would take minutes.
@settings(
    max_examples=3,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(world=_server_away_while_they_answer(), alone=0, anonymous=False)
@example(world=_server_away_while_they_answer(), alone=0, anonymous=True)
@example(world=_going_on_at_night(), alone=0, anonymous=False)
@given(
    world=st.builds(
        World,
        st.sets(st.integers(1, 7), min_size=1, max_size=2).map(sorted),
        WINDOWS,
        st.lists(LIVES, min_size=2, max_size=2),
        SPANS,
        SPANS,
    ),
    alone=st.sampled_from([0, 7]),
    anonymous=st.booleans(),
)
def test_at_most_two_reminders_never_after_an_answer_or_an_end_never_outside_hours(
    app, traveller, world, alone, anonymous
):
    traveller.move_to(AT)
    world.begin(alone=alone, anonymous=anonymous)
    drain = app.extensions["afterword.runner"].drain
    with listening(app) as postbox:
        for step in range(2 * 12):
            traveller.move_to(AT + step * DAY / 2)
            if step % 2:
                world.happen(step // 2, postbox)
            drain()
            db.session.rollback()
    firsts = {str(mail["Message-ID"]): (mail, at) for _, mail, at in postbox.mails if mail["In-Reply-To"] is None}
    counts = Counter()
    for [to], mail, at in postbox.mails:
        if mail["In-Reply-To"] is None:
            continue
        thread = str(mail["In-Reply-To"])
        first, sent_at = firsts[thread]
        assert first["To"] == mail["To"] == to
        assert mail["Subject"] == f"Re: {first['Subject']}"
        assert at < world.ended.get(to, at + DAY)
        assert world.open_at(parsedate_to_datetime(mail["Date"]))
        assert at >= sent_at + world.days[counts[thread]] * DAY
        counts[thread] += 1
    assert all(count <= len(world.days) for count in counts.values())
    for ident in db.session.scalars(select(Invitation.id).where(Invitation.survey_id == world.other.id)):
        assert rows_of(ident) == []
