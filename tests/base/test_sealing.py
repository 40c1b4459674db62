"""Mails signed with DKIM: what receivers verify, and what they find out when somebody changed a mail."""

import subprocess
from datetime import UTC, datetime
from email.message import EmailMessage

import dkim
import pytest

from base import mail
from base.delivery import Delivery
from base.sealing import HEADERS, Seal, SealingTransport
from base.smtp import SmtpTransport
from tests.base.test_smtp import Postbox, listening

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def key(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def keys():
    return {
        "rsa": key("genrsa", "2048"),
        "old rsa": key("genrsa", "-traditional", "2048"),
        "ed25519": key("genpkey", "-algorithm", "ed25519"),
    }


@pytest.fixture(params=["rsa", "old rsa", "ed25519"])
def seal(request, keys):
    return Seal(keys[request.param], "s2026", "acme.example")


def dns_of(seal):
    name, text = seal.record

    def look_up(asked, timeout=5):
        return text.encode() if asked.decode().rstrip(".") == name else None

    return look_up


def verifies(seal, message):
    return dkim.verify(message, dnsfunc=dns_of(seal))


def letter(subject="How did we do?", name="Mara Novak", text="Hello", unsubscribe="https://s.example/u/abc"):
    body = mail.Letter(subject, text, f"<p>{text}</p>")
    heading = mail.Heading(
        sender='"Acme" <support@acme.example>',
        to_address="mara@customer.example",
        to_name=name,
        at=AT,
        message_id="<1@acme.example>",
        reply_to="help@acme.example",
        unsubscribe_url=unsubscribe,
    )
    return mail.compose(body, heading).as_bytes()


def test_a_signed_mail_verifies_and_says_what_it_covers(seal):
    signed = seal.sign(letter())
    assert verifies(seal, signed)
    covered = signed.partition(b" h=")[2].partition(b";")[0].lower()
    for name in HEADERS:
        assert name in covered
    assert covered.split(b":")[0].strip() == covered.split(b":")[1].strip() == b"from"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: How", b"Subject: Now"),
        (b"List-Unsubscribe: <https://s.example", b"List-Unsubscribe: <https://evil.example"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Unsubscribe-Post: List-Unsubscribe=None"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"Reply-To: help", b"Reply-To: evil"),
        (b"Date: Fri", b"Date: Sat"),
        (b"Message-ID: <1@", b"Message-ID: <2@"),
        (b"<p>Hello", b"<p>Hallo"),
        (b"From: Acme", b"From: Evil <evil@evil.example>\r\nFrom: Acme"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.0\r\nIn-Reply-To: <other@evil.example>"),
    ],
)
def test_whoever_changes_a_mail_breaks_the_signature(keys, before, after):
    seal = Seal(keys["ed25519"], "s2026", "acme.example")
    signed = seal.sign(letter())
    assert before in signed
    assert not verifies(seal, signed.replace(before, after, 1))


@pytest.mark.parametrize(
    "more",
    [
        {"subject": "Kako smo se odrezali? " * 20},
        {"subject": "מה דעתך על השירות שלנו? " * 8, "name": "מארה נובק"},
        {"name": "Ђорђе Ćirić-Žagar, d.o.o. ⭐", "text": "žluťoučký kůň\n.a dot\nFrom here\n" * 50},
        {"unsubscribe": None},
        {"unsubscribe": "https://s.example/u/" + "a" * 900},
    ],
)
def test_long_foreign_and_folded_headers_arrive_with_a_valid_signature(seal, more):
    postbox = Postbox()
    with listening(postbox) as port:
        transport = SealingTransport(SmtpTransport(f"smtp://127.0.0.1:{port}"), seal)
        sent = transport.send(letter(**more), envelope_from="a@acme.example", to="mara@customer.example")
        transport.close()
    assert sent.kind == "sent"
    assert verifies(seal, postbox.mails[0])


def test_a_message_with_eight_bits_is_signed_as_it_is(seal):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@acme.example", "b@c.example", "x"
    message.set_content("žluťoučký kůň\n", cte="8bit")
    raw = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    assert max(raw) > 127
    assert verifies(seal, seal.sign(raw))


def test_a_mail_that_cannot_be_signed_waits(keys):
    class Nowhere:
        def send(self, message, **_):
            raise AssertionError("sent without a signature")

        def close(self):
            pass

    transport = SealingTransport(Nowhere(), Seal(keys["rsa"], "s2026", "acme.example"))
    outcome = transport.send(b"no mail at all", envelope_from="a@acme.example", to="b@c.example")
    assert outcome == Delivery.transient(outcome.words)
    assert "could not be signed" in outcome.words


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        ("-----BEGIN nonsense", "no private key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "no private key"),
        ("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", "private key"),
    ],
)
def test_what_is_no_key_is_told(pem, words):
    with pytest.raises(ValueError, match=words):
        Seal(pem, "s", "acme.example")


def test_a_key_that_receivers_would_not_believe_is_told():
    with pytest.raises(ValueError, match="512 bits"):
        Seal(key("genrsa", "512"), "s", "acme.example")


def test_a_public_key_is_told(keys):
    public = subprocess.run(
        ["openssl", "rsa", "-pubout"], input=keys["rsa"], check=True, capture_output=True, text=True
    ).stdout
    with pytest.raises(ValueError, match="no private key"):
        Seal(public, "s", "acme.example")
