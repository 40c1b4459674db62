"""The outbox of an installation without a mail server: each mail is a file that an admin can read in the browser."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

from base.clock import now
from base.delivery import FILED, Delivery
from base.errors import NotFoundError

NAME = re.compile(r"\A(\d{8}T\d{12}Z)-[0-9a-f]{8}\Z")
STAMP = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True)
class FiledMail:
    """One line of the list. `name` is the file's without `.eml`; names sort by time."""

    name: str
    at: datetime
    sender: str
    to: str
    subject: str
    size: int


class EmlTransport:
    """Writes mails into `directory` as `<UTC time>-<id>.eml` and reads them back."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def send(self, message: EmailMessage | bytes, *, envelope_from: str, to: str) -> Delivery:  # noqa: ARG002 - Transport
        """File `message`; readers see whole files only. The disk's own failures are transient."""
        name = f"{now().strftime(STAMP)}-{secrets.token_hex(4)}"
        unfinished = self.directory / f".{name}.part"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(message if isinstance(message, bytes) else message.as_bytes())
            unfinished.replace(self.directory / f"{name}.eml")
        except OSError as fault:
            return Delivery.transient(f"The mail could not be filed: {fault.strerror}.")
        return Delivery.sent(f"{FILED}{name}.eml")

    def close(self) -> None:
        """Nothing is kept open."""

    def forget(self, words: str) -> None:
        """Remove the file of a mail, known by what `send` said of it."""
        name = words.removeprefix(FILED).removesuffix(".eml")
        if NAME.match(name):
            (self.directory / f"{name}.eml").unlink(missing_ok=True)

    def latest(self, limit: int = 50, *, before: str | None = None) -> list[FiledMail]:
        """The newest mails first, `limit` of them; `before` is the name of the last one already seen."""
        try:
            names = sorted((path.stem for path in self.directory.glob("*.eml") if NAME.match(path.stem)), reverse=True)
        except OSError:
            return []
        return [self._line(name) for name in names if before is None or name < before][:limit]

    def source(self, name: str) -> bytes:
        """The mail as it would have been sent. Raises NotFoundError; a name can never lead out of the directory."""
        if not NAME.match(name):
            raise NotFoundError("mail", name)
        try:
            return (self.directory / f"{name}.eml").read_bytes()
        except OSError as fault:
            raise NotFoundError("mail", name) from fault

    def read(self, name: str) -> EmailMessage:
        """The mail `name`, parsed. Raises NotFoundError."""
        return BytesParser(_class=EmailMessage, policy=policy.SMTP).parsebytes(self.source(name))

    def _line(self, name: str) -> FiledMail:
        path = self.directory / f"{name}.eml"
        with path.open("rb") as file:
            head = BytesHeaderParser(policy=policy.SMTP).parse(file)
        at = datetime.strptime(name.partition("-")[0], STAMP).replace(tzinfo=UTC)
        fields = (str(head.get(header, "")) for header in ("From", "To", "Subject"))
        sender, to, subject = fields
        return FiledMail(name, at, sender, to, subject, path.stat().st_size)
