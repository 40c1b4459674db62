"""The conversation with a customer: what goes out, what comes back, and who is told."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_string, policy

import pytest
import time_machine
from sqlalchemy import select

from base import clock, courier, return_path
from base.db import db, new_id, transaction
from base.delivery import Delivery
from base.outbox import Mail
from feedback import casework
from feedback.case import Case
from feedback.case_entry import CaseEntry
from surveys import mailroom
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.erasure import Erasure
from surveys.holding import Subject, all_holdings
from tests.cast import AT, a_survey
from tests.feedback.followers import cases, ruled, told_us, trail
from tests.town import rows

MARA = "mara@customer.example"


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel(AT + timedelta(hours=2), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def bounce_address(app, settings):
    app.config["SETTINGS"] = replace(settings, bounce_address="bounces@surveys.example.com")
    yield
    app.config["SETTINGS"] = settings


@pytest.fixture
def case(cast, run_jobs):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey, owner_by="person", person=cast.cvetka)
    with transaction() as session:
        session.get_one(type(cast.workspace), cast.workspace.id).reply_to = "help@acme.example"
    told_us(survey, 2, "Nobody called me back.")
    run_jobs()
    return cases()[0]


@pytest.fixture
def write(cast, case, run_jobs):
    def send(words="I am sorry, Mara.", key=None):
        with transaction():
            casework.write_to(Case.locked(case.id), words, cast.boris, key=key or new_id(), at=clock.now())
        run_jobs()
        return to_customers()[-1]

    return send


@pytest.fixture
def receive(run_jobs):
    def take(raw, recipient):
        with transaction():
            mailroom.receive(raw.encode(), recipient, at=clock.now())
        run_jobs()

    return take


def to_customers():
    db.session.rollback()
    return list(db.session.scalars(select(Mail).where(Mail.kind == "case").order_by(Mail.created_at, Mail.id)))


def notices():
    db.session.rollback()
    return [
        (mail.to_address, mail.subject)
        for mail in db.session.scalars(select(Mail).where(Mail.kind == "case-notice").order_by(Mail.id))
        if not mail.subject.startswith("Yours")
    ]


def answer(mail, words="Thank you.", *, sender=MARA, headers=""):
    return (
        f"From: Mara <{sender}>\nTo: {return_path.of(mail.id)}\nSubject: Re: one question\n"
        f"Message-ID: <answer-1@customer.example>\n{headers}\n{words}\n"
    )


def test_a_mail_to_a_customer_is_a_persons_and_its_answer_finds_back(case, write):
    mail = write("I am sorry, Mara.\n<b>Really.</b>")
    assert (mail.state, mail.to_address) == ("sent", MARA)
    message = message_from_string(mail.raw, policy=policy.default)
    assert message["Message-ID"] == mail.message_id == courier.message_id(mail.id)
    assert str(message["Reply-To"]) == return_path.of(mail.id)
    assert str(message["From"]).startswith('"Boris (Acme)" <')
    assert (message["Auto-Submitted"], message["List-Unsubscribe"]) == (None, None)
    text, page = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "<b>Really.</b>" in text
    assert "&lt;b&gt;Really.&lt;/b&gt;" in page
    assert "> Nobody called me back." in text
    assert trail(case)[-2:] == ["sent", "stage"]
    assert list(case.reached) == ["responded"]


def test_a_mail_answers_the_one_that_asked_and_then_the_newest_of_the_conversation(case, write, receive):
    first = write()
    receive(answer(first), return_path.of(first.id))
    second = write("Until tomorrow, then.")
    message = message_from_string(second.raw, policy=policy.default)
    assert message["In-Reply-To"] == "<answer-1@customer.example>"


def test_the_same_form_sent_twice_is_one_mail(case, write):
    key = new_id()
    write(key=key)
    write(key=key)
    assert len(to_customers()) == 1
    assert trail(case).count("sent") == 1


def test_an_answer_appears_in_the_case_and_tells_its_owner(cast, case, write, receive):
    mail = write()
    words = "Thank you, it works.\n\nOn Fri, 20 Nov 2026 at 10:00, Boris (Acme) wrote:\n> I am sorry, Mara."
    receive(answer(mail, words), return_path.of(mail.id))
    entry = CaseEntry.of(case.id)[-1]
    assert (entry.kind, entry.text, entry.data["from"]) == ("received", "Thank you, it works.", MARA)
    assert entry.data["quoted"].startswith("On Fri")
    assert notices() == [(cast.cvetka.email, f"{MARA} answered you")]
    bounce = db.session.scalars(select(Bounce)).one()
    assert (bounce.passed_to, bounce.raw) == ("thread", b"")
    assert db.session.scalars(select(Mail).where(Mail.kind == "reply")).all() == []


def test_whoever_wrote_is_told_when_nobody_owns_the_case(cast, case, write, receive):
    with transaction():
        Case.locked(case.id).assign(None, casework.By(clock.now()))
    mail = write()
    receive(answer(mail), return_path.of(mail.id))
    assert notices() == [(cast.boris.email, f"{MARA} answered you")]


def test_an_answer_handed_over_twice_is_one(case, write, receive):
    mail = write()
    for _ in range(2):
        receive(answer(mail), return_path.of(mail.id))
    assert trail(case).count("received") == 1


def test_without_an_address_for_bounces_the_message_id_leads_back(app, settings, case, write, receive):
    app.config["SETTINGS"] = settings
    mail = write()
    assert str(message_from_string(mail.raw, policy=policy.default)["Reply-To"]) == "help@acme.example"
    receive(f"From: {MARA}\nTo: help@acme.example\nIn-Reply-To: {mail.message_id}\nSubject: Re\n\nYes.\n", "")
    assert trail(case)[-1] == "received"


def test_an_automatic_answer_is_marked_and_triggers_nothing(case, write, receive):
    mail = write()
    receive(answer(mail, "I am on holiday.", headers="Auto-Submitted: auto-replied\n"), return_path.of(mail.id))
    assert trail(case)[-1] == "auto"
    assert notices() == []
    assert len(to_customers()) == 1


def test_files_are_not_lost(case, write, receive):
    mail = write()
    parts = (
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nSee the picture.\n'
        '--b\nContent-Type: image/png\nContent-Disposition: attachment; filename="a.png"\n\nx\n--b--\n'
    )
    head = answer(mail).rpartition("\n\n")[0].replace("\n\n", "\n")
    receive(f"{head}\nMIME-Version: 1.0\n{parts}", return_path.of(mail.id))
    entry = CaseEntry.of(case.id)[-1]
    assert (entry.text, entry.data["files"]) == ("See the picture.", 1)
    assert db.session.scalars(select(Mail.to_address).where(Mail.kind == "reply")).all() == ["help@acme.example"]


@pytest.mark.parametrize("path", ["bounces+{id}{mac}@surveys.example.com"])
def test_a_forged_address_puts_nothing_into_a_case(case, write, receive, path):
    mail = write()
    forged = path.format(id=mail.id.hex, mac="0" * 16)
    receive(answer(mail).replace(return_path.of(mail.id), forged), forged)
    assert "received" not in trail(case)


def test_a_case_takes_in_so_many_mails_a_day(case, write, receive, monkeypatch):
    monkeypatch.setattr(casework, "HEARD_A_DAY", 2)
    mail = write()
    for number in range(4):
        receive(answer(mail, f"Number {number}"), return_path.of(mail.id))
    assert trail(case).count("received") == 2


def test_a_mail_that_no_server_takes_is_told_to_the_owner(cast, case, write):
    mail = write()
    with transaction() as session:
        session.get_one(Mail, mail.id).state = "sending"
    courier._record([(mail.id, mail.kind, mail.about, Delivery.permanent("550 5.1.1 no such user"))])
    assert trail(case)[-1] == "undelivered"
    assert db.session.scalars(select(Contact)).one().suppressed_reason == "bounced"


def test_nothing_is_written_to_who_wishes_no_mail(cast, case, browser_of):
    with transaction():
        db.session.get(Contact, case.contact_id).suppress("unsubscribed", at=clock.now())
    page = browser_of(cast.cvetka)
    shown = page.get(f"/w/acme/cases/{case.id}").text
    assert "They unsubscribed on" in shown
    assert f"/cases/{case.id}/write" not in shown
    refused = page.post(f"/w/acme/cases/{case.id}/write", data={"words": "All the same, Mara!"})
    assert refused.status_code == 409
    assert "All the same, Mara!" in refused.text
    assert to_customers() == []


def test_a_mail_that_waits_is_taken_back_when_they_unsubscribe(cast, case):
    with transaction():
        casework.write_to(Case.locked(case.id), "Sorry", cast.boris, key=new_id(), at=clock.now())
        db.session.get(Contact, case.contact_id).suppress("unsubscribed", at=clock.now())
    courier.deliver_due(lambda: False)
    [mail] = to_customers()
    assert (mail.state, mail.reason) == ("suppressed", "suppressed")
    assert trail(case)[-1] == "undelivered"


def test_an_erased_person_leaves_nothing_in_their_case(cast, case, write, receive, run_jobs):
    mail = write("Dear Wordsunique")
    receive(answer(mail, "Thanksunique"), return_path.of(mail.id))
    with transaction():
        Case.locked(case.id).note("Noteunique", casework.By(clock.now()), ident=new_id(), told=[str(cast.boris.id)])
    run_jobs()
    contact = db.session.scalars(select(Contact)).one()
    told = {one.name: one.tell(Subject.of(contact)) for one in all_holdings()}
    assert [entry["text"] for entry in told["cases"][0]["trail"] if entry["text"]] == [
        *("Dear Wordsunique", "Thanksunique", "Noteunique")
    ]
    with transaction():
        Erasure.of(contact, at=clock.now())
    run_jobs()
    held = "\n".join(row.lower() for table in rows().values() for row in table)
    assert [word for word in (MARA, "wordsunique", "thanksunique", "noteunique", "nobody called") if word in held] == []
    [erased] = cases()
    assert (erased.contact_id, erased.closed_at) == (None, clock.now())
    assert trail(erased)[-1] == "erased"


def test_a_case_goes_with_the_answer_when_the_scores_go_too(case):
    with transaction():
        Erasure.of(db.session.scalars(select(Contact)).one(), at=clock.now(), answers_too=True)
    assert cases() == []
