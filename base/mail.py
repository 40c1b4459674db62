"""Making a mail: three templates and a heading become one message that every mail program reads the same way."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email._header_value_parser import TokenList
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import Policy
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, ClassVar, Literal

import css_inline
import idna
from jinja2 import Environment

from base.errors import InvalidError

SUBJECT_LENGTH = 200
NAME_LENGTH = 100
ENCODED_WORD = 42
"""Bytes of text in one word of a header, which is 75 characters at most."""

_LOCAL = re.compile(r"\A[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LINK = re.compile(r"\A(?!.*=\?)(https?|mailto):[!-;=?-~]+\Z")
_CID = re.compile(r"\A[A-Za-z0-9.-]+@[A-Za-z0-9.-]+\Z")
_TAG = re.compile(r"\A[A-Za-z0-9]+(-[A-Za-z0-9]+)*\Z")
_MESSAGE_ID = re.compile(r"\A<[!-;=?-~]+@[!-;=?-~]+>\Z")


class _Line(BaseHeader):
    """A header that is exactly what it was given. The standard one decodes `=?…?=` inside the text of a person, line
    ends included, folds long links into encoded words that nobody decodes, and loses spaces of long subjects.
    """

    max_count: ClassVar[Literal[1]] = 1

    @staticmethod
    def parse(value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"] = TokenList()
        kwds["decoded"] = value

    def fold(self, *, policy: Policy) -> str:
        if self.isascii() and "=?" not in self:
            return f"{self.name}: {self}{policy.linesep}"
        header = Header(str(self), "utf-8", header_name=self.name, continuation_ws=" ")
        return f"{self.name}: {header.encode(linesep=policy.linesep)}{policy.linesep}"


class _Verbatim(_Line):
    """Machine words: a link or an id stays on its line."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("subject", _Line)
for _name in ("list-unsubscribe", "list-unsubscribe-post", "message-id", "in-reply-to", "references"):
    _headers.map_to_type(_name, _Verbatim)

POLICY = policy.SMTP.clone(header_factory=_headers, cte_type="7bit")
"""CRLF line ends, and letters beyond ASCII only inside transfer encodings: every server takes such a mail unchanged."""

OUT = policy.SMTP.clone(cte_type="7bit")
"""How a whole message becomes the bytes that go out."""

# Style sheets from elsewhere stay unread: a template must never make this process fetch or open anything.
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True, remove_inlined_selectors=True)


@dataclass(frozen=True)
class Picture:
    """A PNG inside of a mail; the HTML calls it `cid:` and its cid."""

    cid: str
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class Letter:
    """What a reader sees: a subject of one line, the plain text, the HTML with its styles inlined, its pictures."""

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()
    """What the HTML shows; they come along, because mail programs do not load pictures from elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """From whom, to whom, when, in which language. `sender` and `reply_to` may be `Name <address>`."""

    sender: str
    to_address: str
    to_name: str = ""
    at: datetime
    locale: str = "en"
    message_id: str | None = None
    reply_to: str | None = None
    unsubscribe_url: str | None = None
    """For mail that a person can end: gets both RFC 8058 headers. Transactional mail has none."""
    in_reply_to: str | None = None
    """Message-ID of the mail that this one follows in the same thread."""


def render(
    environment: Environment, name: str, values: Mapping[str, Any], pictures: tuple[Picture, ...] = ()
) -> Letter:
    """Render `email/<name>.subject.txt`, `.txt` and `.html`. Only the third is escaped, by its file's name."""
    template = environment.get_template
    subject = template(f"email/{name}.subject.txt").render(values)
    text = template(f"email/{name}.txt").render(values)
    html = template(f"email/{name}.html").render(values)
    return Letter(one_line(subject, SUBJECT_LENGTH), text.strip() + "\n", _inliner.inline(html), pictures)


def compose(letter: Letter, heading: Heading) -> EmailMessage:
    """Put `letter` under `heading`. Raises InvalidError for an address, link or tag that is none."""
    message = EmailMessage(policy=POLICY)
    message["From"] = mailbox(*parseaddr(heading.sender))
    message["To"] = mailbox(heading.to_name, heading.to_address)
    if heading.reply_to:
        message["Reply-To"] = mailbox(*parseaddr(heading.reply_to))
    message["Subject"] = one_line(letter.subject, SUBJECT_LENGTH)
    message["Date"] = heading.at
    if heading.message_id:
        message["Message-ID"] = _matching(_MESSAGE_ID, heading.message_id, "Message-ID")
    if heading.in_reply_to:
        message["In-Reply-To"] = message["References"] = _matching(_MESSAGE_ID, heading.in_reply_to, "Message-ID")
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF"
    if heading.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{_matching(_LINK, heading.unsubscribe_url, 'link')}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(plain_text(letter.text), cte="quoted-printable")
    message.add_alternative(plain_text(letter.html), subtype="html", cte="quoted-printable")
    _attach(message, letter.pictures)
    message["Content-Language"] = _matching(_TAG, heading.locale, "language tag")
    return message


def _attach(message: EmailMessage, pictures: tuple[Picture, ...]) -> None:
    """Put the pictures beside the HTML, which becomes the root of a part of its own."""
    html = message.get_body(("html",))
    for picture in pictures:
        assert html is not None
        cid = f"<{_matching(_CID, picture.cid, 'Content-ID')}>"
        html.add_related(picture.png, "image", "png", cid=cid, disposition="inline", filename="logo.png")


def with_pictures(message: EmailMessage, html: str) -> str:
    """The HTML of a mail with its pictures in it, for a frame that can ask for nothing."""
    for part in message.walk():
        name = str(part["Content-ID"] or "").strip().strip("<>")
        if name and part.get_content_type() == "image/png":
            html = html.replace(f"cid:{name}", f"data:image/png;base64,{b64encode(part.get_content()).decode()}")
    return html


def one_line(text: str, length: int) -> str:
    """`text` as one line of at most `length` characters: line ends and control characters become single spaces."""
    plain = "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in text)
    plain = " ".join(plain.split())
    return plain if len(plain) <= length else plain[: length - 1].rstrip() + "…"


def mailbox(name: str, address: str) -> Address:
    """An address with the name shown beside it. Raises InvalidError when `address` is not one that SMTP can carry."""
    local, _, domain = address.rpartition("@")
    ascii_domain = _in_ascii(domain)
    if not ascii_domain or not _LOCAL.match(local) or len(local) > 64 or len(ascii_domain) > 253:
        raise InvalidError(f"{address!r} is not an email address.")
    # "=?" would be decoded again by whoever folds or reads the header; no name of a person needs it.
    return Address(one_line(name, NAME_LENGTH).replace("=?", "= ?"), local, ascii_domain)


@lru_cache(maxsize=4096)
def _in_ascii(domain: str) -> str:
    """A domain as SMTP carries it; empty when it is none."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


def encoded_word(text: str) -> str:
    """At most `ENCODED_WORD` bytes of text beyond ASCII inside of a header (RFC 2047)."""
    return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="


def _matching(pattern: re.Pattern[str], value: str, noun: str) -> str:
    if not pattern.match(value):
        raise InvalidError(f"{value!r} is not a {noun}.")
    return value


def plain_text(text: str) -> str:
    """Lone surrogates and NUL have no place in a mail; everything else people write does."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
