"""The terms of a survey at work: who is asked when, who is left alone, and what a person's page says about it."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from accounts.workspace import Workspace
from base import clock, second_try
from base.db import db, new_id, transaction
from base.outbox import Mail
from surveys import jobs, sender
from surveys.contact import Contact
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.reminder import Reminder
from surveys.rule import SendingRule, Terms
from surveys.survey import Survey
from tests.cast import AT, a_survey, a_workspace
from tests.databases import cases

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(AT, tick=False) as clock_:
        yield clock_


def on_terms(survey, **terms):
    with transaction():
        SendingRule.decide(survey.id, Terms(**terms), workspace_id=survey.workspace_id, at=clock.now())
    return survey


def ask(survey, external_id=None, email="mara@customer.example", **known):
    occasion = Occasion(email=email, source="helpdesk", external_id=external_id or new_id().hex, **known)
    with transaction() as session:
        return jobs.ask(session.get_one(Survey, survey.id), [occasion], at=clock.now())[0][0].id


def now_is(ident):
    """Status and reason of an invitation as it stands."""
    one = db.session.get(Invitation, ident, populate_existing=True)
    return one.status, one.reason


def of_the_workspace(workspace, days):
    with transaction() as session:
        session.get_one(Workspace, workspace.id).quarantine_days = days


def test_a_survey_asks_after_its_delay(cast, run_jobs, traveller, outbox):
    survey = on_terms(a_survey(cast.workspace), delay_minutes=120)
    ask(survey, occurred_at=AT - timedelta(minutes=30))
    run_jobs()
    assert not outbox()
    traveller.move_to(AT + timedelta(minutes=89))
    run_jobs()
    assert not outbox()
    traveller.move_to(AT + timedelta(minutes=90))
    run_jobs()
    assert len(outbox()) == 1


def test_a_moment_that_the_caller_names_beats_the_delay(cast):
    survey = on_terms(a_survey(cast.workspace), delay_minutes=120)
    ident = ask(survey, send_at=AT + DAY)
    assert db.session.get(Invitation, ident).send_at == AT + DAY


def test_mail_waits_for_monday_morning_where_the_person_lives(cast, run_jobs, traveller, outbox):
    survey = on_terms(a_survey(cast.workspace), weekdays="1", start_hour=9, end_hour=12)
    ident = ask(survey, locale="el")
    monday = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # nine in Athens
    assert now_is(ident) == ("scheduled", "hours")
    traveller.move_to(monday - timedelta(seconds=1))
    run_jobs()
    assert not outbox()
    traveller.move_to(monday)
    run_jobs()
    assert len(outbox()) == 1
    assert now_is(ident) == ("sent", None)


def test_a_person_asked_last_week_is_not_asked_by_the_same_survey_for_a_month(cast, run_jobs, traveller):
    survey = on_terms(a_survey(cast.workspace), quarantine_days=30)
    ask(survey)
    run_jobs()
    traveller.move_to(AT + 30 * DAY - timedelta(seconds=1))
    assert now_is(ask(survey)) == ("skipped", "quarantine")
    traveller.move_to(AT + 30 * DAY)
    assert now_is(ask(survey)) == ("scheduled", None)


def test_another_survey_asks_meanwhile_unless_the_workspace_leaves_people_alone(cast, run_jobs, traveller):
    first, second = on_terms(a_survey(cast.workspace), quarantine_days=30), a_survey(cast.workspace, "csat")
    ask(first)
    run_jobs()
    traveller.move_to(AT + DAY)
    assert now_is(ask(second)) == ("scheduled", None)
    of_the_workspace(cast.workspace, 7)
    assert now_is(ask(second)) == ("skipped", "quarantine")


def test_a_workspace_does_not_count_the_mails_of_another(cast, run_jobs):
    of_the_workspace(cast.workspace, 365)
    ask(a_survey(cast.elsewhere))
    run_jobs()
    assert now_is(ask(a_survey(cast.workspace))) == ("scheduled", None)


def test_who_is_deferred_is_asked_at_the_end_of_the_quarantine(cast, run_jobs, traveller, outbox):
    survey = on_terms(a_survey(cast.workspace), quarantine_days=14, when_quarantined="defer")
    ask(survey)
    run_jobs()
    traveller.move_to(AT + 5 * DAY)
    ident = ask(survey)
    assert now_is(ident) == ("scheduled", "quarantine")
    traveller.move_to(AT + 14 * DAY)
    run_jobs()
    assert len(outbox()) == 2
    one = db.session.get(Invitation, ident, populate_existing=True)
    assert one.asked_at == AT + 14 * DAY
    assert one.expires_at == AT + (14 + 90) * DAY


def test_two_that_wait_for_the_same_end_do_not_both_go(cast, run_jobs, traveller, outbox):
    survey = on_terms(a_survey(cast.workspace), quarantine_days=14, when_quarantined="defer")
    for _ in range(3):
        ask(survey)
    for day in (0, 14, 28):
        traveller.move_to(AT + day * DAY)
        run_jobs()
        assert len(outbox()) == day // 14 + 1


def test_two_surveys_that_are_due_at_once_ask_a_person_once(cast, run_jobs, outbox):
    of_the_workspace(cast.workspace, 7)
    idents = [ask(a_survey(cast.workspace, metric)) for metric in ("nps", "csat", "ces")]
    run_jobs()
    assert len(outbox()) == 1
    assert sum(now_is(ident)[0] == "skipped" for ident in idents) == 2


def test_a_mail_that_nobody_would_take_does_not_begin_a_quarantine(cast, run_jobs):
    survey = on_terms(a_survey(cast.workspace), quarantine_days=365)
    ident = ask(survey)
    with transaction() as session:
        one = session.get_one(Invitation, ident)
        one.mark_asked(at=AT)
        one.skip("undeliverable", at=AT)
    assert now_is(ask(survey)) == ("scheduled", None)


def test_only_interactions_that_meet_the_condition_are_asked_about(cast):
    team = {"match": "all", "conditions": [{"about": "interaction", "property": "team", "is": ["North"]}]}
    survey = on_terms(a_survey(cast.workspace), conditions=team)
    assert now_is(ask(survey, team="north")) == ("scheduled", None)
    assert now_is(ask(survey, team="South")) == ("skipped", "condition")
    assert now_is(ask(survey)) == ("skipped", "condition")


def test_a_share_is_asked_and_who_is_not_is_told_so(cast):
    survey = on_terms(a_survey(cast.workspace), sample=50)
    found = [now_is(ask(survey, str(number), f"c{number}@customer.example")) for number in range(60)]
    assert {("scheduled", None), ("skipped", "sample")} == set(found)
    assert 15 <= found.count(("scheduled", None)) <= 45


def test_a_ticket_that_opens_again_is_not_asked_about_until_it_is_solved_again(cast, run_jobs, traveller, outbox):
    survey = on_terms(a_survey(cast.workspace), delay_minutes=60)
    ident = ask(survey, "T-1")
    with transaction():
        assert jobs.cancel(survey.workspace_id, "helpdesk", "T-1", at=clock.now()) == 1
    assert now_is(ident) == ("skipped", "cancelled")
    traveller.move_to(AT + 2 * DAY)
    run_jobs()
    assert not outbox()
    assert ask(survey, "T-1", occurred_at=AT + 2 * DAY) == ident
    traveller.move_to(AT + 2 * DAY + timedelta(hours=1))
    run_jobs()
    assert len(outbox()) == 1


def test_a_mail_taken_back_from_the_outbox_can_be_written_again(cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    ident = ask(survey, "T-1")
    sender.write([ident])
    with transaction():
        jobs.cancel(survey.workspace_id, "helpdesk", "T-1", at=clock.now())
    run_jobs()
    assert not outbox()
    ask(survey, "T-1")
    run_jobs()
    assert len(outbox()) == 1
    assert now_is(ident) == ("sent", None)


@pytest.mark.parametrize("solved_again", ["before the server spoke", "afterwards"])
def test_a_ticket_opened_and_solved_again_while_its_mail_is_on_its_way_is_asked_about_once(
    app, cast, run_jobs, outbox, monkeypatch, solved_again
):
    survey, usual = on_terms(a_survey(cast.workspace), first_reminder_days=3), app.extensions["afterword.transport"]
    ident = ask(survey, "T-1")

    class Slow:
        """Takes a mail, and the ticket is opened meanwhile."""

        def send(self, message, **where):
            with transaction():
                jobs.cancel(survey.workspace_id, "helpdesk", "T-1", at=clock.now())
            if solved_again == "before the server spoke":
                ask(survey, "T-1")
                sender.write_due(lambda: False)
            return usual.send(message, **where)

    monkeypatch.setitem(app.extensions, "afterword.transport", Slow())
    run_jobs()
    monkeypatch.setitem(app.extensions, "afterword.transport", usual)
    if solved_again == "afterwards":
        ask(survey, "T-1")
    run_jobs()
    assert len(outbox()) == 1
    assert now_is(ident) == ("sent", None)
    reminded = db.session.scalar(select(func.count()).select_from(Reminder))
    assert reminded == (1 if solved_again == "before the server spoke" else 0)


@pytest.mark.parametrize("since", ["nothing", "left this survey", "closed", "asked by another", "over", "taken back"])
def test_a_failed_mail_is_tried_again_only_by_the_rules_by_which_it_was_written(cast, run_jobs, traveller, since):
    survey, other = on_terms(a_survey(cast.workspace), quarantine_days=30), a_survey(cast.workspace, "csat")
    ident = ask(survey, "T-1")
    sender.write_due(lambda: False)
    with transaction() as session:
        mail = Mail.by_key(f"invitation:{ident}")
        mail.failed("450 try later")
        jobs.invitation_failed(mail, clock.now())
    with transaction() as session:
        invitation = session.get(Invitation, ident)
        if since == "left this survey":
            contact = session.get(Contact, invitation.contact_id)
            contact.suppress("unsubscribed", at=clock.now(), survey_id=survey.id)
        if since == "closed":
            session.get(Survey, survey.id).close(at=clock.now())
        if since == "asked by another":
            session.get(Workspace, survey.workspace_id).quarantine_days = 30
        if since == "over":
            invitation.expires_at = clock.now()
        if since == "taken back":
            invitation.reason = "cancelled"
    if since == "asked by another":
        ask(other, "T-2")
        run_jobs()
    with transaction():
        tried = second_try.retry([Mail.by_key(f"invitation:{ident}")], at=clock.now(), actor=None)
    assert tried == (1 if since == "nothing" else 0)


def test_what_is_out_already_cannot_be_taken_back(cast, run_jobs):
    survey = a_survey(cast.workspace)
    ident = ask(survey, "T-1")
    run_jobs()
    with transaction():
        assert jobs.cancel(survey.workspace_id, "helpdesk", "T-1", at=clock.now()) == 0
        assert jobs.cancel(cast.elsewhere.id, "helpdesk", "T-1", at=clock.now()) == 0
    assert now_is(ident) == ("sent", None)


@st.composite
def histories(draw):
    """Days on which people have tickets, with the terms of two surveys that ask about each."""
    terms = st.fixed_dictionaries(
        {
            "delay_minutes": st.sampled_from([0, 60, 2880]),
            "quarantine_days": st.sampled_from([0, 7, 14, 30]),
            "when_quarantined": st.sampled_from(["drop", "defer"]),
            "weekdays": st.sampled_from(["1234567", "12345", "3"]),
            "start_hour": st.sampled_from([0, 9]),
            "sample": st.sampled_from([100, 100, 50]),
        }
    )
    tickets = st.tuples(st.integers(0, 20), st.sampled_from("abc"), st.integers(0, 6))
    return draw(st.tuples(terms, terms)), draw(st.sampled_from([0, 7, 30])), draw(st.lists(tickets, max_size=14))


@pytest.mark.long
@settings(max_examples=cases(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_nobody_is_asked_inside_a_quarantine_whatever_happens(app, traveller, history):
    terms, alone, tickets = history
    traveller.move_to(AT)
    home = a_workspace(f"Home {new_id().hex}")
    of_the_workspace(home, alone)
    surveys = [on_terms(a_survey(home, metric), **each) for metric, each in zip(("nps", "csat"), terms, strict=True)]
    drain = app.extensions["afterword.runner"].drain
    for day in range(70):
        traveller.move_to(AT + day * DAY)
        for _, person, number in [ticket for ticket in tickets if ticket[0] == day]:
            for survey in surveys:
                ask(survey, f"T-{number}-{person}", f"{person}@{home.slug}.example")
        drain()
    asked = db.session.scalars(select(Invitation).where(Invitation.workspace_id == home.id)).all()
    assert len({(one.survey_id, one.interaction_id) for one in asked}) == len(asked)
    for one in asked:
        assert (one.asked_at is not None) == (one.status == "sent")
        assert one.status in {"sent", "scheduled"} or one.reason in {"quarantine", "sample"}
        assert one.status != "scheduled" or one.send_at > clock.now() - DAY
    mails = db.session.scalars(select(Mail.dedupe_key).where(Mail.workspace_id == home.id)).all()
    assert sorted(mails) == sorted(f"invitation:{one.id}" for one in asked if one.status == "sent")
    for person in {one.contact_id for one in asked}:
        times = sorted((one.asked_at, one.survey_id) for one in asked if one.contact_id == person and one.asked_at)
        for (earlier, _), (later, _) in itertools.pairwise(times):
            assert later - earlier >= alone * DAY
        for survey, each in zip(surveys, terms, strict=True):
            own = [at for at, survey_id in times if survey_id == survey.id]
            assert all(b - a >= each["quarantine_days"] * DAY for a, b in itertools.pairwise(own))
