"""The outbox: what became of each mail, and what staff can do about it."""

import re
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import get_args

import pytest
from sqlalchemy import insert, select

from base import clock, courier
from base.breaker import PATIENCE, Breaker
from base.db import db, new_id, transaction
from base.events import Event
from base.outbox import Mail
from surveys import jobs, reminding, sender
from surveys.contact import Contact
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.survey import Survey
from tests.base.test_smtp import Postbox, listening
from tests.cast import a_survey, an_invitation


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


@pytest.fixture
def ana(cast, browser_of):
    return browser_of(cast.ana)


def fail(mail, words="550 5.7.1 no", **more):
    with transaction():
        kept = db.session.get_one(Mail, mail.id)
        kept.failed(words)
        for name, value in more.items():
            setattr(kept, name, value)


def states():
    db.session.rollback()
    return dict(db.session.execute(select(Mail.id, Mail.state)).all())


def test_an_address_finds_its_mails_whatever_its_capitals(cast, boris):
    a_mail(cast.workspace, 1, to="Eva@customer.example")
    a_mail(cast.workspace, 2, to="bo@customer.example")
    page = boris.get("/w/acme/outbox?q=EVA").text
    assert "Question 1" in page
    assert "Question 2" not in page
    assert "No mail to such an address" in boris.get("/w/acme/outbox?q=%25").text


def test_a_search_is_kept_from_page_to_page(cast, boris):
    for number in range(60):
        a_mail(cast.workspace, number, to=f"p{number}@shop.example" if number % 10 else "other@customer.example")
    page = boris.get("/w/acme/outbox?q=shop.example&state=queued").text
    older = re.search(r'rel="next" href="([^"]+)"', page).group(1).replace("&amp;", "&")
    assert {"q=shop.example", "state=queued"} <= set(older.partition("?")[2].split("&"))
    assert len(re.findall(r"Question (\d+)<", boris.get(older).text)) == 4


def test_failed_mails_are_tried_again_together_but_not_those_that_came_back(cast, ana, boris, run_jobs):
    failed = [a_mail(cast.workspace, number) for number in range(3)]
    for mail in failed:
        fail(mail)
    returned, gone = a_mail(cast.workspace, 8), a_mail(cast.workspace, 9)
    fail(returned, sent_at=clock.now())
    fail(gone, raw="")
    assert boris.post("/w/acme/outbox/retry").status_code == 403
    ana.post("/w/acme/outbox/retry")
    assert "3 mails are tried again" in ana.get("/w/acme/outbox").text
    run_jobs()
    assert [states()[mail.id] for mail in failed] == ["sent"] * 3
    assert [states()[mail.id] for mail in (returned, gone)] == ["failed"] * 2
    ana.post("/w/acme/outbox/retry")
    assert "No failed mail can go again" in ana.get("/w/acme/outbox").text


def test_one_press_tries_a_bounded_number(cast, ana, monkeypatch):
    monkeypatch.setattr("accounts.views.outbox.AT_ONCE", 2)
    mails = [a_mail(cast.workspace, number) for number in range(3)]
    for mail in mails:
        fail(mail)
    assert "Try the oldest 2 again" in ana.get("/w/acme/outbox?state=failed").text
    ana.post("/w/acme/outbox/retry")
    assert [states()[mail.id] for mail in mails] == ["queued", "queued", "failed"]


def test_a_mail_that_came_back_says_so_and_is_not_tried_again(cast, ana):
    mail = a_mail(cast.workspace)
    fail(mail, "550 5.1.1 User unknown", sent_at=clock.now())
    page = ana.get(f"/w/acme/outbox/{mail.id}").text
    assert "came back" in page
    assert "550 5.1.1 User unknown" in page
    assert "/retry" not in page
    assert ana.post(f"/w/acme/outbox/{mail.id}/retry").status_code == 409


def test_a_waiting_mail_is_taken_back_and_what_it_asks_is_not_asked(cast, ana, boris, run_jobs, outbox):
    survey = a_survey(cast.workspace)
    with transaction():
        occasion = Occasion(email="eva@customer.example", source="helpdesk", external_id="1")
        [(invitation, _)] = jobs.ask(db.session.get(Survey, survey.id), [occasion], at=clock.now())
    sender.write([invitation.id])
    mail = Mail.by_key(f"invitation:{invitation.id}")
    path = f"/w/acme/outbox/{mail.id}/withdraw"
    assert "Take back" in ana.get(f"/w/acme/outbox/{mail.id}").text
    assert boris.post(path).status_code == 403
    assert ana.post(path).status_code == 303
    assert ana.post(path).status_code == 409
    run_jobs()
    db.session.expire_all()
    kept = db.session.get(Invitation, invitation.id)
    assert (kept.status, kept.reason, outbox()) == ("skipped", "withdrawn", [])
    assert "Somebody took it back" in ana.get("/w/acme/outbox").text


def test_a_failed_mail_to_somebody_who_is_not_to_be_asked_stays(cast, ana):
    invitation = an_invitation(a_survey(cast.workspace), sent=False)
    mail = a_mail(cast.workspace, kind="invitation")
    fail(mail, about={"invitation_id": str(invitation.id)})
    with transaction() as session:
        session.get_one(Contact, invitation.contact_id).suppress("unsubscribed", at=clock.now())
    assert ana.post(f"/w/acme/outbox/{mail.id}/retry").status_code == 409
    ana.post("/w/acme/outbox/retry")
    assert states()[mail.id] == "failed"


def test_why_mails_wait_is_told_with_the_servers_words(cast, boris):
    mail = a_mail(cast.workspace)
    with transaction():
        kept = db.session.get_one(Mail, mail.id)
        kept.attempts = 2
        kept.postponed("421 4.3.2 Service shutting down", at=clock.now())
    page = boris.get("/w/acme/outbox").text
    assert "Mails wait because the mail server did not take one" in page
    assert "421 4.3.2 Service shutting down" in page
    assert "Next try in" in page
    taken = a_mail(cast.workspace, 1)
    with transaction():
        db.session.get_one(Mail, taken.id).sent("250 OK", at=clock.now() + timedelta(seconds=1))
    assert "Mails wait because" not in boris.get("/w/acme/outbox").text


def test_ten_thousand_mails_are_listed_and_searched_in_time(cast, boris):
    at = clock.now()
    common = {"workspace_id": cast.workspace.id, "kind": "note", "kept": "x" * 2000, "about": {}, "attempts": 1}
    rows = [
        common
        | {"id": new_id(), "dedupe_key": f"m{n}", "message_id": f"<{n}@s>", "subject": f"Question {n}"}
        | {"to_address": f"p{n}@customer.example", "state": "sent" if n % 50 else "failed"}
        | {"next_try_at": at, "created_at": at + timedelta(seconds=n)}
        for n in range(10_000)
    ]
    with transaction() as session:
        session.execute(insert(Mail), rows)
    for query in ("", "?state=failed", "?q=p9999", "?q=nobody"):
        began = time.process_time()
        assert boris.get(f"/w/acme/outbox{query}").status_code == 200
        assert time.process_time() - began < 1.5, query
    assert "10,000" in boris.get("/w/acme/outbox").text


@pytest.mark.parametrize(("words", "state"), [("filed as 1.eml", "filed"), ("250 taken", "sent")])
def test_a_mail_that_no_server_took_is_not_called_sent(cast, boris, words, state):
    mail = a_mail(cast.workspace)
    with transaction():
        db.session.get_one(Mail, mail.id).sent(words, at=clock.now())
    for path in ("outbox", f"outbox/{mail.id}"):
        tags = re.findall(r'<span class="tag[^>]*>(?:<svg.*?</svg>)?(\w+)</span>', boris.get(f"/w/acme/{path}").text)
        assert tags == [state], path


def test_the_list_of_failed_mails_opens_for_an_admin_when_none_failed(cast, ana):
    a_mail(cast.workspace)
    page = ana.get("/w/acme/outbox?state=failed")
    assert page.status_code == 200
    assert "Try all again" not in page.text


@pytest.mark.parametrize("path", ["surveys", "import", "digests", "outbox"])
def test_pages_that_send_say_when_no_mail_server_is_set(app, cast, ana, settings, path):
    assert "No mail server is set" in ana.get(f"/w/acme/{path}").text
    app.config["SETTINGS"] = replace(settings, smtp_url="smtp://127.0.0.1:1")
    try:
        assert "No mail server is set" not in ana.get(f"/w/acme/{path}").text
    finally:
        app.config["SETTINGS"] = settings


@contextmanager
def server_at(app, settings, url, **more):
    app.config["SETTINGS"] = replace(settings, smtp_url=url, **more)
    try:
        yield
    finally:
        app.config["SETTINGS"] = settings


def test_a_test_mail_that_arrives_is_told(app, cast, ana, settings):
    postbox = Postbox()
    with listening(postbox) as port, server_at(app, settings, f"smtp://127.0.0.1:{port}"):
        assert "ana@acme.example" in ana.get("/w/acme/outbox/test").text
        page = ana.post("/w/acme/outbox/test").text
    assert "The mail server took it" in page
    [mail] = [message_from_bytes(raw, policy=policy.SMTP) for raw in postbox.mails]
    assert mail["To"] == "Ana <ana@acme.example>"
    assert mail["List-Unsubscribe"] is None
    assert db.session.scalar(select(Event.data).where(Event.kind == "mail.tested")) == {
        "taken": True,
        "step": "content",
    }


def test_a_test_mail_that_is_refused_shows_the_conversation_and_advice(app, cast, ana, settings):
    postbox = Postbox(rcpt="554 5.7.1 <script>alert(1)</script> Relay access denied")
    with listening(postbox) as port, server_at(app, settings, f"smtp://127.0.0.1:{port}"):
        page = ana.post("/w/acme/outbox/test").text
    assert "The mail server did not take it" in page
    assert "does not pass mail on for us" in page
    assert "Relay access denied" in page
    assert "<script>alert" not in page


def test_the_test_mail_is_for_admins_and_bounded(app, cast, ana, boris, settings, monkeypatch):
    assert boris.post("/w/acme/outbox/test").status_code == 403
    assert ana.post("/w/acme/outbox/test").status_code == 409
    monkeypatch.setattr("accounts.views.probing.HOURLY", 2)
    with listening(Postbox()) as port, server_at(app, settings, f"smtp://127.0.0.1:{port}"):
        assert [ana.post("/w/acme/outbox/test").status_code for _ in range(3)] == [200, 200, 429]


def test_no_transaction_is_open_while_a_server_keeps_us_waiting(app, cast, ana, settings):
    open_ones, pool = [], db.engine.pool

    class Watching(Postbox):
        async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
            open_ones.append(pool.checkedout())
            return await super().handle_RCPT(server, session, envelope, address, options)

    db.session.rollback()
    db.session.remove()
    before = pool.checkedout()
    with listening(Watching()) as port, server_at(app, settings, f"smtp://127.0.0.1:{port}"):
        assert ana.post("/w/acme/outbox/test").status_code == 200
    assert open_ones == [before]


def test_the_outbox_says_that_the_mail_server_works_with_us_no_more(cast, browser_of):
    with transaction():
        Breaker.note(PATIENCE, "535 5.7.8 wrong password", broken_before=True, at=clock.now())
    page = browser_of(cast.ana).get("/w/acme/outbox")
    assert page.status_code == 200
    assert "The mail server has not worked with us since" in page.text
    assert "535 5.7.8 wrong password" in page.text


def reasons():
    """Every word that can stand as the reason of a mail that was taken back."""
    return ["suppressed", "withdrawn", "cancelled", "stopped", *get_args(reminding.Reason), "erased", "anything"]


@pytest.mark.parametrize("reason", reasons())
def test_why_a_mail_was_not_sent_is_told_in_a_sentence(cast, boris, reason):
    mail = a_mail(cast.workspace, kind="reminder")
    with transaction() as session:
        session.get_one(Mail, mail.id).suppress(reason)
    page = boris.get(f"/w/acme/outbox/{mail.id}").text
    assert re.search(r"<dt>Why</dt><dd>[A-Z][^_<]+ [^_<]+\.</dd>", page)
