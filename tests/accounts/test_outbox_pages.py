import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from base import clock, courier
from base.db import db, transaction
from base.outbox import Mail


def a_mail(workspace, number=0, *, kind="note", html="<p>Hello <b>you</b></p>", to="eva@customer.example"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Acme <acme@acme.example>", to, f"Question {number}"
    message.set_content("Hello you")
    message.add_alternative(html, subtype="html")
    with transaction():
        at = clock.now() + timedelta(seconds=number)
        return courier.post(message, kind=kind, dedupe_key=f"t{number}{kind}", workspace_id=workspace.id, at=at)


@pytest.fixture
def boris(cast, browser_of):
    return browser_of(cast.boris)


def test_the_list_says_that_nobody_receives_mail_without_a_server(cast, boris):
    assert "nobody receives them" in boris.get("/w/acme/outbox").text


def test_mails_are_listed_by_state_with_the_servers_words(cast, boris):
    mail = a_mail(cast.workspace)
    with transaction():
        db.session.get_one(Mail, mail.id).failed("550 5.1.1 No such mailbox")
    a_mail(cast.workspace, 1)
    page = boris.get("/w/acme/outbox?state=failed").text
    assert "550 5.1.1 No such mailbox" in page
    assert "Question 1" not in page


def test_pages_follow_each_other_without_gaps_both_ways(cast, boris):
    for number in range(120):
        a_mail(cast.workspace, number)
    seen, address = [], "/w/acme/outbox"
    while address:
        page = boris.get(address).text
        seen += re.findall(r"Question (\d+)<", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        last, address = address, older.group(1).replace("&amp;", "&") if older else None
    assert seen == [str(number) for number in range(119, -1, -1)]
    newer = re.search(r'rel="prev" href="([^"]+)"', boris.get(last).text).group(1).replace("&amp;", "&")
    assert re.findall(r"Question (\d+)<", boris.get(newer).text) == [str(number) for number in range(69, 19, -1)]


def test_the_html_of_a_mail_is_shown_without_power(cast, boris):
    mail = a_mail(cast.workspace, html="<script>alert(1)</script><p>Hi</p>")
    page = boris.get(f"/w/acme/outbox/{mail.id}").text
    assert 'sandbox=""' in page
    assert "<script>alert" not in page
    frame = boris.get(f"/w/acme/outbox/{mail.id}/html")
    rules = frame.headers["Content-Security-Policy"]
    assert rules.startswith("sandbox;")
    assert "default-src 'none'" in rules
    assert "script" not in rules


def test_the_source_is_for_admins(cast, boris, browser_of):
    mail = a_mail(cast.workspace)
    assert "Content-Transfer-Encoding" not in boris.get(f"/w/acme/outbox/{mail.id}").text
    assert "Content-Transfer-Encoding" in browser_of(cast.ana).get(f"/w/acme/outbox/{mail.id}").text


def test_links_into_accounts_are_read_by_nobody_else(cast, boris, browser_of):
    mail = a_mail(cast.workspace, kind="invite", html="<p>one-time link</p>")
    for browser in (boris, browser_of(cast.ana)):
        assert "Hello you" not in browser.get(f"/w/acme/outbox/{mail.id}").text
        assert browser.get(f"/w/acme/outbox/{mail.id}/html").status_code == 404


def test_a_failed_mail_is_tried_again_by_an_admin_only(cast, boris, browser_of, run_jobs):
    mail = a_mail(cast.workspace)
    ana, path = browser_of(cast.ana), f"/w/acme/outbox/{mail.id}/retry"
    assert ana.post(path).status_code == 409
    with transaction():
        db.session.get_one(Mail, mail.id).failed("550 no")
    assert boris.post(path).status_code == 403
    assert ana.post(path).status_code == 303
    run_jobs()
    assert db.session.scalar(select(Mail.state).where(Mail.id == mail.id)) == "sent"


def test_mails_of_another_workspace_do_not_exist(cast, browser_of):
    mail, dmitri = a_mail(cast.workspace), browser_of(cast.dmitri)
    for path in ("", "/html"):
        assert dmitri.get(f"/w/elsewhere/outbox/{mail.id}{path}").status_code == 404
    assert dmitri.post(f"/w/elsewhere/outbox/{mail.id}/retry").status_code == 404
    assert "Question" not in dmitri.get(f"/w/elsewhere/outbox?before={mail.id}").text
