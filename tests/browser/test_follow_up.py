"""A manager's main job: from a digest's mail to a case that was put right, and whether that won the customer back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from feedback import jobs, schedule
from tests.browser.test_journey import PHONE, links_of, mail_to
from tests.cast import a_survey
from tests.feedback.followers import ruled, told_us
from tests.feedback.readers import ordered

MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)
READ_LATER = timedelta(minutes=5)
"""Who opens a mail at once and is done within a second is taken for a program; a fast machine types that fast."""
COMMENT = "I called three times and nobody came to repair it."
ANSWER = "I am sorry. A technician comes tomorrow at eight, at no cost to you."


@pytest.fixture
def calendar():
    with time_machine.travel(MONDAY, tick=True) as traveller:
        yield traveller


@pytest.fixture
def asked(cast):
    """The survey that opens cases, whose rules ask again by another one."""
    again = a_survey(cast.workspace, "csat", name="After we called back")
    loyalty = a_survey(cast.workspace, name="After a repair")
    ruled(cast.workspace, loyalty, again, owner_by="person", person=cast.cvetka, follow=again)
    return loyalty


def opens_the_case_from_the_mail(page, mail):
    assert COMMENT in " ".join(mail.get_body(("html",)).get_content().split())
    (link,) = {link for link in links_of(mail) if "?answer=" in link}
    page.goto(link)
    page.get_by_role("link", name="Open the case").click()
    expect(page.locator(".said-words")).to_have_text(COMMENT)
    return page.url


def puts_it_right(page):
    page.get_by_label("Your words").fill(ANSWER)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".stage").first).to_have_class(re.compile("is-done"))
    for stage in ("Acknowledged", "Relieved", "Resolved"):
        one = page.locator(".stage").filter(has_text=stage)
        one.get_by_role("button", name="Mark").click()
        expect(one.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_label("Put right").check()
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("Closed by")).to_be_visible()


def answers_again(page, mail):
    page.goto(next(link for link in links_of(mail) if link.endswith("/5")))
    expect(page.locator("#s5")).to_be_checked()
    page.locator("#comment").press_sequentially("It works now, thank you.")
    page.get_by_role("button", name="Send").tap()
    page.wait_for_url("**/thanks*")


def test_a_manager_follows_a_digest_to_a_case_and_wins_the_customer_back(
    cast, calendar, asked, browse, run_jobs, outbox
):
    told_us(asked, 2, COMMENT, email="mara@customer.example", at=MONDAY - 2 * DAY)
    digest = ordered(cast.workspace, at=MONDAY - 4 * DAY, recipient_email=cast.cvetka.email)
    run_jobs()
    jobs.claim_digest(digest.id, MONDAY)
    run_jobs()

    cvetka = browse(cast.cvetka)
    case = opens_the_case_from_the_mail(cvetka, mail_to(outbox, cast.cvetka.email))
    puts_it_right(cvetka)
    run_jobs()
    reply = mail_to(outbox, "mara@customer.example")
    assert ANSWER in " ".join(reply.get_body(("plain",)).get_content().split())

    calendar.shift(4 * DAY)
    schedule.tick(MONDAY + 4 * DAY)
    run_jobs()
    phone = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "user_agent": PHONE}
    calendar.shift(READ_LATER)
    mara = browse(locale="en-GB", **phone)
    answers_again(mara, mail_to(outbox, "mara@customer.example"))
    run_jobs()

    cvetka = browse(cast.cvetka)
    cvetka.goto(case)
    expect(cvetka.get_by_role("link", name="5 on “After we called back”")).to_be_visible()
    cvetka.goto("/w/acme/cases?show=closed")
    expect(cvetka.locator(".case-recovery")).to_contain_text("100% (21–100%, n 1, too few)")
    for page in (cvetka, mara):
        assert page.complaints == page.elsewhere == []


def test_the_rules_warn_as_soon_as_a_survey_is_chosen_that_also_asks_others(cast, asked, browse):
    told_us(asked, 9)
    page = browse(cast.cvetka)
    page.goto("/w/acme/cases/rules")
    warning = page.get_by_text("This survey also asks others")
    expect(warning).to_be_hidden()
    page.get_by_label("Ask again with").select_option(label="After a repair")
    expect(warning).to_be_visible()
