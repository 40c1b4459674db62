"""Handing mails to an SMTP server over connections that are kept and used again."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from base.delivery import Delivery
from base.handover import NotBegunError, hand_over, words_of
from base.patience import Patience

CONNECT_SECONDS = 10.0
SEND_SECONDS = 30.0
"""The longest silence of the server while a mail is handed over."""
TOTAL_SECONDS = 100.0
"""The longest that one mail may take, however the server dawdles: less than the lease of the outbox, so that nobody
else takes a mail that is still on its way."""
MAILS_A_CONNECTION = 100
IDLE_SECONDS = 60.0
WARM_SECONDS = 2.0
"""A connection used so recently is trusted without asking: if it is gone, nothing was said about a mail yet."""
IDLE_CONNECTIONS = 8

Encryption = Literal["implicit", "required", "offered", "never"]


@dataclass(frozen=True)
class SmtpServer:
    """Where mails are handed over, and how the connection is protected."""

    host: str
    port: int
    encryption: Encryption
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Read `smtp://user:password@host:587` or `smtps://…`; `?starttls=required|offered|never` decides by hand.

        STARTTLS with a verified certificate is required on port 587 and wherever a password would travel, and used
        when offered elsewhere; on loopback there is nobody to hide from. Raises ValueError with a sentence.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("must look like smtp://user:password@mail.example.com:587 or smtps://…")
        port = parts.port or (465 if parts.scheme == "smtps" else 25)
        wish = parse_qs(parts.query).get("starttls", [""])[-1]
        if wish not in {"", "required", "offered", "never"}:
            raise ValueError("starttls must be required, offered or never")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        encryption: Encryption
        if parts.scheme == "smtps":
            encryption = "implicit"
        elif wish:
            encryption = wish  # type: ignore[assignment]
        elif local:
            encryption = "never"
        else:
            encryption = "required" if port == 587 or user else "offered"
        return cls(parts.hostname, port, encryption, user, password)


class _Line:
    """One open connection: how many mails it carried and when it was last used (seconds, monotonic)."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self.client = client
        self.mails = 0
        self.clean = True
        """The newest mail was taken, so the server expects another one."""
        self.used_at = time.monotonic()

    def fresh(self) -> bool:
        """Whether the next mail may travel on it: not worn out, not idle too long, and the server still answers."""
        idle = time.monotonic() - self.used_at
        if self.mails >= MAILS_A_CONNECTION or idle > IDLE_SECONDS:
            return False
        if self.clean and idle < WARM_SECONDS:
            return True
        with suppress(smtplib.SMTPException, OSError, ValueError):
            return self.client.rset()[0] == 250
        return False

    def cut(self) -> None:
        """End the conversation from another thread: whoever waits for the server hears of it at once."""
        with suppress(OSError, AttributeError):
            assert self.client.sock is not None
            self.client.sock.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Say goodbye without waiting for a server that does not answer."""
        with suppress(smtplib.SMTPException, OSError, ValueError):
            if self.client.sock is not None:
                self.client.sock.settimeout(1)
            self.client.quit()
        self.client.close()


class SmtpTransport:
    """A pool of connections to one server, safe for threads; each mail has one connection to itself."""

    def __init__(
        self,
        server: SmtpServer | str,
        *,
        trust: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        send_seconds: float = SEND_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.server = SmtpServer.from_url(server) if isinstance(server, str) else server
        self.connect_seconds = connect_seconds
        self.send_seconds = send_seconds
        self._patience = Patience(total_seconds)
        self._given_trust = trust
        self._idle: list[_Line] = []
        self._lock = threading.Lock()
        self._process = os.getpid()

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Made when it is needed: reading the system's certificates takes longer than a mail to a server at hand."""
        return self._given_trust or ssl.create_default_context()

    def send(self, message: EmailMessage | bytes, *, envelope_from: str, to: str) -> Delivery:
        """Hand `message` over for the address `to`; complaints come back to `envelope_from`."""
        if not (envelope_from + to).isascii():
            return Delivery.permanent(f"The address {to} has letters that SMTP cannot carry.")
        if any(c in envelope_from + to for c in "\r\n\0<> "):
            return Delivery.permanent("The address has characters that no address may have.")
        data = message if isinstance(message, bytes) else message.as_bytes()
        began = time.monotonic()
        while True:
            try:
                line = self._take()
            except (smtplib.SMTPException, OSError, ValueError) as fault:
                # Nothing was said about this mail yet: a wrong password or certificate must cost nobody their mail.
                return Delivery.transient(words_of(fault), ours=True)
            try:
                with self._patience.before(line.cut):
                    delivery = hand_over(line.client, data, envelope_from, to)
            except NotBegunError as fault:
                line.hang_up()
                if line.mails == 0 or time.monotonic() - began > WARM_SECONDS:
                    return Delivery.transient(fault.words, ours=True)
                continue  # the server had enough of that connection and has not seen this mail
            except (smtplib.SMTPException, OSError, ValueError) as fault:
                # Also when the connection broke after the final dot: the server may have taken the mail (RFC 1047). We
                # repeat it with the same Message-ID rather than lose it.
                line.hang_up()
                return Delivery.transient(words_of(fault), ours=True)
            self._put_away(line, clean=delivery.kind == "sent")
            return delivery

    def close(self) -> None:
        """Hang up all idle connections; the transport can be used again afterwards."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.hang_up()

    def _take(self) -> _Line:
        while True:
            with self._lock:
                if self._process != os.getpid():  # sockets inherited through a fork belong to the parent
                    self._idle, self._process = [], os.getpid()
                line = self._idle.pop() if self._idle else None
            if line is None:
                return _Line(self._connect())
            if line.fresh():
                return line
            line.hang_up()

    def _put_away(self, line: _Line, *, clean: bool) -> None:
        line.mails, line.clean, line.used_at = line.mails + 1, clean, time.monotonic()
        with self._lock:
            if len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(line)
                return
        line.hang_up()

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        client: smtplib.SMTP
        if server.encryption == "implicit":
            client = smtplib.SMTP_SSL(server.host, server.port, timeout=self.connect_seconds, context=self._trust)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=self.connect_seconds)
        try:
            client.ehlo_or_helo_if_needed()
            self._protect(client)
            if server.user:
                client.login(server.user, server.password)
            assert client.sock is not None
            client.sock.settimeout(self.send_seconds)
        except BaseException:
            client.close()
            raise
        return client

    def _protect(self, client: smtplib.SMTP) -> None:
        if self.server.encryption == "required":
            client.starttls(context=self._trust)  # raises when it is not offered or the certificate does not hold
        elif self.server.encryption == "offered" and client.has_extn("starttls"):
            client.starttls(context=_unverified())
        else:
            return
        client.ehlo()


def _unverified() -> ssl.SSLContext:
    """For servers without a password or a promise: an unknown certificate still beats plain text."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
