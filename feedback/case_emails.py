"""The mails of cases: what staff write to a customer, and what tells staff that a case wants them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from flask import current_app
from flask_babel import force_locale, gettext

from accounts.user import User
from accounts.workspace import Workspace
from base import courier, mail, return_path, tokens
from base.clock import local_date
from base.db import db
from feedback.case import Case
from feedback.case_customer import Customer
from feedback.case_entry import CaseEntry
from feedback.response import Response
from feedback.wording import Voice, excerpt
from surveys.emails import in_the_name_of
from surveys.scale import SCALES

QUOTED = 1_500
"""Characters of what a customer wrote that travel along."""


@dataclass(frozen=True, kw_only=True)
class Answering:
    """What staff write to a customer, and in which thread."""

    words: str
    writer: User
    mail_id: uuid.UUID
    """The mail's own id: its Message-ID and the address that an answer comes back to are made of it."""
    subject: str | None
    in_reply_to: str | None


def reply(workspace: Workspace, response: Response, to: Customer, what: Answering, *, at: datetime) -> EmailMessage:
    """A mail of a person to a person. Raises InvalidError when no mail can go to the address."""
    voice = Voice.of(response.locale)
    wrote = voice.say("case_you_wrote", date=voice.day(local_date(response.created_at, workspace.zone)))
    values = {
        "locale": voice.locale,
        "dir": voice.direction,
        "subject": what.subject or voice.say("case_subject"),
        "words": what.words,
        "writer": what.writer.name,
        "company": workspace.name,
        "wrote": wrote if response.comment else None,
        "quoted": excerpt(response.comment, QUOTED) if response.comment else None,
        "quoted_locale": response.locale,
    }
    heading = mail.Heading(
        sender=in_the_name_of(f"{what.writer.name} ({workspace.name})"),
        to_address=to.address or "",
        to_name=to.name or "",
        at=at,
        locale=voice.locale,
        reply_to=return_path.of(what.mail_id) or workspace.reply_to,
        in_reply_to=what.in_reply_to,
    )
    message = mail.compose(mail.render(current_app.jinja_env, "case_reply", values), heading)
    del message["Auto-Submitted"], message["X-Auto-Response-Suppress"]  # a person wrote it
    message["Message-ID"] = courier.message_id(what.mail_id)
    return message


def notice(workspace: Workspace, case: Case, entry: CaseEntry, reader: User, *, at: datetime) -> EmailMessage:
    """What somebody of the staff must know of a case."""
    with force_locale("en"):
        values = _values(workspace, case, entry)
        letter = mail.render(current_app.jinja_env, "case", values)
    heading = mail.Heading(
        sender=in_the_name_of(workspace.name), to_address=reader.email, to_name=reader.name, at=at, locale="en"
    )
    return mail.compose(letter, heading)


def _values(workspace: Workspace, case: Case, entry: CaseEntry) -> Mapping[str, Any]:

    response = db.session.get_one(Response, case.response_id)
    author = db.session.get(User, uuid.UUID(entry.actor)) if entry.actor else None
    who = mail.one_line(Customer.of(case).called or gettext("A customer"), 80)
    voice, zone = Voice.of("en"), workspace.zone
    return {
        "locale": "en",
        "dir": "ltr",
        "kind": entry.kind,
        "company": workspace.name,
        "who": who,
        "author": author.name if author else None,
        "words": excerpt(entry.text, QUOTED) if entry.text else None,
        "due": voice.moment(case.due_at, zone),
        "zone": zone.replace("_", " "),
        "overdue": case.due_at <= entry.at,
        "score": voice.score(response.score, SCALES[response.metric]),
        "comment": excerpt(response.comment, QUOTED) if response.comment else None,
        "language": response.language if response.language not in (None, "und") else response.locale,
        "url": tokens.link(f"/w/{workspace.slug}/cases/{case.id}"),
    }
