"""Where a person's address comes to stand beside their own row: of an erased one nothing of it is left either."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from base import clock, courier, return_path
from base.db import db, transaction
from base.delivery import Delivery
from base.outbox import Mail
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.erasure import Erasure
from surveys.holding import Subject, all_holdings
from surveys.received_call import Parcel, ReceivedCall
from surveys.source import Source
from tests.cast import a_contact
from tests.surveys.test_mailroom import asked, at_nine, bounce_address, receive, returned  # noqa: F401 - fixtures
from tests.town import rows

MARA, WORDS = "mara+post@customer.example", "Wordsunique about the parcel"
REFUSAL = f"550 5.1.1 <{MARA}>: no such user"


def traces(*words):
    return {table for table, held in rows().items() for row in held for word in words if word in row.lower()}


@pytest.fixture
def erase(app, run_jobs):
    def forget(**wish):
        with transaction() as session:
            Erasure.of(session.scalars(select(Contact).where(Contact.email_key == MARA)).one(), at=clock.now(), **wish)
        run_jobs()

    return forget


def test_what_a_person_wrote_back_goes_with_them(asked, receive, erase):  # noqa: F811
    mail = asked(MARA)
    path = return_path.of(mail.id)
    letter = f"From: Mara <{MARA}>\r\nTo: {path}\r\nSubject: Re: one question\r\n\r\n{WORDS}\r\n"
    receive(letter.encode(), path)
    assert traces(WORDS.lower()) == {"mail"}
    assert "throttle" not in traces(MARA)
    erase()
    assert traces(MARA, WORDS.lower()) == set()


def test_what_a_server_said_of_the_address_goes_too(asked, erase):  # noqa: F811
    mail = asked(MARA)
    with transaction() as session:
        session.get_one(Mail, mail.id).came_back(REFUSAL)
        session.scalars(select(Contact)).one().suppress("bounced", at=clock.now(), evidence=REFUSAL)
    assert {"mail", "suppression"} <= traces(REFUSAL.lower())
    erase(never_again=False)
    assert traces(MARA) == set()
    assert db.session.get_one(Mail, mail.id).reason == "erased"


def test_a_bounce_that_comes_after_the_erasure_names_nobody(asked, receive, erase):  # noqa: F811
    mail = asked(MARA)
    report = returned("postfix-user-unknown", mail).replace(b"mara@customer.example", MARA.encode())
    erase()
    receive(report)
    assert db.session.scalars(select(Bounce.kind)).one() == "hard"
    assert traces(MARA) == set()


def test_an_address_that_was_corrected_since_goes_too(asked, erase):  # noqa: F811
    mail = asked("old@customer.example")
    with transaction() as session:
        contact = session.scalars(select(Contact)).one()
        contact.suppress("bounced", at=clock.now())
        contact.readdress(MARA, at=clock.now())
        session.get_one(Mail, mail.id).dedupe_key = f"reminder:{mail.about['invitation_id']}:1"
        session.add(known := Mail(**_another("old@customer.example", f"invitation:{mail.about['invitation_id']}")))
        session.flush()
        known.workspace_id = contact.workspace_id
    assert {"mail", "suppression"} <= traces("old@customer.example")
    erase()
    assert traces("old@customer.example") == set()


def test_a_reminder_that_nobody_may_know_of_goes_too(asked, erase):  # noqa: F811
    mail = asked(MARA)
    with transaction() as session:
        waiting = Mail(**_another(MARA, f"reminder:{mail.about['invitation_id']}:1"))
        waiting.kind, waiting.state, waiting.subject = "reminder-untold", "queued", MARA
        waiting.next_try_at = clock.now() + timedelta(hours=1)
        session.add(waiting)
    mails = next(holding for holding in all_holdings() if holding.name == "mails")
    told = mails.tell(Subject.of(db.session.scalars(select(Contact)).one()))
    assert [one["kind"] for one in told] == ["invitation"]  # more would say that they have not answered
    erase()
    assert traces(MARA) == set()
    assert db.session.get_one(Mail, waiting.id, populate_existing=True).state == "suppressed"


def test_an_earlier_address_that_somebody_else_has_now_stays_theirs(cast, asked, erase):  # noqa: F811
    asked("shared@customer.example")
    with transaction() as session:
        session.scalars(select(Contact)).one().readdress(MARA, at=clock.now())
    a_contact(cast.workspace, "shared@customer.example")
    with transaction():
        db.session.add_all(_calls(cast, b'{"email": "shared@customer.example"}'))
    erase()
    assert traces("shared@customer.example") == {"contact", "received_call"}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("email=mara%2Bpost%40customer.example", b""),
        ("", b"email=mara%2Bpost@customer.example"),
        ("", b"email=Mara%2bPost%40Customer.example"),
        ("", rb'{"email": "mara\u002Bpost\u0040customer.example"}'),
        ("", b'{"email": "mara+post@customer.example"}'),
    ],
)
def test_a_refused_call_goes_however_it_spells_the_address(cast, asked, erase, query, body):  # noqa: F811
    asked(MARA)
    with transaction():
        db.session.add_all(_calls(cast, body, query))
    erase()
    assert db.session.scalars(select(ReceivedCall)).all() == []


@pytest.mark.parametrize("outcome", [Delivery.transient("451 later"), Delivery.permanent("550 no")])
def test_a_mail_that_is_refused_while_its_person_is_erased_is_not_tried_again(asked, erase, outcome):  # noqa: F811
    mail = asked(MARA)
    with transaction() as session:
        session.get_one(Mail, mail.id).state = "sending"
    erase()
    courier._record([(mail.id, mail.kind, mail.about, outcome)])
    found = db.session.get_one(Mail, mail.id, populate_existing=True)
    assert (found.state, found.reason) == ("suppressed", "erased")


@pytest.mark.parametrize("outcome", [Delivery.transient("451 later"), Delivery.permanent("550 no")])
def test_a_mail_that_another_worker_sent_meanwhile_stays_sent(asked, outcome):  # noqa: F811
    mail = asked(MARA)
    courier._record([(mail.id, mail.kind, mail.about, outcome)])
    assert db.session.get_one(Mail, mail.id, populate_existing=True).state == "sent"


def _calls(cast, body, query=""):
    source, _ = Source.create(cast.workspace.id, "Desk", "generic", at=clock.now())
    call = ReceivedCall.keep(source.id, Parcel("POST", "text/plain", query, body), at=clock.now())
    call.settle("rejected", "no_id", at=clock.now())
    return [source, call]


def _another(address, key):
    now = clock.now()
    fixed = {"kind": "invitation", "subject": "s", "raw": "", "message_id": "<a@b>", "state": "sent", "attempts": 1}
    moments = {"next_try_at": now, "created_at": now - timedelta(hours=1), "sent_at": now}
    return {"dedupe_key": key, "to_address": address, **fixed, **moments}
