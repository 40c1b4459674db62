"""Handing over against servers that misbehave in every way that real ones do."""

import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from base import smtp
from base.smtp import SmtpServer, SmtpTransport

SENDER, RECIPIENT = "afterword@surveys.example", "ana@customer.example"


def letter(subject="How was it?"):
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, RECIPIENT, subject
    message["Message-ID"] = "<one@surveys.example>"
    message.set_content("Žiga asks:\n.a line that begins with a dot\n")
    return message


class Postbox:
    """Takes every mail, and says what a test told it to say instead."""

    def __init__(self, *, rcpt=None, data=None):
        self.rcpt, self.data = rcpt, data
        self.mails, self.sessions = [], set()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        self.sessions.add(session.peer)
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope.content)
        if self.data == "drop":
            session.mail_drop = server.transport.abort()
            return None
        return self.data or "250 2.0.0 taken as 4711"


@contextmanager
def listening(postbox, **options):
    controller = Controller(postbox, hostname="127.0.0.1", port=0, **options)
    controller.port = _free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def talking(script):
    """A raw server: `script(connection)` speaks on each connection."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                script(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@contextmanager
def transport_to(port, query="", **options):
    transport = SmtpTransport(f"smtp://127.0.0.1:{port}{query}", **options)
    try:
        yield transport
    finally:
        transport.close()


def send(transport, message=None):
    return transport.send(message or letter(), envelope_from=SENDER, to=RECIPIENT)


def test_a_mail_arrives_as_it_was_written_and_the_servers_words_are_kept():
    postbox = Postbox()
    with listening(postbox) as port, transport_to(port) as transport:
        delivery = send(transport)
    assert delivery.kind == "sent"
    assert delivery.words == "250 2.0.0 taken as 4711"
    [content] = postbox.mails
    arrived = message_from_bytes(content, policy=policy.SMTP)
    assert arrived["Message-ID"] == "<one@surveys.example>"
    assert ".a line that begins with a dot" in arrived.get_content()


def test_mails_share_a_connection():
    postbox = Postbox()
    with listening(postbox) as port, transport_to(port) as transport:
        states = [send(transport).kind for _ in range(5)]
    assert states == ["sent"] * 5
    assert len(postbox.sessions) == 1


def test_a_worn_out_connection_is_replaced(monkeypatch):
    monkeypatch.setattr(smtp, "MAILS_A_CONNECTION", 2)
    postbox = Postbox()
    with listening(postbox) as port, transport_to(port) as transport:
        for _ in range(5):
            send(transport)
    assert len(postbox.sessions) == 3


def test_an_idle_connection_is_replaced(monkeypatch):
    monkeypatch.setattr(smtp, "IDLE_SECONDS", 0.0)
    postbox = Postbox()
    with listening(postbox) as port, transport_to(port) as transport:
        send(transport)
        send(transport)
    assert len(postbox.sessions) == 2


def test_a_restarted_server_costs_no_mail():
    postbox = Postbox()
    port = _free_port()
    with transport_to(port) as transport:
        for _ in range(2):
            controller = Controller(postbox, hostname="127.0.0.1", port=port)
            controller.start()
            assert send(transport).kind == "sent"
            controller.stop()
    assert len(postbox.mails) == 2


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        ({"rcpt": "550 5.1.1 nobody here"}, "permanent"),
        ({"rcpt": "451 4.7.1 greylisted"}, "transient"),
        ({"rcpt": "421 4.3.2 shutting down"}, "transient"),
        ({"rcpt": "530 5.7.0 authentication required"}, "transient"),
        ({"data": "554 5.7.1 looks like spam"}, "permanent"),
        ({"data": "452 4.3.1 disk full"}, "transient"),
    ],
)
def test_the_servers_first_digit_decides_unless_it_speaks_about_us(trouble, state):
    with listening(Postbox(**trouble)) as port, transport_to(port) as transport:
        delivery = send(transport)
    assert (delivery.kind, delivery.words) == (state, next(iter(trouble.values())))


def test_after_a_refusal_the_connection_still_carries_the_next_mail():
    postbox = Postbox(rcpt="550 5.1.1 nobody here")
    with listening(postbox) as port, transport_to(port) as transport:
        send(transport)
        postbox.rcpt = None
        assert send(transport).kind == "sent"
    assert len(postbox.sessions) == 1


def test_a_connection_lost_after_the_final_dot_is_tried_again_with_the_same_message_id():
    postbox = Postbox(data="drop")
    with listening(postbox) as port, transport_to(port) as transport:
        assert send(transport).kind == "transient"
        postbox.data = None
        assert send(transport).kind == "sent"
    ids = {message_from_bytes(content)["Message-ID"] for content in postbox.mails}
    assert (len(postbox.mails), ids) == (2, {"<one@surveys.example>"})


def test_nobody_listening_is_transient():
    with transport_to(_free_port()) as transport:
        assert send(transport).kind == "transient"


def test_a_server_that_says_nothing_does_not_hold_us():
    with talking(lambda connection: time.sleep(0.8)) as port, transport_to(port, connect_seconds=0.3) as transport:
        began = time.monotonic()
        assert send(transport).kind == "transient"
    assert time.monotonic() - began < 5


def test_a_server_that_stops_answering_after_the_greeting_does_not_hold_us():
    def greet_and_hang(connection):
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250 hello\r\n")
        time.sleep(0.8)

    with talking(greet_and_hang) as port, transport_to(port, send_seconds=0.3) as transport:
        assert send(transport).kind == "transient"


@pytest.mark.parametrize(
    "babble",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\x00\x00\r\n", b"", b"220 hi\r\n!!!\r\n", b"2" * 9000 + b"\r\n"],
)
def test_something_that_does_not_speak_smtp_is_transient(babble):
    def speak(connection):
        connection.sendall(babble)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)

    with talking(speak) as port, transport_to(port, connect_seconds=1) as transport:
        assert send(transport).kind == "transient"


@pytest.mark.parametrize(
    "address",
    ["a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example>", "žiga@b.example", "a b@c.example", "a@b\0.example"],
)
def test_an_address_never_becomes_a_command(address):
    postbox = Postbox()
    with listening(postbox) as port, transport_to(port) as transport:
        assert transport.send(letter(), envelope_from=SENDER, to=address).kind == "permanent"
    assert not postbox.mails


def test_eight_threads_send_at_once_and_every_mail_arrives_once():
    postbox = Postbox()
    with listening(postbox) as port, transport_to(port) as transport:
        threads = [threading.Thread(target=send, args=(transport, letter(f"Mail {n}"))) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert sorted(message_from_bytes(c)["Subject"] for c in postbox.mails) == [f"Mail {n}" for n in range(8)]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody signed but itself."""
    folder = tmp_path_factory.mktemp("certificate")
    key, chain = folder / "key.pem", folder / "chain.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


def _serving(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_a_self_signed_certificate_is_refused_where_starttls_is_required(certificate):
    postbox = Postbox()
    with (
        listening(postbox, tls_context=_serving(certificate)) as port,
        transport_to(port, "?starttls=required") as transport,
    ):
        delivery = send(transport)
    assert delivery.kind == "transient"
    assert "CERTIFICATE_VERIFY_FAILED" in delivery.words
    assert not postbox.mails


def test_a_trusted_certificate_protects_the_mail(certificate):
    postbox = Postbox()
    trust = ssl.create_default_context(cafile=certificate[0])
    options = {"tls_context": _serving(certificate), "require_starttls": True}
    with listening(postbox, **options) as port, transport_to(port, "?starttls=required", trust=trust) as transport:
        assert send(transport).kind == "sent"


def test_starttls_is_used_when_offered_even_with_an_unknown_certificate(certificate):
    options = {"tls_context": _serving(certificate), "require_starttls": True}
    with listening(Postbox(), **options) as port, transport_to(port, "?starttls=offered") as transport:
        assert send(transport).kind == "sent"


def test_without_starttls_nothing_is_sent_where_it_is_required():
    postbox = Postbox()
    with listening(postbox) as port, transport_to(port, "?starttls=required") as transport:
        assert send(transport).kind == "transient"
    assert not postbox.mails


def test_a_wrong_password_gives_no_mail_up():
    options = {"authenticator": lambda *_: AuthResult(success=False, handled=False), "auth_require_tls": False}
    with listening(Postbox(), **options) as port:
        transport = SmtpTransport(f"smtp://ana:wrong@127.0.0.1:{port}")
        delivery = send(transport)
    assert delivery.kind == "transient"
    assert delivery.words.startswith("535")


def test_implicit_tls_verifies_the_certificate(certificate):
    class Wrapped(Controller):
        def factory(self):
            return SMTP(self.handler, hostname="127.0.0.1")

    controller = Wrapped(Postbox(), hostname="127.0.0.1", port=_free_port(), ssl_context=_serving(certificate))
    controller.start()
    server = SmtpServer.from_url(f"smtps://127.0.0.1:{controller.port}")
    try:
        assert send(SmtpTransport(server)).kind == "transient"
        trusting = SmtpTransport(server, trust=ssl.create_default_context(cafile=certificate[0]))
        assert send(trusting).kind == "sent"
        trusting.close()
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, "offered", "", "")),
        ("smtp://mail.example:587", ("mail.example", 587, "required", "", "")),
        ("smtp://ana%40x:p%3Aw@mail.example", ("mail.example", 25, "required", "ana@x", "p:w")),
        ("smtps://mail.example", ("mail.example", 465, "implicit", "", "")),
        ("smtp://localhost:1025", ("localhost", 1025, "never", "", "")),
        ("smtp://mail.example:587?starttls=never", ("mail.example", 587, "never", "", "")),
    ],
)
def test_the_url_says_how_the_connection_is_protected(url, expected):
    server = SmtpServer.from_url(url)
    assert (server.host, server.port, server.encryption, server.user, server.password) == expected
    assert "p:w" not in repr(server)


@pytest.mark.parametrize(
    "url", ["http://mail.example", "smtp://", "smtp://mail.example?starttls=perhaps", "mail.example:25"]
)
def test_an_url_that_is_none_says_what_it_should_look_like(url):
    with pytest.raises(ValueError, match=r"must"):
        SmtpServer.from_url(url)
