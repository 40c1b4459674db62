"""Asking again after a case was resolved, and how many customers were won back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from base import clock
from base.db import db, transaction
from base.events import Event
from feedback import case_tally, casework
from feedback.case import By, Case
from feedback.case_reason import CaseReason
from feedback.case_rule import CaseRule
from feedback.case_tally import CaseTally
from feedback.jobs import consider_case
from feedback.zoning import Interval
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.survey import Survey
from tests.cast import AT, a_response, a_survey
from tests.feedback.followers import cases, ruled, told_us, trail

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


pytestmark = pytest.mark.usefixtures("friday")


@pytest.fixture
def follow(cast):
    return a_survey(cast.workspace, "csat", name="Is it right now?")


@pytest.fixture
def survey(cast, follow):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey, follow)
    ruled(cast.workspace, survey, follow, follow=follow)
    return survey


@pytest.fixture
def resolved(cast, survey):
    def resolve(email="mara@customer.example"):
        consider_case(told_us(survey, 2, email=email).id)
        case = cases()[-1]
        with transaction():
            Case.locked(case.id).reach("resolved", By(clock.now(), cast.cvetka.id), rule=CaseRule.of(cast.workspace))
        return cases()[-1]

    return resolve


def invited(follow):
    db.session.rollback()
    return list(db.session.scalars(select(Invitation).where(Invitation.survey_id == follow.id).order_by(Invitation.id)))


def answered(case, score):
    invitation = db.session.get_one(Invitation, case.follow_invitation_id, populate_existing=True)
    with transaction() as session:
        session.get_one(Invitation, invitation.id).mark_sent(at=clock.now() - 2 * HOUR)
    response = a_response(invitation, score, "Words.")
    consider_case(response.id)
    return response


def test_the_person_is_asked_some_days_after_their_case_was_resolved(resolved, follow, friday):
    case = resolved()
    assert case.follow_due_at == clock.now() + 3 * DAY
    casework.ask_again(clock.now())
    assert invited(follow) == []
    friday.shift(3 * DAY)
    for _ in range(2):
        casework.ask_again(clock.now())
    [invitation] = invited(follow)
    [case] = cases()
    assert (case.follow_invitation_id, case.follow_due_at) == (invitation.id, None)
    assert (invitation.contact_id, invitation.send_at) == (case.contact_id, clock.now())
    about = db.session.get_one(Interaction, invitation.interaction_id)
    assert (about.source, about.external_id, about.agent) == ("case", str(case.id), "Vid")
    assert trail(case)[-1] == "asked"


def test_nobody_is_asked_when_it_is_not_resolved_after_all(cast, resolved, follow, friday):
    case = resolved()
    with transaction():
        Case.locked(case.id).undo("resolved", By(clock.now()))
    friday.shift(9 * DAY)
    casework.ask_again(clock.now())
    assert invited(follow) == []


def undo(browser, case):
    assert browser.post(f"/w/acme/cases/{case.id}/stages", data={"stage": "resolved", "undo": "1"}).status_code == 303


def test_an_invitation_that_waits_is_taken_back_when_it_is_not_resolved_and_made_anew_when_it_is(
    cast, resolved, follow, friday, browser_of, run_jobs
):
    with transaction() as session:
        session.get_one(type(cast.workspace), cast.workspace.id).quarantine_days = 30
    case, cvetka = resolved(), browser_of(cast.cvetka)
    with transaction() as session:
        for invitation in session.scalars(select(Invitation)):
            invitation.asked_at = AT
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    assert [(one.status, one.send_at) for one in invited(follow)] == [("scheduled", AT + 30 * DAY)]
    for _ in range(2):
        undo(cvetka, case)
    assert [(one.status, one.reason) for one in invited(follow)] == [("skipped", "cancelled")]
    assert [one.follow_invitation_id for one in cases()] == [None]
    with transaction():
        Case.locked(case.id).reach("resolved", By(clock.now()), rule=CaseRule.of(cast.workspace))
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    assert [(one.id, one.status) for one in invited(follow)] == [(cases()[0].follow_invitation_id, "scheduled")]


def test_whoever_was_asked_already_stays_asked_when_it_is_not_resolved_after_all(
    resolved, follow, cast, friday, browser_of
):
    case = resolved()
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    with transaction() as session:
        session.scalars(select(Invitation).where(Invitation.survey_id == follow.id)).one().mark_sent(at=clock.now())
    undo(browser_of(cast.cvetka), case)
    assert [(one.id, one.status) for one in invited(follow)] == [(cases()[0].follow_invitation_id, "sent")]


def test_nobody_is_asked_who_is_in_a_case_that_was_never_resolved(cast, survey, follow, friday):
    consider_case(told_us(survey, 2).id)
    with transaction():
        Case.locked(cases()[0].id).close(CaseReason.all_of(cast.workspace.id)[0], By(clock.now()))
    friday.shift(9 * DAY)
    casework.ask_again(clock.now())
    assert invited(follow) == []


def test_quarantine_is_waited_for(cast, resolved, follow, friday):
    with transaction() as session:
        session.get_one(type(cast.workspace), cast.workspace.id).quarantine_days = 7
        for invitation in session.scalars(select(Invitation)):
            invitation.asked_at = AT
    resolved()
    with transaction() as session:
        for invitation in session.scalars(select(Invitation)):
            invitation.asked_at = AT
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    [invitation] = invited(follow)
    assert (invitation.status, invitation.send_at) == ("scheduled", AT + 7 * DAY)


def test_suppression_always_wins(resolved, follow, friday, run_jobs):
    case = resolved()
    with transaction():
        db.session.get(Contact, case.contact_id).suppress("unsubscribed", at=clock.now())
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    run_jobs()
    [invitation] = invited(follow)
    assert (invitation.status, invitation.reason) == ("skipped", "suppressed")


@pytest.mark.parametrize("end", ["closed", "anonymous"])
def test_a_survey_that_cannot_ask_is_told_in_the_case(resolved, follow, friday, end):
    resolved()
    with transaction() as session:
        found = session.get_one(Survey, follow.id)
        if end == "closed":
            found.close(at=clock.now())
        else:
            found.save_draft({**found.draft, "anonymous": True}, revision=1, at=clock.now())
            found.publish(at=clock.now())
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    assert invited(follow) == []
    assert trail(cases()[0])[-1] == "asked"
    assert cases()[0].follow_due_at is None


def test_an_answer_to_it_is_found_from_the_case_and_opens_no_second_one(resolved, follow, friday):
    resolved()
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    response = answered(cases()[0], 1)
    consider_case(response.id)
    [case] = cases()
    assert case.follow_response_id == response.id
    assert trail(case)[-1] == "followed"
    assert trail(case).count("followed") == 1


def test_the_recovery_rate_is_the_share_of_those_who_are_no_longer_detractors(cast, resolved, follow, survey, friday):
    for number in range(4):
        resolved(f"{number}@customer.example")
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    for case, score in zip(cases(), (5, 3, 1), strict=False):
        answered(case, score)
    db.session.rollback()
    found = case_tally.recovery(Case.workspace_id == cast.workspace.id)
    assert (found.recovered, found.n, round(found.share, 1)) == (2, 3, 66.7)
    assert [round(end, 1) for end in found.interval] == [20.8, 93.9]  # Wilson, of 2 in 3
    assert found.too_few


def test_pages_call_the_recovery_rate_as_mails_do_and_say_what_it_is(
    cast, resolved, follow, survey, browser_of, friday
):
    resolved("0@customer.example")
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    answered(cases()[0], 5)
    for path in ("/w/acme/cases", f"/w/acme/surveys/{survey.slug}/results"):
        page = browser_of(cast.cvetka).get(path).text
        assert "Recovery rate:" in page
        assert "Won back" not in page
        assert "answered again after their case was resolved" in page


def test_the_results_page_counts_cases_and_why_they_ended(cast, survey, browser_of, friday):
    reasons = CaseReason.all_of(cast.workspace.id)
    for number in range(4):
        consider_case(told_us(survey, 2, email=f"{number}@customer.example").id)
    with transaction():
        for case, reason in zip(cases()[:3], (*reasons, reasons[0]), strict=True):
            Case.locked(case.id).close(reason, By(clock.now()))
    friday.shift(4 * DAY)
    tally = CaseTally.of(survey.id, Interval(AT, AT + DAY), now=clock.now())
    assert (tally.opened, tally.closed, tally.standing.open, tally.standing.overdue) == (4, 3, 1, 1)
    assert tally.reasons == [("Put right", 2), ("Could not be reached", 1)]
    page = browser_of(cast.cvetka).get(f"/w/acme/surveys/{survey.slug}/results").text
    assert "4 cases opened in this period" in page
    assert "Put right 2" in page


def test_every_step_is_an_event_of_its_case(resolved, friday):
    case = resolved()
    friday.shift(3 * DAY)
    casework.ask_again(clock.now())
    told = db.session.scalars(select(Event.kind).where(Event.subject_id == case.id).order_by(Event.at, Event.id)).all()
    assert told == ["case.opened", "case.stage", "case.asked"]
