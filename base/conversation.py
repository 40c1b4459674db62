"""One mail handed over by hand, with every word that both sides said: for the operator whose server refuses us.

Nothing is pooled and nothing is repeated. It ends within `TOTAL_SECONDS`, however the server dawdles, so that a page
may wait for it; the password is never in the record.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from base.advice import Advice, advice_for
from base.smtp import SmtpServer

STEP_SECONDS = 5.0
TOTAL_SECONDS = 14.0
MASK = "••••••••"
LONGEST_LINE = 500
MOST_LINES = 200

Who = Literal["we", "server", "note"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the record, and how many seconds after the beginning it was said."""

    who: Who
    text: str
    at: float


@dataclass
class Conversation:
    """What was said, and how it ended. `advice` names the usual cause of such an end."""

    lines: list[Line] = field(default_factory=list)
    taken: bool = False
    step: str = "connect"
    """connect · hello · tls · login · sender · recipient · content"""
    advice: Advice = "none"
    began: float = field(default_factory=time.monotonic)

    def say(self, who: Who, text: str) -> None:
        """Keep one line, unless there are too many."""
        if len(self.lines) < MOST_LINES:
            plain = "".join(c if c.isprintable() else "·" for c in text)[:LONGEST_LINE]
            self.lines.append(Line(who, plain, time.monotonic() - self.began))

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.lines[-1].at if self.lines else 0.0

    @classmethod
    def hold(
        cls, server: SmtpServer, data: bytes, *, envelope_from: str, to: str, trust: ssl.SSLContext | None = None
    ) -> Conversation:
        """Hand `data` over to `server` and keep what was said. Faults are part of the record, never exceptions."""
        told = cls()
        client = _Client(told, server, trust or ssl.create_default_context())
        patience = threading.Timer(TOTAL_SECONDS, client.cut)
        patience.daemon = True
        patience.start()
        try:
            client.go(data, envelope_from, to)
        except (smtplib.SMTPException, OSError, ValueError) as fault:
            told.say("note", _words(fault))
            told.advice = advice_for(told.step, fault, server)
        finally:
            patience.cancel()
            with suppress(smtplib.SMTPException, OSError, ValueError):
                client.close()
        return told


class _Refused(smtplib.SMTPResponseException):
    """The server answered with something other than yes."""


class _Client(smtplib.SMTP):
    def __init__(self, told: Conversation, server: SmtpServer, trust: ssl.SSLContext) -> None:
        self.told, self.server, self.trust = told, server, trust
        self.secret = self.commanding = False
        super().__init__(timeout=STEP_SECONDS)
        self._host = server.host

    def go(self, data: bytes, envelope_from: str, to: str) -> None:
        """The whole conversation, step by step."""
        server, told = self.server, self.told
        self.connect(server.host, server.port)
        told.step = "hello"
        self.ehlo_or_helo_if_needed()
        self._protect()
        if server.user:
            told.step, self.secret = "login", True
            self.login(server.user, server.password)
            self.secret = False
        told.step = "sender"
        self._insist(*self.mail(envelope_from))
        told.step = "recipient"
        self._insist(*self.rcpt(to))
        told.step = "content"
        self._insist(*self.data(data))
        told.taken = True
        with suppress(smtplib.SMTPException, OSError):
            self.quit()

    def _protect(self) -> None:
        server = self.server
        offered = self.has_extn("starttls")
        if server.encryption not in {"required", "offered"} or (server.encryption == "offered" and not offered):
            return
        self.told.step = "tls"
        self.starttls(context=self.trust if server.encryption == "required" else _any_certificate())
        self._tell_protection()
        self.told.step = "hello"
        self.ehlo()

    def cut(self) -> None:
        """End it from another thread."""
        with suppress(OSError, AttributeError):
            assert self.sock is not None
            self.sock.shutdown(socket.SHUT_RDWR)

    def putcmd(self, cmd: str, args: str = "") -> None:
        text = f"{cmd} {args}".strip()
        if self.secret and cmd.upper() == "AUTH":
            text = f"AUTH {args.partition(' ')[0]} {MASK}"
        elif self.secret:
            text = MASK
        self.told.say("we", text)
        self.commanding = True
        super().putcmd(cmd, args)

    def send(self, s: Any) -> None:
        if not self.commanding:
            self.told.say("note", f"({len(s):,} bytes of mail)")
        self.commanding = False
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        code, reply = super().getreply()
        for text in reply.decode("utf-8", "replace").splitlines() or [""]:
            self.told.say("server", f"{code} {text}" if code > 0 else text)
        return code, reply

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        told = self.told
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
        told.say("note", f"{host} is {', '.join(addresses[:4])}")
        plain = None
        for address in addresses[:4]:
            try:
                plain = socket.create_connection((address, port), timeout)
                break
            except OSError as fault:
                told.say("note", f"{address} port {port}: {fault.strerror or fault}")
                if address == addresses[:4][-1]:
                    raise
        assert plain is not None
        told.say("note", f"connected to {plain.getpeername()[0]} port {port}")
        if self.server.encryption != "implicit":
            return plain
        told.step = "tls"
        self.sock = self.trust.wrap_socket(plain, server_hostname=host)
        self._tell_protection()
        return self.sock

    def _tell_protection(self) -> None:
        assert isinstance(self.sock, ssl.SSLSocket)
        cipher, certificate = self.sock.cipher(), self.sock.getpeercert() or {}
        self.told.say("note", f"encrypted: {self.sock.version()}, {cipher[0] if cipher else '?'}")
        whose, whom = _names(certificate.get("subject")), _names(certificate.get("issuer"))
        if whose:
            by, until = whom.get("organizationName", whom.get("commonName", "?")), certificate.get("notAfter")
            self.told.say("note", f"certificate of {whose.get('commonName', '?')}, by {by}, until {until}")

    @staticmethod
    def _insist(code: int, reply: bytes) -> None:
        if not 200 <= code < 300:
            raise _Refused(code, reply)


def _names(told: Any) -> dict[str, str]:
    """What a certificate says about somebody: pairs inside of tuples inside of tuples."""
    return dict(pair for group in told or () for pair in group)


def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _words(fault: Exception) -> str:
    if isinstance(fault, _Refused | smtplib.SMTPDataError | smtplib.SMTPAuthenticationError):
        return f"refused with {fault.smtp_code}"
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    return f"{type(fault).__name__}: {fault}"
