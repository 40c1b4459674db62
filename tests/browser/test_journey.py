"""The main job, end to end, as people do it: from a solved ticket to the comment in a manager's inbox."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts import hashing
from accounts.user import User
from base import clock
from base.db import db, transaction
from surveys.invitation import Invitation
from surveys.survey import Survey

PASSWORD = "a word of Boris that is long enough"
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"
QUESTION = "How likely are you to recommend Acme after our help?"
COMMENT = "Trikrat sem klicala, nihče ni vedel, kje je moj paket."
TICKETS = (
    "Številka;E-pošta;Ime;Jezik;Agent;Ekipa;Kanal;Rešeno\r\n"
    "T-1;ziva@customer.example;Živa Čuček;slovenščina;Špela Žagar;Sever;klepet;18. 11. 2026 10:00\r\n"
    "T-2;not an address;Jože;slovenščina;Špela Žagar;Sever;klepet;18. 11. 2026 11:00\r\n"
)
MEANINGS = ["external_id", "email", "name", "locale", "agent", "team", "channel", "occurred_at"]


@pytest.fixture
def shown(browse, request):
    """`browse`, which keeps pictures of all pages when the test fails and AFTERWORD_TEST_PICTURES names a folder."""
    pages = []

    def open_page(*args, **wishes):
        pages.append(browse(*args, **wishes))
        return pages[-1]

    yield open_page
    folder = os.environ.get("AFTERWORD_TEST_PICTURES")
    if folder and request.session.testsfailed:
        for number, page in enumerate(pages):
            page.screenshot(path=Path(folder) / f"{request.node.name}-{number}.png", full_page=True)


def signs_in(page, person):
    """By the form, with CSRF and all."""
    with transaction() as session:
        session.get_one(User, person.id).change_password(hashing.keep(PASSWORD), at=clock.now())
    page.goto("/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/w/acme/surveys")


def makes_a_survey(page):
    """NPS in English and Slovenian, with a question of our own; the preview follows. Returns its address."""
    page.get_by_role("link", name="New survey").first.click()
    page.get_by_role("link", name="Loyalty (NPS)").click()
    page.get_by_label("Name").fill("After a solved ticket")
    page.check("[name=locales][value=sl]")
    page.get_by_role("button", name="Create and edit").click()
    page.wait_for_url("**/edit")
    page.get_by_role("button", name=re.compile("recommend")).click()
    page.get_by_label("Question", exact=True).fill(QUESTION)
    preview = page.frame_locator("[data-stage] iframe:not([data-coming])")
    expect(preview.get_by_role("heading", name=QUESTION)).to_be_visible()
    page.get_by_role("button", name="Slovenščina").click()
    page.get_by_role("button", name="Thank you").click()
    page.get_by_label("Thank-you heading", exact=True).fill("Najlepša hvala!")
    expect(preview.locator("html[lang=sl]")).to_be_attached()
    return page.url.removesuffix("/edit")


def publishes(page):
    page.get_by_role("link", name="Review and publish").click()
    expect(page.get_by_text(QUESTION)).to_be_visible()
    page.get_by_role("button", name="Publish version 1").click()
    expect(
        page.get_by_text("Live").or_(page.get_by_text("Published")).or_(page.get_by_text("version 1")).first
    ).to_be_visible()
    assert db.session.scalars(db.select(Survey)).one().published_number == 1


def uploads_tickets(page, run_jobs):
    """A table of a Slovenian helpdesk as Excel saves it; one of its rows is wrong."""
    page.goto("/w/acme/import")
    table = {"name": "zahtevki.csv", "mimeType": "text/csv", "buffer": TICKETS.encode("cp1250")}
    page.get_by_label("CSV file").set_input_files(table)
    page.get_by_role("button", name="Continue to the columns").click()
    page.wait_for_url(re.compile(r"/import/[0-9a-f-]{36}"))
    expect(page.get_by_text("Živa Čuček").first).to_be_visible()
    for index, meaning in enumerate(MEANINGS):
        page.locator("select[name=column]").nth(index).select_option(meaning)
    page.get_by_role("button", name="See who will be asked").click()
    page.wait_for_url("**/forecast")
    run_jobs()
    page.get_by_role("button", name="Send to 1 person").click()
    page.wait_for_url(re.compile(r"/import/[0-9a-f-]{36}$"))
    run_jobs()
    page.reload()
    expect(page.get_by_text("person asked")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="not an address")).to_contain_text("E-pošta")


def makes_a_key(page):
    page.goto("/w/acme/settings/keys")
    page.get_by_label("Name").fill("Helpdesk")
    page.get_by_role("button", name="Make the key").click()
    return page.locator(".secret-text").inner_text()


def reports_a_ticket(page, key):
    """As a helpdesk does when a ticket is solved; twice, because helpdesks repeat themselves."""
    ticket = {"source": "helpdesk", "external_id": "T-900", "agent": "Vid", "team": "North", "channel": "email"}
    asked = {"survey": "after-a-solved-ticket", "email": "tom@customer.example", "locale": "en", "interaction": ticket}
    replies = [
        page.request.post("/api/v1/invitations", data=asked, headers={"Authorization": f"Bearer {key}"})
        for _ in range(2)
    ]
    assert [reply.status for reply in replies] == [201, 200]
    assert replies[0].json()["id"] == replies[1].json()["id"]


def mail_to(outbox, address):
    """The newest mail to that address, from the file that it became."""
    return [mail for mail in outbox() if address in str(mail["To"])][-1]


def links_of(mail):
    html = mail.get_body(("html",)).get_content()
    return re.findall(r'href="([^"]+)"', html)


def answers(page, link, *, score, comment, send, thanks):
    """Opens the mail's link, finds the score chosen, writes for more than the second that programs need, and sends."""
    page.goto(link)
    expect(page.locator(f"#s{score}")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#comment").press_sequentially(comment, delay=1200 / len(comment))
    page.get_by_role("button", name=send).tap()
    expect(page.get_by_role("heading", name=thanks)).to_be_visible()


def changes_the_answer(page):
    page.get_by_role("link", name="Spremeni odgovor").tap()
    page.locator("label:has(#s4)").tap()
    expect(page.locator("#comment")).not_to_have_value("")  # what was said before is there
    page.locator("#comment").fill("")
    page.locator("#comment").press_sequentially(COMMENT, delay=1200 / len(COMMENT))
    page.get_by_role("button", name="Pošlji").tap()
    expect(page.get_by_role("heading", name="Najlepša hvala!")).to_be_visible()


def reads_the_results(page, address):
    page.goto(f"{address}/results")
    verdict = page.get_by_role("region", name="Net Promoter Score").or_(page.locator(".verdict")).first
    expect(verdict.locator(".verdict-value")).to_have_text("0")
    expect(verdict.locator(".verdict-n")).to_contain_text("2 answers")
    card = page.get_by_role("article").filter(has_text=COMMENT)
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Živa Čuček")


def orders_a_digest_now(page, run_jobs, *, to):
    page.goto("/w/acme/digests")
    page.get_by_role("link", name="New digest").first.click()
    page.get_by_label("Email").fill(to)
    page.get_by_role("button", name="Order the digest").click()
    page.get_by_role("link", name="Preview").click()
    expect(page.frame_locator(".letter-frame").get_by_text(COMMENT, exact=True)).to_be_visible()
    page.get_by_role("button", name="Send now").click()
    page.get_by_role("dialog").get_by_role("button", name="Send now").click()
    page.wait_for_url("**/issues/*")
    run_jobs()


def opens_the_comment_from_the_mail(page, mail):
    text = mail.get_body(("plain",)).get_content()
    assert COMMENT in " ".join(text.split())
    assert COMMENT in " ".join(mail.get_body(("html",)).get_content().split())
    (link,) = {link for link in links_of(mail) if "?answer=" in link}
    page.goto(link)
    expect(page.get_by_text(COMMENT).first).to_be_visible()
    assert page.evaluate("location.pathname").endswith(f"/responses/{link.partition('=')[2]}")


@pytest.mark.long
def test_the_journey_from_a_solved_ticket_to_the_managers_inbox(cast, csrf, shown, run_jobs, outbox):
    boris, ana, cvetka = shown(), shown(cast.ana), shown(cast.cvetka)
    signs_in(boris, cast.boris)
    address = makes_a_survey(boris)
    publishes(boris)
    uploads_tickets(boris, run_jobs)
    reports_a_ticket(ana, makes_a_key(ana))
    run_jobs()

    phone = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "user_agent": PHONE}
    invitation = mail_to(outbox, "ziva@customer.example")
    assert "Živa Čuček" in invitation.get_body(("plain",)).get_content()
    link = next(link for link in links_of(invitation) if link.endswith("/3"))
    ziva = shown(locale="sl-SI", **phone)
    answers(ziva, link, score=3, comment="Slabo.  Ni in ni konca.", send="Pošlji", thanks="Najlepša hvala!")
    changes_the_answer(ziva)
    link = next(link for link in links_of(mail_to(outbox, "tom@customer.example")) if link.endswith("/9"))
    tom = shown(locale="en-GB", **phone)
    answers(tom, link, score=9, comment="Vid solved it in five minutes. Thanks!", send="Send", thanks="Thank you")
    run_jobs()

    reads_the_results(boris, address)
    orders_a_digest_now(cvetka, run_jobs, to=cast.cvetka.email)
    opens_the_comment_from_the_mail(cvetka, mail_to(outbox, cast.cvetka.email))
    assert {i.status for i in db.session.scalars(db.select(Invitation))} == {"answered"}
    for page in (boris, ana, cvetka, ziva, tom):
        assert page.complaints == page.elsewhere == []
