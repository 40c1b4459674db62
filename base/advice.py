"""What usually is the matter when a mail server does not take a mail, told from where and how it ended."""

from __future__ import annotations

import smtplib
import socket
import ssl
from typing import Literal

from base.smtp import SmtpServer

Advice = Literal[
    "none",
    "address",
    "unreachable",
    "silent",
    "plain_port",
    "tls_port",
    "no_smtp",
    "certificate",
    "no_tls",
    "login",
    "no_login",
    "sender",
    "relay",
    "recipient",
    "later",
    "content",
    "hung_up",
]
RELAY = ("relay", "authentic", "not permitted", "5.7.")
"""Words of a server that refuses a recipient because of us."""


def advice_for(step: str, fault: Exception, server: SmtpServer) -> Advice:
    """The usual cause of such an end; the steps are those of a `Conversation`."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return _refused(step, fault)
    if isinstance(fault, socket.gaierror):
        return "address"
    if isinstance(fault, ssl.SSLError):
        return _unprotected(fault, server)
    return _broken_off(step, fault, server)


def _unprotected(fault: ssl.SSLError, server: SmtpServer) -> Advice:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return "certificate"
    return "plain_port" if server.encryption == "implicit" else "no_tls"


def _broken_off(step: str, fault: Exception, server: SmtpServer) -> Advice:
    disconnected = isinstance(fault, smtplib.SMTPServerDisconnected)
    late = isinstance(fault, TimeoutError) or (disconnected and isinstance(fault.__context__, TimeoutError))
    if step == "connect" and (late or disconnected) and server.port == 465 and server.encryption != "implicit":
        return "tls_port"
    if late:
        return "silent"
    if step in {"tls", "login"} and not disconnected:
        return "no_tls" if step == "tls" else "no_login"
    return "unreachable" if step == "connect" and isinstance(fault, OSError) and not disconnected else "hung_up"


def _refused(step: str, fault: smtplib.SMTPResponseException) -> Advice:
    raw, code = fault.smtp_error, fault.smtp_code
    words = (raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)).lower()
    if not 200 <= code <= 599:
        return "no_smtp"
    if step == "recipient" and code >= 500:
        return "relay" if any(word in words for word in RELAY) else "recipient"
    if 400 <= code < 500 and step != "login":
        return "later"
    by_step: dict[str, Advice] = {"tls": "no_tls", "login": "login", "sender": "sender", "content": "content"}
    return by_step.get(step, "hung_up")
