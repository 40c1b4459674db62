"""Cases that a colleague opens from the page of an answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from base import clock
from base.db import db, transaction
from base.events import Event
from base.outbox import Mail
from feedback.case import Case
from feedback.case_tally import recovery
from feedback.jobs import consider_case
from feedback.response import Response
from tests.cast import AT, a_draft, a_person, a_response, a_survey, an_invitation
from tests.feedback.followers import cases, ruled, told_us, trail

HOUR = timedelta(hours=1)
BUTTON = "Follow this up"


pytestmark = pytest.mark.usefixtures("friday")


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace)


@pytest.fixture
def cvetka(cast, browser_of):
    return browser_of(cast.cvetka)


@pytest.fixture
def happy(survey):
    """An answer that opens nothing by itself."""
    return told_us(survey, 10, "Vid was kind.")


def page_of(response):
    return f"/w/acme/responses/{response.id}"


def press(browser, response):
    return browser.post(f"{page_of(response)}/case")


def test_an_answer_is_followed_up_by_whoever_presses(cast, cvetka, happy):
    assert BUTTON in cvetka.get(page_of(happy)).text
    reply = press(cvetka, happy)
    (case,) = cases()
    assert reply.status_code == 303
    assert reply.headers["Location"].endswith(f"/w/acme/cases/{case.id}")
    assert (case.response_id, case.owner_id, case.opened_at) == (happy.id, cast.cvetka.id, clock.now())
    assert "Cvetka opened it by hand" in cvetka.get(reply.headers["Location"]).text
    page = cvetka.get(page_of(happy)).text
    assert BUTTON not in page
    assert "This is being followed up" in page


def test_its_owner_and_due_time_are_those_of_the_rules(cast, cvetka, survey, happy, run_jobs):
    ruled(cast.workspace, owner_by="person", person=cast.boris)
    press(cvetka, happy)
    consider_case(told_us(survey, 1, email="other@customer.example").id)  # this survey opens no case by itself
    run_jobs()
    (case,) = cases()
    assert case.owner_id == cast.boris.id
    assert case.due_at - case.opened_at > 8 * HOUR  # over the weekend
    told = db.session.scalars(select(Mail).where(Mail.kind == "case-notice")).all()
    assert [mail.to_address for mail in told] == [cast.boris.email]
    assert "Cvetka opened it by hand, and it went to Boris by rule" in cvetka.get(f"/w/acme/cases/{case.id}").text


def test_pressed_twice_it_is_one_case_and_nobody_is_told_of_their_own(cvetka, happy, run_jobs):
    first, second = press(cvetka, happy), press(cvetka, happy)
    run_jobs()
    assert first.headers["Location"] == second.headers["Location"]
    assert trail(cases()[0]) == ["opened"]
    assert db.session.scalars(select(Mail).where(Mail.kind == "case-notice")).all() == []


def test_the_trail_of_the_workspace_says_who_opened_it(cast, cvetka, happy):
    press(cvetka, happy)
    event = db.session.scalars(select(Event).where(Event.kind == "case.opened")).one()
    assert (event.actor, event.subject_id) == (str(cast.cvetka.id), cases()[0].id)


def test_an_answer_of_nobody_or_set_aside_is_not_followed_up(cvetka, cast, survey, happy):
    quiet = a_draft(cast.workspace, name="Quiet")
    with transaction():
        quiet.save_draft({**quiet.draft, "anonymous": True}, revision=1, at=AT)
        quiet.publish(at=AT)
    nobody = a_response(an_invitation(quiet, email="k@customer.example"), 1, "Bad.")
    with transaction() as session:
        session.get_one(Response, happy.id).flagged_at = clock.now()
    for response in (nobody, happy):
        assert BUTTON not in cvetka.get(page_of(response)).text
        assert press(cvetka, response).headers["Location"].endswith(page_of(response))
    assert cases() == []


def test_who_only_looks_has_no_button(cast, browser_of, happy):
    viewer = browser_of(a_person("Eva", cast.workspace, "viewer", at=AT))
    assert BUTTON not in viewer.get(page_of(happy)).text
    assert press(viewer, happy).status_code == 403


def test_the_answer_of_a_follow_up_belongs_to_the_case_that_asked(cvetka, survey, happy):
    press(cvetka, happy)
    asked = an_invitation(survey, email="mara@customer.example", at=AT + HOUR)
    with transaction():
        Case.locked(cases()[0].id).follow_invitation_id = asked.id
    again = a_response(asked, 10, "Better.")
    assert BUTTON not in cvetka.get(page_of(again)).text
    assert press(cvetka, again).headers["Location"].endswith(f"/cases/{cases()[0].id}")


def test_who_was_content_is_not_called_no_longer_a_detractor(cvetka, happy):
    press(cvetka, happy)
    case = cases()[0]
    for score, known in ((9, ["opened"]), (1, ["opened", "unhappy"]), (10, ["opened", "unhappy", "calmed"])):
        with transaction() as session:
            response = session.get_one(Response, happy.id)
            response.score = score
            Case.locked(case.id).answered_again(response, at=clock.now())
        assert trail(case) == known


def test_who_was_content_is_not_won_back(cvetka, survey, happy):
    sad = told_us(survey, 1, email="sad@customer.example")
    again = told_us(survey, 10, email="again@customer.example")
    for response in (happy, sad):
        press(cvetka, response)
    with transaction():
        for case in cases():
            Case.locked(case.id).follow_response_id = again.id
    assert recovery(Case.survey_id == survey.id).n == 1
