"""From a file to Send in a real browser: choose, look at the columns, look at what will happen, send, look again."""

from datetime import timedelta

import pytest

from base.db import db, transaction
from surveys.contact import Contact
from surveys.rule import SendingRule, Terms
from surveys.upload import Upload
from tests.browser.barring import SCREENS, too_wide, violations
from tests.cast import AT, a_contact, a_survey

TABLE = (
    "Ticket;E-mail;Language;Time zone\r\n"
    "T-1;ana@customer.example;sl;Europe/Ljubljana\r\n"
    "T-2;ana@customer.example;sl;\r\n"
    "T-3;bo@customer.example;Klingon;\r\n"
    "T-4;gone@customer.example;;\r\n"
    "T-5;nobody;;\r\n"
)


@pytest.fixture
def survey(cast):
    made = a_survey(cast.workspace, locales=("en", "sl"))
    terms = Terms(quarantine_days=14)
    with transaction() as session:
        SendingRule.decide(made.id, terms, workspace_id=made.workspace_id, at=AT - timedelta(days=1))
    person = a_contact(cast.workspace, "gone@customer.example")
    with transaction() as session:
        session.get_one(Contact, person.id).suppress("unsubscribed", at=AT)
    return made


def serious(page):
    """What is wrong for a reader."""
    return violations(page) + ["too wide"] * (too_wide(page) > 0)


def choose(page, survey, data=TABLE):
    page.goto(f"/w/acme/import?survey={survey.slug}")
    page.set_input_files("[name=file]", {"name": "tickets.csv", "mimeType": "text/csv", "buffer": data.encode()})
    page.get_by_role("button", name="Continue to the columns").click()


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_a_designer_sees_what_will_happen_and_then_that_it_did(cast, browse, survey, run_jobs, outbox, width, theme):
    page = browse(cast.boris, width=width, theme=theme)
    choose(page, survey)
    page.get_by_role("heading", name="The first rows, as they would be taken in").wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="See who will be asked").click()
    page.get_by_role("heading", name="Looking at every row").wait_for()
    assert serious(page) == []
    run_jobs()
    page.get_by_role("button", name="Send to 2 people").wait_for()  # the page follows by itself
    assert page.get_by_role("rowheader", name="in quarantine, not asked").count() == 1
    page.get_by_text("Which ones").first.click()
    page.get_by_text("bo@customer.example").wait_for()
    assert serious(page) == []
    assert outbox() == []
    page.get_by_role("button", name="Send to 2 people").click()
    page.wait_for_url(lambda url: not url.endswith("/forecast"))
    assert serious(page) == []
    run_jobs()
    page.reload()
    page.get_by_role("columnheader", name="Foreseen").wait_for()
    assert serious(page) == []
    assert "Otherwise than foreseen" not in page.content()
    assert len(outbox()) == 2
    assert page.complaints == []


def test_another_survey_is_chosen_before_anything_is_sent(cast, browse, survey, run_jobs):
    second = a_survey(cast.workspace, "csat")
    page = browse(cast.boris)
    choose(page, survey)
    page.get_by_role("button", name="See who will be asked").click()
    page.wait_for_url("**/forecast")
    run_jobs()
    page.get_by_role("button", name="Send to 2 people").wait_for()
    page.get_by_label("Survey").select_option(label=second.name)
    page.get_by_role("button", name="Count again").click()
    page.get_by_role("heading", name="Looking at every row").wait_for()
    run_jobs()
    page.get_by_role("button", name="Send to 3 people").wait_for()
    db.session.rollback()
    assert db.session.query(Upload).one().survey_id == second.id


@pytest.mark.parametrize("width", [1280, 360])
def test_a_workbook_is_refused_with_what_to_do(cast, browse, survey, width):
    page = browse(cast.boris, width=width)
    choose(page, survey, "PK\x03\x04workbook")
    page.get_by_text("choose Save as → CSV (UTF-8)").first.wait_for()
    assert serious(page) == []
