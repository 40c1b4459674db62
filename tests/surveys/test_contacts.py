"""The people pages: everybody who may be asked, and one person's whole story."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from base import clock
from base.db import db, transaction
from surveys import jobs
from surveys.contact import Contact
from surveys.folding import folded, search_key
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.roster import Roster, Wanted, size
from surveys.survey import Survey
from tests.cast import AT, a_contact, a_person, a_response, a_survey, an_interaction, an_invitation

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def browser(browser_of, cast):
    return browser_of(cast.boris)


def page_of(browser, path="", **query):
    return browser.get(f"/w/acme/contacts{path}", query_string=query).get_data(as_text=True)


def names(html):
    return re.findall(r'class="person-name row-link"[^>]*>([^<]*)</a>', html)


def ask(survey, email, *, at=AT):
    with transaction():
        occasion = Occasion(email=email, source="helpdesk", external_id=f"T-{email}-{at.timestamp()}")
        return jobs.ask(db.session.get(Survey, survey.id), [occasion], at=at)[0][0].id


def test_an_empty_workspace_says_how_people_come_in(browser, cast):
    html = page_of(browser)
    assert "Nobody to ask yet" in html
    assert "/w/acme/import" in html
    assert "/api/v1/interactions" in html


def test_the_newest_person_comes_first_with_what_they_were_asked(browser, cast):
    survey = a_survey(cast.workspace, name="After the ticket")
    a_contact(cast.workspace, "first@customer.example", name="First")
    a_response(an_invitation(survey, email="second@customer.example"), 3)
    html = page_of(browser)
    assert names(html) == ["second@customer.example", "First"]
    assert "After the ticket" in html
    assert "Never" in html


def test_a_skipped_request_hides_no_earlier_one(cast):
    survey = a_survey(cast.workspace)
    an_invitation(survey)
    later = an_invitation(survey, at=AT + timedelta(days=1), sent=False)
    with transaction():
        db.session.get(Invitation, later.id).skip("closed", at=AT)
    [(_, last)] = Roster.page(Wanted(cast.workspace.id), limit=5).people
    assert (last.status, last.at) == ("sent", AT + timedelta(seconds=5))


def test_paging_visits_everybody_once_in_both_directions(cast):
    made = [a_contact(cast.workspace, f"p{n}@customer.example").id for n in range(7)]
    a_contact(cast.elsewhere, "other@customer.example")
    wanted = Wanted(cast.workspace.id)
    page = Roster.page(wanted, limit=3)
    seen, pages = [], [page]
    while True:
        seen += [contact.id for contact, _ in page.people]
        if page.older is None:
            break
        page = Roster.page(wanted, limit=3, after=page.older)
        pages.append(page)
    assert seen == made[::-1]
    assert [len(one.people) for one in pages] == [3, 3, 1]
    back = Roster.page(wanted, limit=3, before=page.newer)
    assert [c.id for c, _ in back.people] == [c.id for c, _ in pages[1].people]
    assert back.older == pages[1].older
    first = Roster.page(wanted, limit=3, before=back.newer)
    assert (first.newer, [c.id for c, _ in first.people]) == (None, made[:3:-1])


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ("žagar", True),
        ("ZAGAR", True),
        ("ana žag", True),
        ("žagar ana", True),
        ("ana@", True),
        ("%", False),
        ("_", False),
        ("žagarr", False),
    ],
)
def test_a_slovenian_name_is_found_with_and_without_carons(cast, wish, found):
    a_contact(cast.workspace, "ana@customer.example", name="Ana Žagar")
    assert size(Wanted.read(cast.workspace.id, wish)) == int(found)


@pytest.mark.parametrize(
    ("name", "wish"),
    [("Γιώργος Παπαδάκης", "ΓΙΩΡΓΟΣ παπαδακησ"), ("Екатерина Щукина", "щУКИНА"), ("Łukasz Wąs", "lukasz was")],
)
def test_every_script_is_found_whatever_the_capitals(cast, name, wish):
    a_contact(cast.workspace, "someone@customer.example", name=name)
    a_contact(cast.workspace, "other@customer.example", name="Other")
    assert size(Wanted.read(cast.workspace.id, wish)) == 1


def test_folding_twice_changes_nothing():
    for text in ("Žagar", "ΣΊΣΥΦΟΣ", "İstanbul", "Straße", "ﬁ", "Ǆ"):
        assert folded(folded(text)) == folded(text)
    assert len(search_key("ß" * 200, "ﬃ" * 320)) == 600


def test_a_name_that_an_import_brings_is_found_at_once(cast):
    a_contact(cast.workspace, "ana@customer.example", name="Ana")
    survey = a_survey(cast.workspace)
    with transaction():
        occasion = Occasion(email="ana@customer.example", source="s", external_id="1", name="Ana Čuk")
        other = Occasion(email="new@customer.example", source="s", external_id="2", name="Živa")
        jobs.ask(db.session.get(Survey, survey.id), [occasion, other], at=AT)
    assert size(Wanted.read(cast.workspace.id, "cuk")) == 1
    assert size(Wanted.read(cast.workspace.id, "ziva")) == 1


def test_nobody_found_says_so_and_leads_back(browser, cast):
    a_contact(cast.workspace)
    html = page_of(browser, q="nowhere")
    assert "Nobody matches “nowhere”" in html
    assert "Clear the search" in html


def test_the_list_of_those_not_to_be_asked_says_why(browser, cast):
    a_contact(cast.workspace, "asked@customer.example")
    for reason in ("unsubscribed", "bounced", "by hand"):
        with transaction():
            contact = Contact.keep(cast.workspace.id, f"{reason.replace(' ', '-')}@customer.example", at=AT)
            contact.suppress(reason, at=AT)
    html = page_of(browser, only="suppressed")
    assert len(names(html)) == 3
    for words in ("Unsubscribed", "Mail comes back", "Not to be asked"):
        assert f"{words}</span>" in html


def test_a_person_who_is_not_to_be_asked_is_skipped_next_time_and_asked_after_the_undo(browser, cast, run_jobs, outbox):
    survey, mara = a_survey(cast.workspace), a_contact(cast.workspace)
    assert browser.post(f"/w/acme/contacts/{mara.id}/suppress").status_code == 303
    first = db.session.get(Invitation, ask(survey, mara.email))
    assert (first.status, first.reason) == ("skipped", "suppressed")
    assert "not to be asked any more" in page_of(browser, f"/{mara.id}")
    browser.post(f"/w/acme/contacts/{mara.id}/welcome")
    second = ask(survey, mara.email, at=clock.now())
    run_jobs()
    assert [mail["To"].addresses[0].addr_spec for mail in outbox()] == [mara.email]
    assert db.session.scalars(select(Invitation.status).where(Invitation.id == second)).one() == "sent"


def test_what_waits_for_somebody_is_taken_back_when_they_are_not_to_be_asked(browser, cast, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    invitation = an_invitation(survey, sent=False)
    browser.post(f"/w/acme/contacts/{invitation.contact_id}/suppress")
    run_jobs()
    db.session.refresh(invitation)
    assert invitation.reason == "suppressed"
    assert outbox() == []


def test_the_story_tells_of_interaction_request_answer_and_wish(browser, cast):
    survey = a_survey(cast.workspace, name="After the ticket")
    response = a_response(an_invitation(survey), 2, "Slow")
    contact = db.session.get(Contact, response.contact_id)
    an_interaction(contact, external_id="T-77", agent=None, team=None, channel="chat")
    browser.post(f"/w/acme/contacts/{contact.id}/suppress")
    html = page_of(browser, f"/{contact.id}")
    for words in ("Vid · North · email", "Mail sent", "Answered", "T-77", "Nothing was asked about it"):
        assert words in html
    assert "Boris decided not to ask them any more" in html
    assert f"/w/acme/responses/{response.id}" in html


def test_a_mail_that_waits_says_until_when(browser, cast):
    invitation = an_invitation(a_survey(cast.workspace), sent=False)
    assert "Waits to be sent" in page_of(browser, f"/{invitation.contact_id}")
    assert "Waits to be sent" in page_of(browser)


def test_name_and_language_can_be_corrected_and_are_found_by_the_new_ones(browser, cast):
    mara = a_contact(cast.workspace, name="Mrara", locale="de")
    assert '<option selected value="de">Deutsch</option>' in page_of(browser, f"/{mara.id}")
    answer = browser.post(f"/w/acme/contacts/{mara.id}", data={"name": "  Mara\n Čop ", "locale": "sl"})
    assert answer.status_code == 303
    db.session.refresh(mara)
    assert (mara.name, mara.locale) == ("Mara Čop", "sl")
    assert names(page_of(browser, q="cop")) == ["Mara Čop"]
    assert "Boris corrected name and language" in page_of(browser, f"/{mara.id}")


def test_a_correction_that_cannot_be_is_refused_at_its_field(browser, cast):
    mara = a_contact(cast.workspace, name="Mara")
    answer = browser.post(f"/w/acme/contacts/{mara.id}", data={"name": "x" * 201, "locale": "tlh"})
    assert answer.status_code == 422
    assert "At most 200 characters" in answer.get_data(as_text=True)
    db.session.refresh(mara)
    assert mara.name == "Mara"


def test_a_hostile_name_is_only_text(browser, cast):
    mara = a_contact(cast.workspace, "mara@customer.example", name=HOSTILE, properties={HOSTILE: HOSTILE})
    an_interaction(mara, external_id=HOSTILE, agent=HOSTILE)
    for html in (page_of(browser), page_of(browser, q=HOSTILE), page_of(browser, f"/{mara.id}")):
        assert HOSTILE not in html
        assert "alert(" in html


def test_another_workspace_has_none_of_it(browser_of, browser, cast):
    mara = a_contact(cast.workspace)
    stranger = browser_of(cast.dmitri)
    assert stranger.get("/w/acme/contacts").status_code == 404
    assert stranger.get(f"/w/elsewhere/contacts/{mara.id}").status_code == 404
    for act in ("", "/suppress", "/welcome"):
        assert stranger.post(f"/w/elsewhere/contacts/{mara.id}{act}", data={"name": "X"}).status_code == 404
    assert names(stranger.get("/w/elsewhere/contacts").get_data(as_text=True)) == []


def test_a_manager_looks_and_a_viewer_may_not(browser_of, cast):
    mara = a_contact(cast.workspace)
    manager, viewer = browser_of(cast.cvetka), browser_of(a_person("Vera", cast.workspace, "viewer"))
    html = manager.get(f"/w/acme/contacts/{mara.id}").get_data(as_text=True)
    assert "Do not ask any more" not in html
    assert manager.post(f"/w/acme/contacts/{mara.id}/suppress").status_code == 403
    assert viewer.get("/w/acme/contacts").status_code == 403
    assert viewer.get(f"/w/acme/contacts/{mara.id}").status_code == 403


@pytest.mark.parametrize(
    "query", [{"after": "nonsense"}, {"before": "1"}, {"only": "x"}, {"q": "\0" * 5}, {"q": "a" * 5000}]
)
def test_nonsense_in_the_address_breaks_nothing(browser, cast, query):
    a_contact(cast.workspace)
    assert browser.get("/w/acme/contacts", query_string=query).status_code == 200
