"""The mails of this room: an invitation, the same as a test for who designs it, and what people wrote back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from flask import current_app
from flask_babel import force_locale

from accounts.workspace import Workspace
from base import mail, tokens
from surveys.branding import PLAIN, Look
from surveys.dispatch import Dispatch
from surveys.logo import look_of
from surveys.mailing import Links, invitation_context, reminder_context
from surveys.merging import NOBODY, Person
from surveys.returning import Letter
from surveys.wording import Document

LARGEST_ATTACHED = 2 * 1024 * 1024
"""Bytes of a person's mail up to which it travels along as it came."""
TEXT_PASSED_ON = 20_000
DECOY = "all"
"""Last part of the decoy's address: no score is called so, and no person ever sees the link."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom a mail goes to, in whose name and look."""

    address: str
    name: str | None = None
    company: str
    reply_to: str | None = None
    person: Person = NOBODY
    look: Look = PLAIN


@dataclass(frozen=True, slots=True)
class Thread:
    """The mail that a reminder follows; without one it stands alone."""

    message_id: str | None = None
    subject: str | None = None
    last: bool = False
    """No other reminder comes after it."""


def recipient_of(dispatch: Dispatch, document: Document) -> Recipient:
    """Whom the mail of a dispatch goes to, when it asks with this document."""
    contact, workspace = dispatch.contact, dispatch.workspace
    return Recipient(
        address=contact.email,
        name=contact.name,
        company=workspace.name,
        reply_to=workspace.reply_to,
        person=dispatch.person,
        look=look_of(workspace, document),
    )


def answer_url(token: str) -> str:
    """The address of the page that takes the answer."""
    return tokens.link(f"/s/{token}")


def unsubscribe_url(contact_id: uuid.UUID, survey_id: uuid.UUID, locale: str) -> str:
    """Where a person ends this survey, or all of a workspace. It needs no row but the contact's, and works for years.

    Mails of earlier versions carry a link without a survey; `views.unsubscribing` still reads it.
    """
    return tokens.link(f"/u/{tokens.sign('unsubscribe', f'{contact_id.hex}{survey_id.hex}{locale}')}")


def links(token: str, contact_id: uuid.UUID, survey_id: uuid.UUID, locale: str) -> Links:
    """All addresses of one invitation's mail; they come from the settings, never from a request."""
    url = answer_url(token)
    return Links(url=url, decoy_url=f"{url}/{DECOY}", unsubscribe_url=unsubscribe_url(contact_id, survey_id, locale))


def invitation(document: Document, locale: str, to: Recipient, *, links: Links, at: datetime) -> EmailMessage:
    """The question as a mail, in a locale of the survey."""
    return _composed(_values(document, locale, to, links), to, at=at, unsubscribe_url=links.unsubscribe_url)


def reminder(
    document: Document, locale: str, to: Recipient, *, links: Links, thread: Thread, at: datetime
) -> EmailMessage:
    """The question once more, under the mail that asked it first."""
    values = reminder_context(_values(document, locale, to, links), subject=thread.subject, last=thread.last)
    return _composed(values, to, at=at, unsubscribe_url=links.unsubscribe_url, in_reply_to=thread.message_id)


def test_invitation(document: Document, locale: str, to: Recipient, *, preview_url: str, at: datetime) -> EmailMessage:
    """The same mail for a designer: marked as a test, all its links lead to the preview, nobody is unsubscribed."""
    preview = Links(url=preview_url, decoy_url=preview_url, unsubscribe_url=preview_url)
    values = _values(document, locale, to, preview)
    subject = f"[TEST] {values['texts']['mail_subject']}"
    return _composed({**values, "texts": {**values["texts"], "mail_subject": subject}}, to, at=at)


def passed_on(letter: Letter, raw: bytes, workspace: Workspace, *, about: str | None, at: datetime) -> EmailMessage:
    """What a person answered by mail, for the workspace's reply address: their words, and the whole as it came.

    Raises InvalidError when the person's address is none that could be answered.
    """
    sender = mail.mailbox("", letter.sender).addr_spec
    name = letter.sender_name or sender
    text = mail.plain_text(letter.text).strip()
    values: dict[str, Any] = {
        "name": name,
        "email": sender,
        "text": text[:TEXT_PASSED_ON],
        "about": about,
        "workspace": workspace,
    }
    values |= {"subject": letter.header("Subject"), "whole": len(raw) <= LARGEST_ATTACHED, "locale": "en", "dir": "ltr"}
    with force_locale("en"):
        composed = mail.compose(
            mail.render(current_app.jinja_env, "reply", values),
            mail.Heading(sender=in_the_name_of(name), to_address=workspace.reply_to or "", at=at, reply_to=sender),
        )
    if values["whole"]:
        composed.add_attachment(raw, maintype="application", subtype="octet-stream", filename="message.eml")
    return composed


def _values(document: Document, locale: str, to: Recipient, links: Links) -> Mapping[str, Any]:
    return invitation_context(
        document, locale, company=to.company, name=to.name, links=links, person=to.person, look=to.look
    )


def letter(document: Document, locale: str, to: Recipient, *, links: Links) -> mail.Letter:
    """What the mail of an invitation says, without its heading."""
    return _letter(_values(document, locale, to, links), to)


def _letter(values: Mapping[str, Any], to: Recipient) -> mail.Letter:
    logo = to.look.logo
    pictures = (mail.Picture(logo.cid, logo.mail),) if logo else ()
    return mail.render(current_app.jinja_env, "invitation", values, pictures)


def heading(
    locale: str,
    to: Recipient,
    *,
    at: datetime,
    unsubscribe_url: str | None = None,
    in_reply_to: str | None = None,
) -> mail.Heading:
    """From whom and to whom, and in which thread."""
    return mail.Heading(
        sender=in_the_name_of(to.company),
        to_address=to.address,
        to_name=to.name or "",
        at=at,
        locale=locale,
        reply_to=to.reply_to,
        unsubscribe_url=unsubscribe_url,
        in_reply_to=in_reply_to,
    )


def _composed(
    values: Mapping[str, Any],
    to: Recipient,
    *,
    at: datetime,
    unsubscribe_url: str | None = None,
    in_reply_to: str | None = None,
) -> EmailMessage:
    above = heading(values["locale"], to, at=at, unsubscribe_url=unsubscribe_url, in_reply_to=in_reply_to)
    return mail.compose(_letter(values, to), above)


def in_the_name_of(company: str) -> str:
    """Our own address, which the server may send from, with the name of the company that asks."""
    quoted = company.replace("\\", "").replace('"', "'")
    return f'"{quoted}" <{parseaddr(current_app.config["MAIL_FROM"])[1]}>'
