"""From a file to Send: the same numbers before and afterwards, and nothing is sent on numbers that are out of date."""

import io
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from base import clock
from base.db import db, transaction
from surveys import forecaster, importer
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.rule import SendingRule, Terms
from surveys.survey import Survey
from surveys.upload import Upload
from tests.cast import AT, a_contact, a_draft, a_survey

COLUMNS = ["external_id", "email", "locale"]


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(AT, tick=False) as clock_:
        yield clock_


@pytest.fixture
def browser(browser_of, cast):
    return browser_of(cast.boris)


@pytest.fixture
def survey(cast):
    made = a_survey(cast.workspace)
    with transaction():
        terms = Terms(quarantine_days=14)
        SendingRule.decide(made.id, terms, workspace_id=made.workspace_id, at=AT - timedelta(days=1))
    return made


def table(*rows):
    return "Ticket,E-mail,Language\r\n" + "".join(f"{row}\r\n" for row in rows)


ROWS = table(
    "T-1,ana@x.example,sl",
    "T-2,ana@x.example,",
    "T-3,bo@x.example,Klingon",
    "T-4,nobody,",
    "T-5,gone@x.example,",
    "T-1,ana@x.example,",
    'T-6,"cveta@x.example, dora@x.example",',
)


def upload():
    db.session.rollback()
    return db.session.scalars(select(Upload)).one()


def bring(browser, data, survey=None):
    """Choose a file and confirm its columns; the address of its forecast."""
    form = {"file": (io.BytesIO(data.encode()), "t.csv"), "survey": str(survey.id) if survey else ""}
    address = browser.post("/w/acme/import", data=form, content_type="multipart/form-data").headers["Location"]
    return browser.post(address, data={"column": COLUMNS, "then": "forecast"}).headers["Location"]


def send(browser, address, key=None):
    wanted = {"key": key or upload().forecast["key"]}
    answer = browser.post(address.replace("/forecast", "/send"), data=wanted)
    return browser.get(answer.headers["Location"]).text


def gone(workspace, email="gone@x.example"):
    person = a_contact(workspace, email)
    with transaction() as session:
        session.get_one(Contact, person.id).suppress("unsubscribed", at=AT)


def test_the_numbers_are_told_before_anything_is_written(cast, browser, survey, run_jobs):
    gone(cast.workspace)
    address = bring(browser, ROWS, survey)
    assert "Looking at every row" in browser.get(address).text
    run_jobs()
    people = {"ask": 2, "wait.now": 2, "skip.quarantine": 1, "skip.suppressed": 1, "known": 1}
    cells = {"refused.email": 1, "refused.several": 1, "noted.locale": 1}
    assert upload().foreseen.counts == people | cells
    page = browser.get(address).text
    for words in ("Send to 2 people", "of 7 rows", "until 4 Dec 2026", "unsubscribed, or mail to them came back"):
        assert words in page
    assert db.session.scalar(select(func.count()).select_from(Interaction)) == 0
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_the_same_numbers_stand_beside_what_became(cast, browser, survey, run_jobs, outbox):
    gone(cast.workspace)
    address = bring(browser, ROWS, survey)
    run_jobs()
    foreseen = upload().foreseen
    send(browser, address)
    run_jobs()
    become = upload().become()
    assert len(outbox()) == 2
    kept = {key: number for key, number in foreseen.counts.items() if not key.startswith("wait")}
    assert {key: number for key, number in become.counts.items() if number} == kept
    page = browser.get(address.removesuffix("/forecast")).text
    assert "Became" in page
    assert "Otherwise than foreseen" not in page
    assert "The row was taken without it." in page


def test_who_unsubscribed_in_between_is_told_as_a_difference(cast, browser, survey, run_jobs, outbox):
    address = bring(browser, ROWS, survey)
    run_jobs()
    gone(cast.workspace, "bo@x.example")
    send(browser, address)
    run_jobs()
    page = browser.get(address.removesuffix("/forecast")).text
    assert "Otherwise than foreseen" in page
    assert "1 fewer: asked" in page
    assert "1 more: unsubscribed, or mail to them came back" in page
    assert len(outbox()) == 2


def test_after_an_hour_the_numbers_are_counted_again_before_anything_is_sent(browser, survey, run_jobs, traveller):
    address = bring(browser, ROWS, survey)
    run_jobs()
    key = upload().forecast["key"]
    traveller.move_to(AT + timedelta(hours=1))
    assert "Count again before you send" in browser.get(address).text
    assert "Nothing was sent yet" in send(browser, address, key)
    assert (upload().state, upload().forecast["state"]) == ("mapped", "counting")
    run_jobs()
    assert "Nothing was sent yet" in send(browser, address, key), "numbers that somebody else has not seen"
    send(browser, address)
    run_jobs()
    assert upload().state == "done"


def test_new_terms_make_new_numbers(browser, survey, run_jobs, traveller):
    address = bring(browser, ROWS, survey)
    run_jobs()
    traveller.shift(60)
    with transaction():
        SendingRule.decide(survey.id, Terms(sample=1), workspace_id=survey.workspace_id, at=clock.now())
    assert "Nothing was sent yet" in send(browser, address)
    run_jobs()
    assert upload().foreseen["skip.sample"] > 0


def test_another_quarantine_of_the_workspace_or_a_closed_survey_make_new_numbers(cast, browser, survey, run_jobs):
    address = bring(browser, ROWS, survey)
    run_jobs()
    with transaction() as session:
        owner = session.get_one(type(cast.workspace), cast.workspace.id)
        owner.quarantine_days = 365 if owner.quarantine_days != 365 else 7
    assert "Nothing was sent yet" in send(browser, address)
    run_jobs()
    with transaction() as session:
        session.get_one(type(survey), survey.id).close(at=clock.now())
    assert "Nothing was sent yet" in send(browser, address)
    run_jobs()
    assert upload().foreseen["skip.closed"] > 0


def test_another_survey_may_be_chosen_and_is_counted(cast, browser, survey, run_jobs):
    address = bring(browser, ROWS, survey)
    run_jobs()
    assert upload().foreseen["skip.quarantine"] == 1
    second = a_survey(cast.workspace, "csat")
    assert browser.post(address, data={"survey": str(second.id)}).status_code == 303
    run_jobs()
    assert (upload().survey_id, upload().foreseen["skip.quarantine"], upload().foreseen["ask"]) == (second.id, 0, 4)
    assert browser.post(address, data={"survey": ""}).status_code == 303
    run_jobs()
    assert (upload().survey_id, upload().foreseen["keep"]) == (None, 4)
    assert "Take the rows in" in browser.get(address).text
    send(browser, address)
    run_jobs()
    assert upload().become()["keep"] == 4


@pytest.mark.parametrize("choice", ["nonsense", "draft", "elsewhere"])
def test_only_surveys_of_here_that_can_be_asked_may_be_chosen(cast, browser, survey, run_jobs, choice):
    address = bring(browser, ROWS, survey)
    others = {"draft": a_draft(cast.workspace), "elsewhere": a_survey(cast.elsewhere)}
    wanted = str(others[choice].id) if choice in others else choice
    assert browser.post(address, data={"survey": wanted}).status_code == 422
    assert upload().survey_id == survey.id


def test_a_survey_that_closes_meanwhile_asks_nobody_and_says_so(browser, survey, run_jobs):
    address = bring(browser, ROWS, survey)
    with transaction() as session:
        session.get_one(Survey, survey.id).close(at=AT)
    run_jobs()
    page = browser.get(address).text
    assert "is closed, so nobody is asked" in page
    assert upload().foreseen["skip.closed"] == 4


def test_counting_goes_on_in_turns_and_comes_to_the_same_numbers(browser, survey, run_jobs, monkeypatch):
    rows = table(*(f"T-{n},c{n % 40}@x.example,{'sl' if n % 3 else ''}" for n in range(120)))
    bring(browser, rows, survey)
    run_jobs()
    whole = upload().foreseen
    monkeypatch.setattr(forecaster, "TURN", 0.0)
    monkeypatch.setattr(forecaster, "BATCH", 7)
    with transaction():
        one = db.session.scalars(select(Upload)).one()
        one.plan(COLUMNS, one.survey_id, at=AT)
    turns = 0
    while upload().forecast["state"] == "counting":
        forecaster.foresee_upload(upload().id)
        turns += 1
    assert turns > 2
    assert upload().foreseen.counts == whole.counts
    assert upload().foreseen["ask"] == 40
    assert not importer.sheet_of(upload().id).exists()


def test_a_second_worker_leaves_the_counting_to_the_first(browser, survey):
    bring(browser, ROWS, survey)
    with forecaster.Sheet(importer.sheet_of(upload().id)):
        forecaster.foresee_upload(upload().id)
    assert upload().forecast["state"] == "counting"
    forecaster.foresee_upload(upload().id)
    assert upload().forecast["state"] == "done"


def test_a_file_that_is_gone_is_told(browser, survey, run_jobs):
    address = bring(browser, ROWS, survey)
    importer.file_of(upload().id).unlink()
    run_jobs()
    assert "The rows could not be counted" in browser.get(address).text


def test_send_pressed_twice_sends_once(browser, survey, run_jobs, outbox):
    address = bring(browser, ROWS, survey)
    run_jobs()
    key = upload().forecast["key"]
    for _ in range(2):
        send(browser, address, key)
    run_jobs()
    assert len(outbox()) == 3
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 4


def test_strangers_see_nothing_and_managers_may_not_send(browser_of, browser, cast, survey, run_jobs):
    address = bring(browser, ROWS, survey)
    run_jobs()
    for path in (address, address.replace("/forecast", "/send")):
        assert browser_of(cast.dmitri).post(path).status_code == 404
        assert browser_of(cast.cvetka).post(path).status_code == 403
    assert upload().state == "mapped"
