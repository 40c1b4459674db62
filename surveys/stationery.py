"""Invitations to many: what the mails of one version in one language have in common is made once, then filled in."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from flask import current_app

from base.cutting import Cut, Own, StandIn, cut, same
from base.mail import OUT, mailbox
from base.stencil import Sheet, fill
from surveys import emails
from surveys.emails import Recipient
from surveys.mailing import Links, invitation_texts
from surveys.merging import Person, fields, is_field, plain_name
from surveys.wording import Document, effective, ready

log = logging.getLogger("afterword.stationery")

KNOWN: Final = 256
"""Stencils that a process keeps in mind."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.-]{16,400}")


@dataclass(frozen=True)
class Occasion:
    """What one invitation's mail is written from."""

    version_id: uuid.UUID
    document: Document
    locale: str
    to: Recipient
    links: Links
    message_id: str
    at: datetime


@dataclass(frozen=True)
class Written:
    """A mail: a stencil and what goes into it, or all of it without a stencil."""

    sheet: Sheet | None
    kept: str
    subject: str
    to_address: str

    @property
    def raw(self) -> str:
        """The whole mail."""
        return fill(self.sheet.pieces, json.loads(self.kept)) if self.sheet else self.kept


_cuts: OrderedDict[object, Cut | None] = OrderedDict()


def written(one: Occasion) -> Written:
    """The mail of an invitation. Raises InvalidError for an address that no mail can go to."""
    words = _words(one)
    key = _key(one, words)
    if key in _cuts:
        found = _cuts[key]
        _cuts.move_to_end(key)
    else:
        found = _cuts[key] = _checked(one, words)
        while len(_cuts) > KNOWN:
            _cuts.popitem(last=False)
    return (_filled(found, one, words) if found else None) or _composed(one)


class UnknownError(Exception):
    """There is no stencil for this mail yet, or no stencil can make it."""


def from_stencil(one: Occasion) -> Written:
    """The same as `written`, in microseconds. Raises UnknownError where that would not do."""
    words = _words(one)
    found = _cuts.get(_key(one, words))
    made = _filled(found, one, words) if found else None
    if made is None:
        raise UnknownError
    return made


def _key(one: Occasion, words: Mapping[str, str]) -> object:
    settings = current_app.config
    who = (one.to.company, one.to.reply_to, one.to.look, settings["PUBLIC_URL"], settings["MAIL_FROM"])
    return (one.version_id, one.locale, *who, tuple(words))


def _words(one: Occasion) -> dict[str, str]:
    """What the texts say of the person: the name they are called by, and each field of which something is known."""
    words = {
        name: value
        for name in _fields(one.version_id, _Box(one.document), one.locale)
        if (value := one.to.person.value(name))
    }
    called = plain_name(one.to.name)
    return {"": called, **words} if called else words


class _Box:
    """A document as an argument that is remembered by something else."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Box)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=KNOWN)
def _fields(version_id: uuid.UUID, box: _Box, locale: str) -> tuple[str, ...]:  # noqa: ARG001 - tells versions apart
    """The merge fields in the texts of a version."""
    texts = [*effective(box.document, locale).values(), *ready(box.document, locale).values()]
    return tuple(sorted({name for text in texts if "{{" in text for name, _ in fields(text) if is_field(name)}))


def _tokens(links: Links) -> dict[str, str]:
    """The ends of the addresses, which are a person's own."""
    return {"answer": links.url.rpartition("/")[2], "end": links.unsubscribe_url.rpartition("/")[2]}


def _filled(found: Cut, one: Occasion, words: Mapping[str, str]) -> Written | None:
    to = one.to
    own = Own(to.name or "", to.address, one.message_id, one.at, _tokens(one.links), words)
    values = found.values(own)
    return None if values is None else Written(found.sheet, json.dumps(values), found.subject(words), _address(one))


def _composed(one: Occasion) -> Written:
    message = emails.invitation(one.document, one.locale, one.to, links=one.links, at=one.at)
    message["Message-ID"] = one.message_id
    return Written(None, message.as_bytes(policy=OUT).decode("ascii"), str(message["Subject"]), _address(one))


def _address(one: Occasion) -> str:
    box = mailbox("", one.to.address)
    return f"{box.username}@{box.domain}"


def _checked(one: Occasion, words: Mapping[str, str]) -> Cut | None:
    """The stencil for mails like this one, if what it makes is what composing makes."""
    found = _cut(one, words)
    if found is None:
        return None
    made, composed = _filled(found, one, words), _composed(one)
    if made is None or not same(made.raw, composed.raw) or made.subject != composed.subject:
        log.warning("the mails of version %s in %s are composed one by one", one.version_id, one.locale)
        return None
    return found


def _cut(one: Occasion, words: Mapping[str, str]) -> Cut | None:
    tokens = _tokens(one.links)
    if len(words) > 20 or not all(map(_TOKEN.fullmatch, tokens.values())):
        return None
    stand_in = StandIn(
        {name: f"Qzx{name}".ljust(len(token), "q") for name, token in tokens.items()},
        {name: f"Qzxword{chr(97 + number)}xzQ" for number, name in enumerate(words)},
        subject="",
    )
    to = replace(one.to, name=stand_in.words.get(""), person=_nobody(stand_in.words))
    ends = stand_in.links
    url = one.links.url.removesuffix(tokens["answer"]) + ends["answer"]
    away = one.links.unsubscribe_url.removesuffix(tokens["end"]) + ends["end"]
    decoy = one.links.decoy_url.replace(tokens["answer"], ends["answer"])
    links = Links(url=url, decoy_url=decoy, unsubscribe_url=away)
    letter = emails.letter(one.document, one.locale, to, links=links)
    subject = invitation_texts(one.document, one.locale, company=to.company, name=to.name or "", person=to.person)[
        "mail_subject"
    ]
    heading = emails.heading(one.locale, to, at=one.at, unsubscribe_url=away)
    return cut(letter, replace(heading, message_id=one.message_id), replace(stand_in, subject=subject))


def _nobody(words: Mapping[str, str]) -> Person:
    """Somebody of whom the same is known, but other things."""
    known: dict[str, dict[str, str]] = {"contact": {}, "interaction": {}}
    for name, stood in words.items():
        room, _, field = name.partition(".")
        if field:
            known[room][field] = stood
    return Person(known["contact"], known["interaction"])
