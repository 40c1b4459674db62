"""What became of one try to hand over a mail. Kinds, so that retries are decided in one place."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal, Protocol

FILED = "filed as "
"""What a transport says that files mails begins so; by the name behind it the file can be forgotten."""


@dataclass(frozen=True)
class Delivery:
    """`sent`: the server took it. `transient`: worth another try later. `permanent`: it never will be taken."""

    kind: Literal["sent", "transient", "permanent"]
    words: str
    """The server's words, or ours when no server spoke."""
    ours: bool = False
    """It failed for reasons about us or the server, and any other mail would have failed too."""

    @classmethod
    def sent(cls, words: str) -> Delivery:
        return cls("sent", words)

    @classmethod
    def transient(cls, words: str, *, ours: bool = False) -> Delivery:
        return cls("transient", words, ours)

    @classmethod
    def permanent(cls, words: str) -> Delivery:
        return cls("permanent", words)


class Transport(Protocol):
    """A way out for mail. Server faults are values, never exceptions."""

    def send(self, message: EmailMessage | bytes, *, envelope_from: str, to: str) -> Delivery: ...

    def close(self) -> None: ...
