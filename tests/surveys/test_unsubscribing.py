"""Ending surveys by the link of a mail."""

import re
from html import unescape

import pytest
import time_machine
from sqlalchemy import select

from base import clock, tokens
from base.db import db, new_id, transaction
from base.events import Event
from feedback.response import Response
from surveys import emails, jobs
from surveys.contact import Contact
from surveys.intake import Occasion
from surveys.intent import Intent
from tests.cast import AT, a_contact, a_survey

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mara(cast):
    return a_contact(cast.workspace, name="Mara", locale="sl")


def path_of(contact, locale="sl", survey=None):
    """The link of a mail about `survey`; by itself one of a survey that is gone."""
    return emails.unsubscribe_url(contact.id, survey.id if survey else new_id(), locale).removeprefix(
        "http://surveys.example"
    )


def reason(contact):
    return db.session.get(Contact, contact.id, populate_existing=True).suppressed_reason


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_changes_nothing(client, mara, method):
    for _ in range(3):
        assert getattr(client, method)(path_of(mara)).status_code == 200
    assert reason(mara) is None


def test_the_page_asks_in_the_language_of_the_mail(client, mara):
    page = client.get(path_of(mara)).text
    assert '<html lang="sl"' in page
    assert "Acme" in page
    assert page.count("<button") == 1


@pytest.mark.usefixtures("csrf")
def test_a_mail_program_unsubscribes_with_one_post_without_cookies(app, mara):
    client = app.test_client(use_cookies=False)
    for _ in range(2):
        answer = client.post(path_of(mara), data=ONE_CLICK)
        assert (answer.status_code, answer.headers.get("Location")) == (200, None)
        assert "Set-Cookie" not in answer.headers
    assert reason(mara) == "unsubscribed"
    assert len(db.session.scalars(select(Event).where(Event.kind == "contact.suppressed")).all()) == 1


def test_the_post_may_be_multipart_as_the_standard_allows(client, mara):
    assert client.post(path_of(mara), data=ONE_CLICK, content_type="multipart/form-data").status_code == 200
    assert reason(mara) == "unsubscribed"


def test_a_mistake_is_undone_with_one_button(client, mara):
    page = client.post(path_of(mara), data=ONE_CLICK).text
    assert 'name="undo"' in page
    assert client.post(path_of(mara), data={"undo": "1"}).status_code == 200
    assert reason(mara) is None


def test_what_staff_ended_is_not_resumed_by_a_link(client, mara):
    with transaction():
        db.session.get(Contact, mara.id).suppress("by hand", at=AT)
    client.post(path_of(mara), data={"undo": "1"})
    assert reason(mara) == "by hand"


def test_a_post_that_says_nothing_changes_nothing(client, mara):
    assert client.post(path_of(mara)).status_code == 400
    assert client.post(path_of(mara), data={"List-Unsubscribe": "no"}).status_code == 400
    assert reason(mara) is None


def test_a_forged_link_is_unknown_and_changes_nothing(client, mara):
    good = path_of(mara)
    token = good.removeprefix("/u/")
    forged = [good[:-1] + ("A" if good[-1] != "A" else "B"), "/u/nothing", f"/u/{mara.id.hex}sl", f"{good}.x"]
    forged += [f"/u/{tokens.sign('something else', f'{mara.id.hex}sl')}", f"/u/{token[4:]}", f"/u/{token.upper()}"]
    for path in forged:
        assert client.get(path).status_code == 404
        assert client.post(path, data=ONE_CLICK).status_code == 404
    assert reason(mara) is None


def test_every_changed_byte_is_noticed(client, mara):
    good = path_of(mara).removeprefix("/u/")
    for place in range(len(good)):
        other = "A" if good[place] != "A" else "B"
        answer = client.post(f"/u/{good[:place]}{other}{good[place + 1 :]}", data=ONE_CLICK)
        # The last characters of base64 may hold spare bits that mean nothing: then it is still Mara's own link.
        assert answer.status_code == 404 or place == len(good) - 1
    assert reason(mara) is None


def test_a_link_ends_the_surveys_of_its_own_workspace_only(client, cast, mara):
    other = a_contact(cast.elsewhere, mara.email)
    client.post(path_of(mara), data=ONE_CLICK)
    assert (reason(mara), reason(other)) == ("unsubscribed", None)


def test_a_link_works_for_years_and_after_an_erasure(client, mara):
    path = path_of(mara)
    gone = emails.unsubscribe_url(new_id(), new_id(), "pl").removeprefix("http://surveys.example")
    with time_machine.travel(AT.replace(year=2036)):
        assert client.post(gone, data=ONE_CLICK).status_code == 200
        assert client.post(path, data=ONE_CLICK).status_code == 200
    assert reason(mara) == "unsubscribed"


def test_a_scanner_that_opens_every_link_of_a_mail_unsubscribes_nobody(client, cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    with transaction():
        jobs.ask(survey, [Occasion(email="mara@customer.example", source="api", external_id="1")], at=clock.now())
    run_jobs()
    [mail] = outbox()
    bodies = "".join(mail.get_body((kind,)).get_content() for kind in ("html", "plain")) + mail["List-Unsubscribe"]
    links = {unescape(link) for link in re.findall(r"https?://[^\s\"<>]+", bodies) if "surveys.example" in link}
    assert len(links) == 14  # the question, eleven scores, the decoy, the end
    for link in sorted(links):
        for method in (client.head, client.get):
            assert method(link.removeprefix("http://surveys.example")).status_code == 200
    run_jobs()
    assert db.session.scalars(select(Contact.suppressed_at)).all() == [None]
    assert db.session.scalars(select(Response)).all() == []
    assert {intent.kind for intent in db.session.scalars(select(Intent))} <= {"head", "open", "decoy"}


def test_unsubscribing_by_the_header_stops_what_was_to_come(client, cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)

    def ask(ident):
        with transaction():
            jobs.ask(survey, [Occasion(email="m@x.example", source="api", external_id=ident)], at=clock.now())
        run_jobs()

    ask("1")
    [mail] = outbox()
    client.post(mail["List-Unsubscribe"][1:-1].removeprefix("http://surveys.example"), data=ONE_CLICK)
    ask("2")
    assert len(outbox()) == 1


@pytest.mark.parametrize(
    ("header", "lang"), [("nn-NO, nn;q=0.9", "nb"), ("pt-BR", "pt"), ("ar-EG", "ar"), ("zh", "en")]
)
@pytest.mark.parametrize("path", ["/u/nothing", "/s/nothing"])
def test_a_link_that_leads_nowhere_says_so_in_the_browsers_language(client, path, header, lang):
    page = client.get(path, headers={"Accept-Language": header}).text
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in page
