"""Cutting a stencil: a mail is composed once for a stand-in, and what is the stand-in's becomes a hole.

Composing takes milliseconds (templates, styles, MIME), filling a stencil some microseconds. A filled mail says what a
composed one would: holes are encoded by the same rules, and whoever cuts compares one of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.quoprimime import body_encode
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from base.mail import (
    ENCODED_WORD,
    OUT,
    POLICY,
    SUBJECT_LENGTH,
    Heading,
    Letter,
    compose,
    encoded_word,
    mailbox,
    one_line,
)
from base.stencil import WHOLE, Piece, Pieces, Sheet

ODD: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
"""What templates, HTML and MIME may treat each in its own way: whoever is called so gets a mail of their own."""
_LINE: Final = 78
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


@dataclass(frozen=True)
class StandIn:
    """What a letter was rendered with in place of a person's own: `links` have the length of real ones and only
    letters, digits, `_`, `-` and `.`; `words` are texts of any length. Both by name.
    """

    links: Mapping[str, str]
    words: Mapping[str, str]
    subject: str
    """The subject with the words' stand-ins, of any length."""


@dataclass(frozen=True)
class Own:
    """What is a person's own in a mail: links and words by the names of their stand-ins."""

    name: str
    address: str
    message_id: str
    at: datetime
    links: Mapping[str, str]
    words: Mapping[str, str]


@dataclass(frozen=True)
class _Line:
    """A line of the text or of the HTML that has words in it."""

    key: str
    text: str
    html: bool


@dataclass(frozen=True)
class Cut:
    """A stencil, and how to make what goes into its holes."""

    sheet: Sheet
    stand_in: StandIn
    lines: tuple[_Line, ...]
    own_subject: bool

    def values(self, own: Own) -> dict[str, str] | None:
        """What is a mail's own; None for words or links that only composing gets right. Raises InvalidError for an
        address that is none.
        """
        links, words = own.links, own.words
        lengths = ((links[name], stood) for name, stood in self.stand_in.links.items())
        if any(len(link) != len(stood) for link, stood in lengths) or any(map(ODD.search, words.values())):
            return None
        found = {**links, "to": to_line(own.name, own.address), "date": _date(own.at)}
        found["id"] = f"Message-ID: {own.message_id}\r\n"
        if self.own_subject:
            found["subject"] = subject_line(self._put(self.stand_in.subject, links, words))
        escaped = {name: _escaped(word) for name, word in words.items()} if self.lines else {}
        for line in self.lines:
            found[line.key] = _encoded(self._put(line.text, links, escaped if line.html else words))
        return found

    def subject(self, words: Mapping[str, str]) -> str:
        """The subject of the mail that says these words."""
        return one_line(self._put(self.stand_in.subject, self.stand_in.links, words), SUBJECT_LENGTH)

    def _put(self, text: str, links: Mapping[str, str], words: Mapping[str, str]) -> str:
        marks = {stood: links[name] for name, stood in self.stand_in.links.items()}
        marks |= {stood: words[name] for name, stood in self.stand_in.words.items()}
        # In one pass: a word may look like the stand-in of another.
        return _any_of(tuple(marks)).sub(lambda found: marks[found[0]], text)


def cut(letter: Letter, heading: Heading, stand_in: StandIn) -> Cut | None:
    """The stencil of a letter to a stand-in; None where a word stands in a place that only composing gets right."""
    message = compose(letter, replace(heading, message_id=None))
    message["Message-ID"] = heading.message_id or ""
    raw = _with_boundaries(message.as_bytes(policy=OUT).decode("ascii"))
    if any(re.search(f"<[^>]*{word}", letter.html) for word in stand_in.words.values()):
        return None
    head, _, body = raw.partition("\r\n\r\n")
    pieces, own_subject = _head(head + "\r\n\r\n", stand_in)
    lines: list[_Line] = []
    for text, html in ((letter.text, False), (letter.html, True)):
        text_lines = [line.decode() for line in text.encode().splitlines()]
        encoded = "".join(map(_encoded, text_lines))
        before, found, body = body.partition(encoded)
        if not found:
            return None
        pieces += _with_links(before, stand_in)
        for line in text_lines:
            if any(word in line for word in stand_in.words.values()):
                lines.append(_Line(f"line{len(lines)}", line, html))
                pieces.append((lines[-1].key, 0, WHOLE))
            else:
                pieces += _with_links(_encoded(line), stand_in)
    pieces += _with_links(body, stand_in)
    return Cut(Sheet.of(_joined(pieces)), stand_in, tuple(lines), own_subject)


def _with_boundaries(raw: str) -> str:
    """The same mail with boundaries that are always the same; no encoded line can look like one."""
    for number, boundary in enumerate(re.findall(r'boundary="(=+[^"]+)"', raw)):
        raw = raw.replace(boundary, f"{'=' * 15}{number:019d}==")
    return raw


def same(one: str, other: str) -> bool:
    """Whether two mails say the same to whoever reads them: headers and parts, decoded."""
    return _told(one) == _told(other)


def _told(raw: str) -> object:
    message = BytesParser(_class=EmailMessage, policy=policy.SMTP).parsebytes(raw.encode("ascii"))
    heads = sorted((name, str(value)) for name, value in message.items() if name != "Content-Type")
    parts = [
        (part.get_content_type(), part["Content-ID"], None if part.is_multipart() else part.get_content())
        for part in message.walk()
    ]
    return heads, parts


def _head(head: str, stand_in: StandIn) -> tuple[list[Piece], bool]:
    pieces: list[Piece] = []
    own_subject = any(word in stand_in.subject for word in stand_in.words.values())
    holes = {"To": "to", "Date": "date", "Message-ID": "id"} | ({"Subject": "subject"} if own_subject else {})
    for header in re.findall(r"[^\r\n][^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*|\r\n", head):
        name = header.partition(":")[0]
        if name in holes:
            pieces.append((holes[name], 0, WHOLE))
        else:
            pieces += _with_links(header, stand_in)
    return pieces, own_subject


def _with_links(encoded: str, stand_in: StandIn) -> list[Piece]:
    """Encoded text with holes where links stand. A soft line break inside of a link stays where it is."""
    pieces: list[Piece] = []
    marks = {stood: name for name, stood in stand_in.links.items()}
    pattern = "|".join("(?:=\r\n)?".join(map(re.escape, stood)) for stood in marks)
    end = 0
    for found in re.finditer(pattern, encoded):
        pieces.append(encoded[end : found.start()])
        name, at = marks[found[0].replace("=\r\n", "")], 0
        for number, part in enumerate(found[0].split("=\r\n")):
            if number:
                pieces.append("=\r\n")
            pieces.append((name, at, at + len(part)))
            at += len(part)
        end = found.end()
    return [*pieces, encoded[end:]]


def _joined(pieces: Sequence[Piece]) -> Pieces:
    """Neighbouring texts as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return tuple(joined)


def _encoded(line: str) -> str:
    return body_encode(line.encode().decode("latin-1"), _LINE, "\r\n") + "\r\n"


def _escaped(text: str) -> str:
    """As the inliner writes text into HTML."""
    text = text.replace("&", "&amp;").replace("\xa0", "&nbsp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


_patterns: dict[tuple[str, ...], re.Pattern[str]] = {}


def _any_of(marks: tuple[str, ...]) -> re.Pattern[str]:
    found = _patterns.get(marks)
    if found is None:
        if len(_patterns) > 100:
            _patterns.clear()
        found = _patterns[marks] = re.compile("|".join(map(re.escape, marks)))
    return found


def to_line(name: str, address: str) -> str:
    """The header that says whom a mail is for."""
    box = mailbox(name, address)
    shown, at = box.display_name, f"{box.username}@{box.domain}"
    if not shown:
        return f"To: {at}\r\n"
    if _ATOMS.fullmatch(shown) and "=?" not in shown:
        spelled = shown
    elif shown.isascii():
        spelled = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    elif len(shown.encode()) <= ENCODED_WORD:
        spelled = encoded_word(shown)
    else:
        return str(POLICY.header_store_parse("To", box)[1].fold(policy=OUT))
    gap = " " if len(f"To: {spelled} <{at}>") <= _LINE else "\r\n "
    return f"To: {spelled}{gap}<{at}>\r\n"


def subject_line(subject: str) -> str:
    """The header that says what a mail is about."""
    _, value = POLICY.header_store_parse("Subject", one_line(subject, SUBJECT_LENGTH))
    return str(value.fold(policy=OUT))


@lru_cache(maxsize=8)
def _date(at: datetime) -> str:
    return f"Date: {format_datetime(at)}\r\n"
