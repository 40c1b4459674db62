"""A received message, read without trust: headers as plain text, parts as text, whatever is broken in them."""

from __future__ import annotations

import html
import quopri
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr

MOST_READ = 256 * 1024
"""Bytes of a message that are looked at: reports are short, and a person's words come before what they attach."""
MOST_LINE = 2000
"""Characters of a header."""
MOST_PARTS = 100
MOST_TEXT = 100_000
"""Characters of a part that are looked at."""

Fields = Mapping[str, str]
"""The fields of one block of a report, names in lower case."""


@dataclass(frozen=True)
class Letter:
    """One message. Every property has a value, for every message."""

    message: Message

    @classmethod
    def read(cls, raw: bytes) -> Letter:
        """Any bytes at all; what cannot be taken apart is a message without parts."""
        try:
            return cls(message_from_bytes(_without_envelope_line(raw[:MOST_READ])))
        except Exception:  # noqa: BLE001 - whatever the parser stumbles over was made to make it stumble
            return cls(message_from_bytes(_plain_headers(raw)))

    def header(self, name: str) -> str:
        """The first header of that name on one line, decoded; empty without one."""
        return _plain(self.message.get(name))

    def headers(self, name: str) -> list[str]:
        """All headers of that name."""
        return [_plain(value) for value in self.message.get_all(name, [])]

    def has(self, name: str) -> bool:
        """Whether there is a header of that name, be it empty."""
        return name in self.message

    @property
    def sender(self) -> str:
        """The address it says that it is from; empty without one."""
        address = _mailbox(self.header("From"))[1]
        return address if "@" in address else ""

    @property
    def sender_name(self) -> str:
        """What its sender calls themself; empty without a name."""
        return _mailbox(self.header("From"))[0]

    @property
    def parts(self) -> list[Message]:
        """The message and everything in it, from the outside to the inside."""
        found: list[Message] = []
        waiting = [self.message]
        while waiting and len(found) < MOST_PARTS:
            part = waiting.pop(0)
            found.append(part)
            waiting[:0] = _inside(part)
        return found

    def own_parts(self) -> Iterator[Message]:
        """Its parts without those of messages that it carries along."""
        waiting = [self.message]
        for _ in range(MOST_PARTS):
            if not waiting:
                return
            part = waiting.pop(0)
            yield part
            waiting[:0] = [] if kind_of(part).startswith("message/") else _inside(part)

    @property
    def text(self) -> str:
        """What a reader sees of the message itself; of HTML only the words."""
        plain = [text_of(part) for part in self.own_parts() if kind_of(part) == "text/plain"]
        if any(text.strip() for text in plain):
            return "\n".join(plain)[:MOST_TEXT]
        pages = [text_of(part) for part in self.own_parts() if kind_of(part) == "text/html"]
        return "\n".join(_words_of(page) for page in pages)[:MOST_TEXT]

    @property
    def carried(self) -> str:
        """The headers of messages that it carries along, as they came."""
        found = []
        for part in self.parts[1:]:
            kind = kind_of(part)
            if kind in {"text/rfc822-headers", "message/rfc822-headers"}:
                found.append(text_of(part))
            elif kind == "message/rfc822":
                lines = [line for inner in _inside(part)[:1] for line in inner.items()]
                found.append("\n".join(f"{name}: {_plain(value)}" for name, value in lines) or text_of(part))
        return "\n".join(found)[:MOST_TEXT]


def _inside(part: Message) -> list[Message]:
    """The parts of a part; of a text there are none, and asking for its content would decode it."""
    content = part.get_payload() if part.is_multipart() else []
    return [inner for inner in content if isinstance(inner, Message)] if isinstance(content, list) else []


def kind_of(part: Message) -> str:
    """Its content type in lower case."""
    return part.get_content_type().lower()


def text_of(part: Message) -> str:
    """The text of a part, by its own charset or the nearest that can be read."""
    try:
        content, charset = part.get_payload(decode=True), part.get_param("charset", "utf-8")
    except (ValueError, LookupError, AssertionError, TypeError, MessageError):
        return ""
    if not isinstance(content, bytes):
        return ""
    content = content[:MOST_TEXT]
    named = charset if isinstance(charset, str) and charset.lower() != "punycode" else "utf-8"  # that takes seconds
    try:
        text = content.decode(named, "replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    # No NUL and no half of a letter: no database keeps them all. UTF-7 and its like make such.
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def blocks(part: Message) -> Sequence[Fields]:
    """The blocks of fields in a part that reports something."""
    inside = _inside(part)
    if not inside:
        return blocks_in(text_of(part))
    found = [_fields(inner) for inner in inside]
    return found if any(found) else blocks_in(_decoded(part, "\n\n".join(text_of(inner) for inner in inside)))


def blocks_in(text: str) -> Sequence[Fields]:
    """Blocks of `Name: value` lines in plain text; lines of other shapes are passed over."""
    found = []
    for block in re.split(r"\n[ \t]{0,20}\n", text.replace("\r", "")[:MOST_TEXT]):
        fields: dict[str, str] = {}
        name = ""
        for line in block.split("\n"):
            match = re.match(r"([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]*(.*)", line)
            if match:
                name = match[1].lower()
                fields.setdefault(name, match[2].strip())
            elif name and line[:1] in " \t":
                fields[name] = f"{fields[name]} {line.strip()}"
        if fields:
            found.append(fields)
    return found


def _decoded(part: Message, text: str) -> str:
    """The text of a report that was transfer-encoded, as no report should be."""
    encoding = _plain(part.get("Content-Transfer-Encoding")).lower()
    try:
        if encoding == "base64":
            return b64decode("".join(text.split())).decode("utf-8", "replace")
    except ValueError:
        return text
    return quopri.decodestring(text.encode()).decode("utf-8", "replace") if encoding == "quoted-printable" else text


def _fields(message: Message) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in message.items():
        fields.setdefault(name.lower(), _plain(value))
    return fields


def _plain(value: object) -> str:
    """A header's value on one line; encoded words become what they say."""
    text = "" if value is None else str(value)[:MOST_LINE].replace("\0", "")
    with suppress(ValueError, LookupError, MessageError):
        text = str(make_header(decode_header(text))) if "=?" in text else text
    text = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return " ".join(text.split())


def _mailbox(text: str) -> tuple[str, str]:
    """Name and address; the standard parser goes one call deeper with each `(`."""
    try:
        return parseaddr(text)
    except RecursionError:
        return "", ""


def _words_of(page: str) -> str:
    """The words of a page of HTML. One pass over its tags: it comes from anybody."""
    words: list[str] = []
    silent = ""
    for piece in re.split(r"(<[^<>]{1,2000}>)", page):
        tag = re.match(r"<(/?)([A-Za-z0-9]+)", piece)
        if tag is None:
            words += [] if silent or piece.startswith("<!") else [piece]
        elif silent:
            silent = "" if tag[1] and tag[2].lower() == silent else silent
        elif tag[2].lower() in {"script", "style", "head", "title"}:
            silent = "" if tag[1] else tag[2].lower()
        else:
            words.append("\n" if tag[2].lower() in {"br", "p", "div", "tr", "li", "h1", "h2", "h3"} else " ")
    return html.unescape("".join(words))


def _plain_headers(raw: bytes) -> bytes:
    """The headers of a message whose parts cannot be told apart, without the one that speaks of parts."""
    lines = raw[:MOST_READ].partition(b"\n\n")[0].splitlines()
    return b"\n".join(line for line in lines if not line.lower().startswith((b"content-", b" ", b"\t"))) + b"\n\n"


def _without_envelope_line(raw: bytes) -> bytes:
    """Programs that deliver into files put a line `From address date` on top."""
    return raw.partition(b"\n")[2] if raw.startswith((b"From ", b">From ")) else raw
