"""What is said to an SMTP server about one mail, and what its replies mean."""

from __future__ import annotations

import re
import smtplib

from base.delivery import Delivery
from base.stencil import Wired

NOT_THE_MAIL = frozenset({421, 454, 530, 534, 535, 538})
"""Replies about us (wrong password, TLS wanted, shutting down): no mail is given up for them, whatever their digit."""


class NotBegunError(Exception):
    """The connection ended, or the server wants to end it, before it heard of this mail."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def hand_over(client: smtplib.SMTP, data: bytes, envelope_from: str, to: str) -> Delivery:
    """Hand over one mail. Raises NotBegunError when the server never heard of it, else smtplib's errors."""
    size = f" size={len(data)}" if client.has_extn("size") else ""
    lines = [f"MAIL FROM:<{envelope_from}>{size}", f"RCPT TO:<{to}>", "DATA"]
    together = client.has_extn("pipelining")  # RFC 2920: one way there and back instead of three
    code, reply, going = 0, b"", False
    if together:
        _say(client, lines)
    for number, line in enumerate(lines):
        if not together:
            _say(client, [line])
        said = _heard(client, first=number == 0)
        if not 200 <= said[0] <= 599:  # whoever answers does not speak SMTP; this connection is not worth keeping
            raise smtplib.SMTPResponseException(*said)
        if number and code >= 400:  # it answers to the rest, but the first refusal is what counts
            going = number == 2 and said[0] == 354
            continue
        code, reply = said
        if not together and code >= 400:
            break
    if code == 354:
        assert client.sock is not None
        client.sock.sendall(data if isinstance(data, Wired) else _with_dots(data))
        code, reply = client.getreply()
    elif going:  # it waits for a mail that has nobody to go to
        client.send(".\r\n")
        client.getreply()
    elif code < 400:
        raise smtplib.SMTPResponseException(code, reply)
    return _told(code, reply)


def _say(client: smtplib.SMTP, lines: list[str]) -> None:
    try:
        client.send("\r\n".join(lines) + "\r\n")
    except (smtplib.SMTPServerDisconnected, OSError) as fault:
        raise NotBegunError(words_of(fault)) from fault


def _heard(client: smtplib.SMTP, *, first: bool) -> tuple[int, bytes]:
    try:
        code, reply = client.getreply()
    except smtplib.SMTPServerDisconnected as fault:
        raise NotBegunError(words_of(fault)) from fault
    if first and code == 421:
        raise NotBegunError(_sentence(code, reply))
    return code, reply


def _told(code: int, reply: bytes) -> Delivery:
    if not 200 <= code <= 599:
        raise smtplib.SMTPResponseException(code, reply)
    if code == 250:
        return Delivery.sent(_sentence(code, reply))
    if code >= 500 and code not in NOT_THE_MAIL:
        return Delivery.permanent(_sentence(code, reply))
    return Delivery.transient(_sentence(code, reply), ours=code in NOT_THE_MAIL)


_LONE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def _with_dots(data: bytes) -> bytes:
    """As it travels: every line ends in CRLF, a dot at its beginning is doubled, a dot alone ends it."""
    if not data.count(b"\n") == data.count(b"\r") == data.count(b"\r\n"):
        data = _LONE.sub(b"\r\n", data)
    if data.startswith(b"."):
        data = b"." + data
    data = data.replace(b"\r\n.", b"\r\n..")
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")


def _sentence(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"[:1000] if code > 0 else f"Not SMTP: {' '.join(text.split())}"[:200]


def words_of(fault: Exception) -> str:
    """What to tell of a fault."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return _sentence(fault.smtp_code, fault.smtp_error)
    if isinstance(fault, TimeoutError):
        return "The mail server did not answer in time."
    return f"{type(fault).__name__}: {fault}"[:1000]
