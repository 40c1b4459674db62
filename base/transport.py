"""What became of handing one mail over, in the one shape on which retries are decided."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal, Protocol


@dataclass(frozen=True)
class Delivery:
    """`sent`: somebody else answers for the mail now. `transient`: try again later. `permanent`: never try again.

    `text` is what the server said, or why it could not be asked.
    """

    kind: Literal["sent", "transient", "permanent"]
    text: str

    @classmethod
    def sent(cls, text: str) -> Delivery:
        return cls("sent", text)

    @classmethod
    def transient(cls, reason: str) -> Delivery:
        return cls("transient", reason)

    @classmethod
    def permanent(cls, reason: str) -> Delivery:
        return cls("permanent", reason)


class Transport(Protocol):
    """Hands one mail over. Faults of servers and networks are a `Delivery`, never an exception."""

    def send(self, message: EmailMessage | bytes, *, envelope_from: str, to: str) -> Delivery: ...

    def close(self) -> None: ...
