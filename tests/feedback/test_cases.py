"""What opens a case, whose it is, and what later happens to it."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from accounts.role import Role
from base import clock
from base.db import db, new_id, transaction
from base.errors import ConflictError
from base.events import Event
from base.outbox import Mail
from feedback import ballot, casework, schedule
from feedback.case import STAGES, By, Case
from feedback.case_customer import Customer
from feedback.case_entry import CaseEntry
from feedback.case_reason import CaseReason
from feedback.case_rule import CaseRule
from feedback.jobs import consider_case
from feedback.response import Response
from feedback.revision import Given
from surveys.contact import Contact
from surveys.door import Door
from surveys.erasure import Erasure
from surveys.filling import Piece
from surveys.holding import Subject, all_holdings
from surveys.link import Link
from surveys.question import CONTACT
from surveys.survey import Survey
from tests.cast import AT, a_contact, a_person, a_response, a_survey, an_invitation, an_open_link
from tests.feedback.followers import cases, ruled, told_us, trail
from tests.town import rows

ASKS = {
    "questions": [{"id": "score", "kind": "score"}, {"id": "comment", "kind": "long"}, {"id": "may", "kind": "contact"}]
}
ASKS |= {"texts": {"en": {"may.title": "May we contact you?"}}}
HOUR = timedelta(hours=1)


pytestmark = pytest.mark.usefixtures("friday")


@pytest.fixture
def survey(cast):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey)
    return survey


@pytest.fixture
def case(survey, run_jobs):
    told_us(survey, 2)
    run_jobs()
    return cases()[0]


def change(case, verb):
    with transaction():
        verb(Case.locked(case.id))
    return cases()[0]


def test_a_detractor_who_says_something_opens_a_case(survey, run_jobs):
    response = told_us(survey, 3)
    run_jobs()
    [case] = cases()
    assert (case.response_id, case.contact_id, case.owner_id) == (response.id, response.contact_id, None)
    assert (case.opened_at, case.next_stage) == (clock.now(), "responded")
    assert case.due_at == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # five hours are left of Friday in Ljubljana
    assert trail(case) == ["opened"]


@pytest.mark.parametrize(("score", "comment"), [(7, "Fine, thank you."), (10, None), (2, None)])
def test_nobody_is_followed_up_who_is_content_or_says_nothing(survey, run_jobs, score, comment):
    told_us(survey, score, comment)
    run_jobs()
    assert cases() == []


def test_the_wish_to_be_contacted_is_enough(cast, run_jobs):
    survey = a_survey(cast.workspace, **ASKS)
    ruled(cast.workspace, survey)
    told_us(survey, 1, None, pieces=(Piece("may", CONTACT, choice="yes"),))
    run_jobs()
    assert len(cases()) == 1


def test_no_survey_opens_cases_until_somebody_says_so(cast, run_jobs):
    told_us(a_survey(cast.workspace), 0)
    run_jobs()
    assert cases() == []


def test_answers_from_before_the_rule_open_nothing(cast, run_jobs):
    survey = a_survey(cast.workspace)
    response = told_us(survey, 0)
    ruled(cast.workspace, survey, at=clock.now())
    run_jobs()
    consider_case(response.id)
    assert cases() == []


def test_a_case_is_opened_once_however_often_it_is_asked_for(survey, run_jobs):
    response = told_us(survey, 0)
    run_jobs()
    for _ in range(3):
        consider_case(response.id)
    assert len(cases()) == 1
    assert trail(cases()[0]) == ["opened"]


def test_two_workers_open_one_case(app, survey, run_jobs):
    ident, gate = told_us(survey, 0).id, Barrier(2)

    def work():
        with app.app_context():
            gate.wait()
            consider_case(ident)

    with transaction() as session:
        session.get_one(Response, ident).read_at = clock.now()
    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cases()) == 1
    assert trail(cases()[0]) == ["opened"]


def test_what_looks_like_a_program_waits_until_it_is_released(cast, survey, run_jobs):
    response = told_us(survey, 0, signs=("decoy",))
    run_jobs()
    assert cases() == []
    with transaction() as session:
        session.get_one(Response, response.id).release(at=clock.now(), by=cast.cvetka.id)
    run_jobs()
    assert [case.response_id for case in cases()] == [response.id]


def test_an_anonymous_answer_opens_nothing(cast, survey, run_jobs):
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        found.save_draft({**found.draft, "anonymous": True}, revision=1, at=AT)
        found.publish(at=AT)
    told_us(survey, 0)
    run_jobs()
    schedule.tick(clock.now())
    run_jobs()
    assert db.session.scalar(select(func.count()).select_from(Response)) == 1
    assert cases() == []


@pytest.mark.parametrize(("address", "number"), [("neza@customer.example", 1), (None, 0)])
def test_who_comes_by_an_open_link_is_followed_up_at_the_address_they_leave(cast, run_jobs, address, number):
    survey = a_survey(cast.workspace, **ASKS)
    ruled(cast.workspace, survey)
    pieces = (Piece("may", CONTACT, choice="yes", text=address),) if address else ()
    given = Given(score=0, comment="The queue!", locale="en", form_id=new_id().hex, pieces=pieces)
    with transaction():
        ballot.walk_in(Door.by_slug(an_open_link(survey).slug), given, {}, at=clock.now())
    run_jobs()
    assert len(cases()) == number
    if number:
        with transaction():
            assert casework.write_to(cases()[0], "Sorry.", cast.cvetka, key=new_id(), at=clock.now())
        assert db.session.scalars(select(Mail.to_address).where(Mail.kind == "case")).all() == [address]


def test_who_left_an_address_at_an_open_link_is_erased_with_all_they_said(cast, run_jobs):
    survey = a_survey(cast.workspace, **ASKS)
    ruled(cast.workspace, survey, owner_by="person", person=cast.cvetka)
    slug = an_open_link(survey).slug
    for address, comment in (("Neza@Customer.example", "Queueunique!"), ("other@customer.example", "Cold coffee.")):
        pieces = (Piece("may", CONTACT, choice="yes", text=address),)
        given = Given(score=0, comment=comment, locale="en", form_id=new_id().hex, pieces=pieces)
        with transaction():
            ballot.walk_in(Door.by_slug(slug), given, {}, at=clock.now())
        run_jobs()
    contact = a_contact(cast.workspace, "neza@customer.example")
    told = {one.name: one.tell(Subject.of(contact)) for one in all_holdings()}
    assert [one["comment"] for one in told["responses"]] == ["Queueunique!"]
    assert len(told["cases"]) == 1
    with transaction():
        Erasure.of(db.session.get(Contact, contact.id), at=clock.now())
    run_jobs()
    held = str(rows()).lower()
    assert [word for word in ("neza@customer", "queueunique") if word in held] == []
    assert "cold coffee" in held
    first, second = cases()
    assert (first.closed_at, second.closed_at) == (clock.now(), None)
    assert (Customer.of(first).address, Customer.of(second).address) == (None, "other@customer.example")
    with pytest.raises(ConflictError, match="no address"), transaction():
        casework.write_to(first, "Sorry.", cast.cvetka, key=new_id(), at=clock.now())


def test_an_answer_that_was_erased_opens_no_case(survey):
    kept = told_us(survey, 2)
    with transaction():
        Erasure.of(db.session.scalars(select(Contact)).one(), at=clock.now())
    consider_case(kept.id)
    assert cases() == []


def test_a_case_does_not_say_whether_its_person_answered_an_anonymous_survey_that_asked_again(
    cast, run_jobs, browser_of, friday
):
    survey, follow = a_survey(cast.workspace), a_survey(cast.workspace, "csat", anonymous=True)
    ruled(cast.workspace, survey, follow=follow)
    for name in ("a", "b"):
        told_us(survey, 2, email=f"{name}@customer.example")
    run_jobs()
    asked = [an_invitation(follow, email=f"{name}@customer.example") for name in ("a", "b")]
    for case, invitation in zip(cases(), asked, strict=True):
        with transaction():
            Case.locked(case.id).follow_invitation_id = invitation.id
    with transaction():
        ballot.drop(Link.by_token(asked[0].token), Given(5, None, "en", new_id().hex), at=clock.now())
    for words in ("No answer yet", "no answer is known"):
        cvetka = browser_of(cast.cvetka)
        assert [words in cvetka.get(f"/w/acme/cases/{case.id}").text for case in cases()] == [True, True]
        friday.shift(timedelta(days=100))
        schedule.tick(clock.now())


def test_a_happier_answer_leaves_the_case_open_with_a_remark(survey, run_jobs):
    invitation = an_invitation(survey)
    a_response(invitation, 2, "Bad.")
    run_jobs()
    for score in (9, 9, 1):
        given = Given(score=score, comment="Now?", locale="en", form_id=new_id().hex)
        with transaction():
            Response.submit(Link.by_token(invitation.token), given, at=clock.now())
        run_jobs()
        [case] = cases()
        assert (case.calmed_at is not None, case.closed_at) == (score == 9, None)
    assert trail(case) == ["opened", "calmed", "unhappy"]


def test_the_lead_of_the_agents_team_owns_it(cast, run_jobs):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey, owner_by="lead", leads={"North": cast.cvetka}, person=cast.boris)
    told_us(survey, 0, email="a@customer.example", team="North")
    told_us(survey, 0, email="b@customer.example", team="South")
    run_jobs()
    assert [case.owner_id for case in cases()] == [cast.cvetka.id, cast.boris.id]


def test_people_take_turns(cast, run_jobs, friday):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey, owner_by="turns", turns=(cast.ana, cast.boris, cast.cvetka))
    for number in range(4):
        consider_case(told_us(survey, 0, email=f"{number}@customer.example").id)
        friday.shift(60)
    first, second, third, fourth = (case.owner_id for case in cases())
    assert len({first, second, third}) == 3
    assert fourth == first


def test_who_left_or_may_not_work_on_cases_owns_none(cast, run_jobs):
    survey, viewer = a_survey(cast.workspace), a_person("Eva", cast.workspace, "viewer")
    ruled(cast.workspace, survey, owner_by="turns", turns=(viewer, cast.dmitri, cast.boris, cast.cvetka))
    with transaction() as session:
        session.get_one(Role, (cast.workspace.id, cast.boris.id)).remove(at=AT)
    for number in range(3):
        told_us(survey, 0, email=f"{number}@customer.example")
    run_jobs()
    assert {case.owner_id for case in cases()} == {cast.cvetka.id}


def test_stages_are_moments_with_an_author_in_any_order_and_can_be_taken_back(cast, case):
    by = By(clock.now(), cast.cvetka.id)
    case = change(case, lambda one: one.reach("relieved", by))
    assert (case.next_stage, case.reached["relieved"].by) == ("responded", cast.cvetka.id)
    for stage in STAGES:
        case = change(case, lambda one, stage=stage: one.reach(stage, by))
    assert case.next_stage is None
    case = change(case, lambda one: one.undo("acknowledged", by))
    assert case.next_stage == "acknowledged"
    assert trail(case) == ["opened", *["stage"] * 5, "undone"]


def test_a_case_ends_with_a_reason_once_and_can_be_opened_again(cast, case):
    by = By(clock.now(), cast.cvetka.id)
    reason = CaseReason.all_of(cast.workspace.id)[0]
    case = change(case, lambda one: one.close(reason, by))
    assert (case.closed_at, case.closed_by, case.reason_id) == (by.at, cast.cvetka.id, reason.id)
    case = change(case, lambda one: one.reopen(by))
    assert (case.closed_at, case.reason_id) == (None, None)
    assert trail(case) == ["opened", "closed", "reopened"]
    told = db.session.scalars(select(Event.kind).where(Event.subject_id == case.id).order_by(Event.id)).all()
    assert told == ["case.opened", "case.closed", "case.reopened"]


def test_a_reason_that_is_taken_off_the_list_stays_with_what_it_ended(cast, survey, case):
    gone = CaseReason.all_of(cast.workspace.id)[0]
    change(case, lambda one: one.close(gone, By(clock.now())))
    ruled(cast.workspace, survey, reasons=("Explained",))
    assert [one.name for one in CaseReason.all_of(cast.workspace.id)] == ["Explained"]
    assert db.session.get_one(CaseReason, cases()[0].reason_id).name == gone.name


def test_a_survey_that_goes_on_opening_cases_does_so_since_it_began(cast, survey):
    ruled(cast.workspace, survey, at=clock.now(), hours=4)
    consider_case(told_us(survey, 1).id)  # answered an hour before the rule was changed
    assert len(cases()) == 1


def test_the_owner_is_reminded_once_when_the_due_time_passes(cast, case, run_jobs, friday):
    change(case, lambda one: one.assign(cast.cvetka.id, By(clock.now(), cast.cvetka.id)))
    run_jobs()
    friday.move_to(case.due_at - timedelta(minutes=1))
    casework.remind_overdue(clock.now())
    assert "overdue" not in trail(case)
    friday.move_to(case.due_at)
    for _ in range(2):
        casework.remind_overdue(clock.now())
        run_jobs()
    assert trail(case).count("overdue") == 1
    [mail] = db.session.scalars(select(Mail).where(Mail.kind == "case-notice")).all()
    assert (mail.to_address, mail.subject) == (cast.cvetka.email, "Overdue: mara@customer.example")


def test_two_workers_remind_once_and_another_due_time_reminds_anew(app, cast, case, run_jobs, friday):
    change(case, lambda one: one.assign(cast.cvetka.id, By(clock.now(), cast.cvetka.id)))
    friday.move_to(case.due_at + HOUR)
    gate = Barrier(2)

    def work():
        with app.app_context():
            gate.wait()
            casework.remind_overdue(clock.now())

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert trail(case).count("overdue") == 1
    change(case, lambda one: one.put_off(clock.now() + HOUR, By(clock.now(), cast.cvetka.id)))
    friday.shift(2 * HOUR)
    casework.remind_overdue(clock.now())
    assert trail(cases()[0])[-2:] == ["due", "overdue"]


def test_a_closed_case_is_never_overdue(cast, case, friday):
    change(case, lambda one: one.close(CaseReason.all_of(cast.workspace.id)[0], By(clock.now())))
    friday.move_to(case.due_at + HOUR)
    casework.remind_overdue(clock.now())
    assert trail(case) == ["opened", "closed"]


def test_a_mention_writes_one_mail_to_each_who_may_work_on_cases(cast, case, run_jobs):
    viewer, key = a_person("Eva", cast.workspace, "viewer"), new_id()
    told = [str(one.id) for one in (cast.boris, cast.cvetka, viewer, cast.dmitri)]
    for _ in range(2):
        change(case, lambda one: one.note("Look!", By(clock.now(), cast.cvetka.id), ident=key, told=told))
        run_jobs()
    entry = db.session.get(CaseEntry, key)
    casework.tell_people(entry.id)
    [mail] = db.session.scalars(select(Mail).where(Mail.kind == "case-notice")).all()
    assert mail.to_address == cast.boris.email  # Cvetka wrote it, Eva may only see results, Dmitri is elsewhere
    assert mail.subject == "Cvetka mentions you: mara@customer.example"


def test_who_gets_a_case_is_told_unless_they_took_it(cast, case, run_jobs):
    change(case, lambda one: one.assign(cast.boris.id, By(clock.now(), cast.boris.id)))
    change(case, lambda one: one.assign(cast.cvetka.id, By(clock.now(), cast.boris.id)))
    change(case, lambda one: one.assign(None, By(clock.now(), cast.boris.id)))
    run_jobs()
    mails = db.session.scalars(select(Mail).where(Mail.kind == "case-notice")).all()
    assert [(mail.to_address, mail.subject) for mail in mails] == [
        (cast.cvetka.email, "Yours to follow up: mara@customer.example")
    ]


def test_the_rule_of_a_workspace_is_another_ones_business(cast, survey, run_jobs):
    other = a_survey(cast.elsewhere)
    told_us(other, 0)
    run_jobs()
    assert cases() == []
    assert CaseRule.of(cast.elsewhere).owner_by == "nobody"


def test_open_cases_of_who_leaves_are_nobodys_and_who_may_not_work_on_them_is_not_told(
    cast, survey, case, run_jobs, browser_of, friday
):
    change(case, lambda one: one.assign(cast.cvetka.id, By(clock.now(), cast.ana.id)))
    with transaction():
        Role.of(cast.workspace.id, cast.cvetka.id).name = "viewer"
    friday.move_to(case.due_at + HOUR)
    casework.remind_overdue(clock.now())
    db.session.rollback()
    assert [entry.data["tell"] for entry in CaseEntry.of(case.id) if entry.kind == "overdue"] == [[]]
    with transaction():
        Role.of(cast.workspace.id, cast.cvetka.id).remove(at=clock.now())
    run_jobs()
    assert cases()[0].owner_id is None
    page = browser_of(cast.ana).get(f"/w/acme/cases/{case.id}").text
    assert "Nobody’s now: its owner may no longer look here" in page
