"""A test mail and everything that was said: what the page shows when a server does not take it."""

import smtplib
import socket
import ssl
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from base import conversation
from base.conversation import Conversation
from base.smtp import SmtpServer
from tests.base.test_smtp import Postbox, _free_port, _serving, certificate, listening, talking  # noqa: F401

MAIL = b"From: a@acme.example\r\nTo: ana@acme.example\r\nSubject: Test\r\n\r\nHello\r\n"


def hold(url, **more):
    return Conversation.hold(
        SmtpServer.from_url(url), MAIL, envelope_from="bounces@acme.example", to="ana@acme.example", **more
    )


def told(held):
    return "\n".join(f"{line.who} {line.text}" for line in held.lines)


def test_both_sides_are_told_in_order_with_their_times():
    postbox = Postbox()
    with listening(postbox) as port:
        held = hold(f"smtp://127.0.0.1:{port}")
    assert held.taken
    assert len(postbox.mails) == 1
    text = told(held)
    for words in (
        "we mail FROM:<bounces@acme.example>",
        "we rcpt TO:<ana@acme.example>",
        "server 250 2.0.0 taken as 4711",
    ):
        assert words in text
    assert "note (" in text
    assert [line.at for line in held.lines] == sorted(line.at for line in held.lines)


@pytest.mark.parametrize(
    ("trouble", "step", "advice"),
    [
        ({"rcpt": "550 5.1.1 nobody here"}, "recipient", "recipient"),
        ({"rcpt": "550 5.7.1 Relaying denied"}, "recipient", "relay"),
        ({"rcpt": "554 5.7.1 <ana@acme.example>: Relay access denied"}, "recipient", "relay"),
        ({"rcpt": "451 4.7.1 greylisted"}, "recipient", "later"),
        ({"data": "554 5.7.1 looks like spam"}, "content", "content"),
        ({"data": "452 4.3.1 disk full"}, "content", "later"),
        ({"data": "drop"}, "content", "hung_up"),
    ],
)
def test_a_refusal_is_told_with_the_servers_words_and_advice(trouble, step, advice):
    with listening(Postbox(**trouble)) as port:
        held = hold(f"smtp://127.0.0.1:{port}")
    assert (held.taken, held.step, held.advice) == (False, step, advice)
    words = next(iter(trouble.values()))
    assert words == "drop" or f"server {words}" in told(held)


def test_a_refused_sender_is_told():
    class Strict(Postbox):
        async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
            return "553 5.7.1 Sender address rejected: not owned by user"

    with listening(Strict()) as port:
        held = hold(f"smtp://127.0.0.1:{port}")
    assert (held.step, held.advice) == ("sender", "sender")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_the_password_is_in_no_line(mechanism):
    other = {"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[mechanism]
    options = {"authenticator": lambda *_: AuthResult(success=False, handled=False), "auth_require_tls": False}
    with listening(Postbox(), auth_exclude_mechanism=[other], **options) as port:
        held = hold(f"smtp://ana:s3cret-word@127.0.0.1:{port}")
    text = told(held)
    assert held.advice == "login"
    assert f"AUTH {mechanism} {conversation.MASK}" in text
    for secret in ("s3cret-word", "czNjcmV0LXdvcmQ", "YW5h", "AGFuYQ"):
        assert secret not in text


def test_a_server_without_passwords_is_told():
    with listening(Postbox()) as port:
        held = hold(f"smtp://ana:word@127.0.0.1:{port}")
    assert (held.step, held.advice) == ("login", "no_login")


def test_nobody_listening_is_told():
    held = hold(f"smtp://127.0.0.1:{_free_port()}")
    assert (held.step, held.advice) == ("connect", "unreachable")
    assert "refused" in told(held)


def test_a_name_that_nobody_has_is_told(monkeypatch):
    def unknown(*_args, **_more):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert hold("smtp://mail.nowhere.example").advice == "address"


def test_silence_ends_in_time(monkeypatch):
    monkeypatch.setattr(conversation, "STEP_SECONDS", 0.3)
    with talking(lambda connection: time.sleep(1)) as port:
        began = time.monotonic()
        held = hold(f"smtp://127.0.0.1:{port}")
    assert time.monotonic() - began < 8
    assert held.advice == "silent"


def test_a_server_that_dribbles_is_cut_off(monkeypatch):
    monkeypatch.setattr(conversation, "TOTAL_SECONDS", 0.6)

    def dribble(connection):
        for _ in range(100):
            connection.sendall(b"220-hello\r\n")
            time.sleep(0.1)

    with talking(dribble) as port:
        began = time.monotonic()
        held = hold(f"smtp://127.0.0.1:{port}")
    assert time.monotonic() - began < 8
    assert not held.taken


@pytest.mark.parametrize("babble", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\x00\x00\r\n", b""])
def test_what_is_no_mail_server_is_told(babble):
    def speak(connection):
        connection.sendall(babble)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)

    with talking(speak) as port:
        held = hold(f"smtp://127.0.0.1:{port}")
    assert not held.taken
    assert held.advice in {"no_smtp", "hung_up"}


def test_tls_where_there_is_none_is_told():
    with listening(Postbox()) as port:
        assert hold(f"smtps://127.0.0.1:{port}").advice == "plain_port"
        assert hold(f"smtp://127.0.0.1:{port}?starttls=required").advice == "no_tls"


def test_a_certificate_that_nobody_signed_is_told(certificate):  # noqa: F811 - the fixture
    with listening(Postbox(), tls_context=_serving(certificate)) as port:
        held = hold(f"smtp://127.0.0.1:{port}?starttls=required")
    assert (held.step, held.advice) == ("tls", "certificate")


def test_encryption_is_told_with_the_certificate(certificate):  # noqa: F811 - the fixture
    trust = ssl.create_default_context(cafile=certificate[0])
    options = {"tls_context": _serving(certificate), "require_starttls": True}
    with listening(Postbox(), **options) as port:
        held = hold(f"smtp://127.0.0.1:{port}?starttls=required", trust=trust)
    assert held.taken
    assert "encrypted: TLSv1" in told(held)
    assert "certificate of 127.0.0.1" in told(held)


def test_tls_from_the_first_byte_is_told(certificate):  # noqa: F811 - the fixture
    class Wrapped(Controller):
        def factory(self):
            return SMTP(self.handler, hostname="127.0.0.1")

    controller = Wrapped(Postbox(), hostname="127.0.0.1", port=_free_port(), ssl_context=_serving(certificate))
    controller.start()
    try:
        trust = ssl.create_default_context(cafile=certificate[0])
        assert hold(f"smtps://127.0.0.1:{controller.port}", trust=trust).taken
        assert hold(f"smtps://127.0.0.1:{controller.port}").advice == "certificate"
    finally:
        controller.stop()


def test_a_port_that_waits_for_tls_is_told(monkeypatch):
    monkeypatch.setattr(conversation, "STEP_SECONDS", 0.3)
    from base.advice import advice_for

    server = SmtpServer.from_url("smtp://mail.example:465?starttls=never")
    assert advice_for("connect", TimeoutError(), server) == "tls_port"
    assert advice_for("connect", smtplib.SMTPServerDisconnected("x"), server) == "tls_port"
