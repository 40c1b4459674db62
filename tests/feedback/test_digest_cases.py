"""What a digest says of cases: how many wait, those overdue the longest, and that it comes because of them."""

import email
import re
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
import time_machine
from sqlalchemy import event, select, update

from base.db import db, transaction
from base.outbox import EMPTIED
from feedback import schedule
from feedback.case import By, Case
from feedback.case_reason import CaseReason
from feedback.digest import Digest
from feedback.issue import Issue
from feedback.jobs import claim_digest, compose_issue, consider_case
from feedback.order import Scope
from feedback.report import Report
from feedback.way import read_url
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import AT, a_survey
from tests.feedback.followers import cases, ruled
from tests.feedback.readers import DAY, HOUR, answered, issues, mails, ordered
from tests.feedback.test_digest_parts import text_of

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
"""When the digest comes; what was due on Friday afternoon is overdue."""
GUEST = "lead@elsewhere.example"


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel(AT + HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def survey(cast):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey, owner_by="person", person=cast.boris, hours=2)
    return survey


@pytest.fixture
def at_eight(run_jobs, friday):
    def live(at=MONDAY):
        friday.move_to(at)
        schedule.tick(at)
        run_jobs()
        return mails()

    return live


def a_case(survey, words="Nobody called back.", *, late=timedelta(0), **facts):
    """A case of Friday morning, due on Friday at noon by the clock of its owner, or so much later."""
    response_id = answered(survey, 2, comment=words, **facts)
    consider_case(response_id)
    with transaction() as session:
        case = session.scalars(select(Case).where(Case.response_id == response_id)).one()
        case.due_at += late
    return case


def followed(case, response_id, *, at):
    with transaction() as session:
        values = {"follow_response_id": response_id, "closed_at": at}
        session.execute(update(Case).where(Case.id == case.id).values(**values))


def a_digest(workspace, **wish):
    """One that has told of the weekend's start already, so that Monday finds nobody new."""
    return ordered(workspace, at=MONDAY - HOUR, **wish)


def test_it_counts_open_cases_and_shows_those_that_are_overdue_the_longest(cast, survey, at_eight):
    for number in range(6):
        a_case(survey, f"Words {number}.", late=number * timedelta(minutes=1))
    a_case(survey, "Not yet due.", late=9 * DAY)
    a_digest(cast.workspace)
    [mail] = at_eight()
    body = text_of(mail)
    assert "7 cases open, 6 overdue. The longest overdue first." in body
    assert re.findall(r"  > (.+)", body) == [f"Words {number}." for number in range(5)]
    assert "due Fri 20 Nov, 13:00 · with Boris" in body  # 12:00 UTC by the reader's clock
    assert "And 1 more. See them all: http://surveys.example/w/acme/digests/" in body
    assert mail.subject == "6 overdue cases · Sun 22 Nov"
    html = email.message_from_string(mail.raw, policy=policy.default).get_body(("html",)).get_content()
    links = re.findall(r'<a [^>]*aria-label="([^"]*)"[^>]*>([^<]*)</a>', html)
    assert links[0] == ("Open the case due Fri 20 Nov, 13:00", "Open the case")
    assert links[-1] == ("See them all: Cases to follow up", "See them all")


def test_nothing_is_said_when_no_case_is_open(cast, survey, at_eight):
    a_case(survey)
    with transaction():
        Case.locked(cases()[0].id).close(CaseReason.all_of(cast.workspace.id)[0], By(AT))
    a_digest(cast.workspace)
    [mail] = at_eight()
    assert "follow up" not in text_of(mail)


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [("team", "North", "South"), ("agent", "Vid", "Ana"), ("channel", "email", "chat"), ("language", "sl", "pl")],
)
def test_it_sees_the_cases_of_its_part_only(cast, survey, at_eight, name, value, other):
    for said in (value, other):
        a_case(survey, f"Of {said}.", **{name: said})
    a_digest(cast.workspace, scope=Scope(**{name: value}))
    [mail] = at_eight()
    assert "1 case open, 1 overdue." in text_of(mail)
    assert f"> Of {value}." in text_of(mail)
    assert f"Of {other}." not in text_of(mail)


def test_it_sees_the_cases_of_its_surveys_and_its_workspace_only(cast, survey, at_eight):
    others, theirs = a_survey(cast.workspace, name="Others"), a_survey(cast.elsewhere)
    ruled(cast.workspace, survey, others)
    ruled(cast.elsewhere, theirs)
    for one in (others, theirs):
        a_case(one)
    a_digest(cast.workspace, surveys=(survey.id,))
    [mail] = at_eight()
    assert "follow up" not in text_of(mail)


def test_it_comes_for_an_overdue_case_though_nobody_is_new_and_ends_with_it(cast, survey, at_eight):
    a_case(survey)
    digest = a_digest(cast.workspace, when_empty="skip")
    [mail] = at_eight()
    assert mail.subject == "1 overdue case · Sun 22 Nov"
    assert db.session.get(Digest, digest.id, populate_existing=True).stirred_at == MONDAY
    with transaction():
        Case.locked(cases()[0].id).put_off(MONDAY + 9 * DAY, By(MONDAY))
    at_eight(MONDAY + DAY)
    assert [issue.state for issue in issues()] == ["posted", "skipped"]


def test_unread_for_weeks_it_does_not_pause_itself_while_a_case_is_overdue(cast, survey, at_eight):
    a_case(survey)
    digest = a_digest(cast.workspace)
    with transaction() as session:
        session.get(Digest, digest.id).stirred_at = session.get(Digest, digest.id).created_at = MONDAY - 57 * DAY
    [mail] = at_eight()
    assert "1 overdue case" in mail.subject
    assert issues()[0].farewell  # it was about to
    assert db.session.get(Digest, digest.id).paused_at is None


def test_the_recovery_rate_is_of_answers_of_these_days_with_n_and_interval(cast, survey, at_eight):
    for number, score in enumerate((9, 9, 3)):
        case = a_case(survey, f"Words {number}.")
        followed(case, answered(survey, score, at=MONDAY - DAY), at=MONDAY - DAY)
    followed(a_case(survey), answered(survey, 9, at=AT + HOUR), at=AT + HOUR)  # on Friday already
    a_case(survey)
    a_digest(cast.workspace, scope=Scope(team="North"))
    [mail] = at_eight()
    assert "1 case open, 1 overdue." in text_of(mail)
    assert "Recovery rate of these days: 67% (21…94%), n 3 · too few to say" in text_of(mail)  # Wilson, of 2 in 3


def test_links_lead_readers_with_an_account_to_the_case(cast, survey, at_eight, browser_of):
    a_case(survey)
    a_digest(cast.workspace)
    [mail] = at_eight()
    link = re.search(r"http://surveys\.example(/w/acme/digests/\S+\?case=\S+)", text_of(mail))[1]
    page = browser_of(cast.cvetka).get(link)
    assert page.location == f"/w/acme/cases/{cases()[0].id}"
    assert db.session.scalars(select(Digest)).one().last_seen_at == MONDAY
    every = browser_of(cast.cvetka).get(link.split("?")[0] + "?case=overdue")
    assert every.location == "/w/acme/cases?show=overdue"


def test_guests_see_no_link_no_name_and_nothing_that_came_later(cast, survey, at_eight, client, friday):
    a_case(survey, email="mara@customer.example")
    a_digest(cast.workspace, recipient_email=GUEST)
    [mail] = at_eight()
    friday.shift(HOUR)
    a_case(survey, "Afterwards.", at=MONDAY)
    assert "> Nobody called back." in text_of(mail)
    assert "/w/acme/" not in text_of(mail)
    assert "mara@" not in mail.raw
    link = read_url(issues()[0].id, GUEST, MONDAY + DAY).removeprefix("http://surveys.example")
    client.post(link)
    page = client.get(link).text
    assert "1 case open, 1 overdue." in page
    assert "Nobody called back." in page
    assert "with Boris" in page
    assert "Afterwards." not in page
    assert "/w/" not in page


def erase(case, run_jobs):
    with transaction() as session:
        Erasure.of(session.get(Contact, case.contact_id), at=MONDAY, answers_too=False)
    run_jobs()
    db.session.expire_all()


def test_an_erased_person_leaves_the_mail_that_quoted_their_case(cast, survey, at_eight, run_jobs):
    case = a_case(survey, "forget me")
    a_digest(cast.workspace)
    [mail] = at_eight()
    assert "forget me" in text_of(mail)
    erase(case, run_jobs)
    assert mails()[0].raw == EMPTIED


def test_a_mail_that_waits_is_written_anew_without_the_erased_person(cast, survey, friday, run_jobs):
    case, _ = a_case(survey, "forget me"), a_case(survey, "keep me")
    digest = a_digest(cast.workspace)
    friday.move_to(MONDAY)
    compose_issue(claim_digest(digest.id, MONDAY))
    assert "forget me" in text_of(mails()[0])
    erase(case, run_jobs)
    [sent] = [mail for mail in mails() if mail.state == "sent"]
    assert "keep me" in text_of(sent)
    assert "forget me" not in text_of(sent)


def test_it_asks_one_thing_more_where_no_case_waits_and_three_where_one_does(cast, survey):
    digest = a_digest(cast.workspace)

    def asked():
        said, engine = [], db.session.get_bind()

        def listen(_connection, _cursor, statement, *_more):
            said.append(statement)

        draft = Issue.drafted(digest, digest.plan(MONDAY), trigger="by hand", at=MONDAY)
        event.listen(engine, "before_cursor_execute", listen)
        Report.of(digest, draft, [])
        event.remove(engine, "before_cursor_execute", listen)
        return sum("customer_case" in one for one in said)

    assert asked() == 1
    a_case(survey)
    db.session.rollback()
    assert asked() == 3
