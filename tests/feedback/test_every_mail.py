"""What every mail of the product has, whatever its kind: those that a person can end, and those that are wanted."""

import re
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import dkim
import pytest
from html5lib import parse as parse_html
from sqlalchemy import select

from accounts import emails as accounts_emails
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.jobs import enqueue
from base.outbox import Mail
from base.sealing import Seal, SealingTransport
from base.smtp import SmtpTransport
from feedback import shipper
from feedback.export_run import ExportRun
from feedback.export_schedule import ExportSchedule
from surveys import emails as surveys_emails
from surveys.returning import Letter
from tests.base.test_sealing import dns_of, key
from tests.base.test_smtp import Postbox, listening
from tests.surveys.test_returning import recorded
from tests.town_again import standing

pytestmark = pytest.mark.web

BULK = {"invitation", "digest", "alert"}
WANTED = {"invite", "reset", "test", "reply", "check", "case", "case-notice", "export"}
BY_HAND = "case"
"""What staff write to a customer; all others are a program's."""
REMOTE = re.compile(
    r"""(?:src|background|poster|srcset)\s*=\s*["']?\s*(?!cid:|data:)\S|url\(\s*["']?(?!data:)|<link|@import""",
    re.IGNORECASE,
)


@pytest.fixture
def town(app, cast):
    with standing(app, cast, 1) as (town,):
        yield town


@pytest.fixture
def mails(app, town, cast, run_jobs, browser_of):
    """One mail of every kind, as it would be handed over: kind → bytes."""
    with transaction() as session:
        session.get_one(Workspace, cast.workspace.id).reply_to = "help@acme.example"
    browser = browser_of(cast.ana)
    browser.post(f"/w/acme/surveys/{town.survey.slug}/test", data={"locale": "en"})
    browser.post("/w/acme/settings/people", data={"email": "new@acme.example", "role": "viewer"})
    with transaction() as session:
        schedule = session.get_one(ExportSchedule, town.scheduled_export())
        enqueue(shipper.make_run, ExportRun.claim_by_hand(schedule, town.workspace.zone, at=clock.now()).id)
    app.test_client().post("/forgot-password", data={"email": cast.ana.email})
    found = {}
    transport = app.extensions["afterword.transport"]
    run_jobs()
    for line in transport.latest(1000):
        raw = transport.source(line.name)
        found.setdefault(_kind(raw), raw)
    reply = recorded("reply-html")
    workspace = db.session.get(Workspace, cast.workspace.id)
    passed = surveys_emails.passed_on(Letter.read(reply), reply, workspace, about="How?", at=clock.now())
    found["reply"] = _finished(passed)
    found["check"] = accounts_emails.check(cast.ana, cast.workspace, at=clock.now()).as_bytes()
    return found


def _finished(message):
    message["Message-ID"] = "<1@surveys.example>"
    return message.as_bytes(policy=policy.SMTP.clone(cte_type="7bit"))


def _kind(raw):
    ident = message_from_bytes(raw, policy=policy.SMTP)["Message-ID"]
    return db.session.scalars(select(Mail.kind).where(Mail.message_id == ident)).one()


def test_there_is_a_mail_of_every_kind(mails):
    assert set(mails) == BULK | WANTED


def test_every_mail_says_that_a_program_wrote_it_and_comes_from_our_domain(app, mails):
    host = urlsplit(app.config["PUBLIC_URL"]).hostname
    for kind, raw in mails.items():
        message = message_from_bytes(raw, policy=policy.SMTP)
        marks = (message["Auto-Submitted"], message["X-Auto-Response-Suppress"])
        assert marks == ((None, None) if kind == BY_HAND else ("auto-generated", "OOF")), kind
        assert str(message["Message-ID"]).endswith(f"@{host}>"), kind
        assert message["Date"].datetime.tzinfo is not None, kind
        assert message["From"].addresses[0].addr_spec in app.config["MAIL_FROM"], kind
        assert message["MIME-Version"] == "1.0", kind
        assert raw.isascii(), kind


def test_mails_that_a_person_can_end_have_both_headers_and_the_others_none(app, mails):
    for kind, raw in mails.items():
        message = message_from_bytes(raw, policy=policy.SMTP)
        headers = (message["List-Unsubscribe"], message["List-Unsubscribe-Post"])
        if kind in BULK:
            assert headers[0].startswith(f"<{app.config['PUBLIC_URL']}/"), kind
            assert headers[1] == "List-Unsubscribe=One-Click", kind
        else:
            assert headers == (None, None), kind


def test_every_mail_has_text_and_a_small_page_that_loads_nothing(mails):
    for kind, raw in mails.items():
        message = message_from_bytes(raw, policy=policy.SMTP)
        text, page = (message.get_body((sort,)).get_content() for sort in ("plain", "html"))
        assert len(text.strip()) > 20, kind
        assert "<html" not in text, kind
        assert len(page.encode()) <= 100 * 1024, kind
        assert REMOTE.search(page) is None, kind
        tags = {element.tag.rpartition("}")[2] for element in parse_html(page).iter() if isinstance(element.tag, str)}
        assert not tags & {"script", "iframe", "object", "embed", "form", "link", "video"}, kind


def test_signed_mails_of_every_kind_arrive_verified(mails):
    seal = Seal(key("genpkey", "-algorithm", "ed25519"), "s2026", "surveys.example")
    postbox = Postbox()
    with listening(postbox) as port:
        transport = SealingTransport(SmtpTransport(f"smtp://127.0.0.1:{port}"), seal)
        for raw in mails.values():
            transport.send(raw, envelope_from="a@surveys.example", to="b@customer.example")
        transport.close()
    assert len(postbox.mails) == len(mails)
    for raw, kind in zip(postbox.mails, mails, strict=True):
        assert dkim.verify(raw, dnsfunc=dns_of(seal)), kind
        if kind in BULK:
            altered = raw.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Unsubscribe-Post: x", 1)
            assert not dkim.verify(altered, dnsfunc=dns_of(seal)), kind
