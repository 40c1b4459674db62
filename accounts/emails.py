"""Mails of accounts: wanted by the person or by an admin, so they carry no unsubscribe."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from typing import Any

from flask import current_app
from flask_babel import force_locale

from accounts.ticket import Ticket
from accounts.user import User
from accounts.workspace import Workspace
from base import courier, mail
from base.db import new_id


def invite(ticket: Ticket, workspace: Workspace, *, at: datetime) -> EmailMessage:
    """Asks somebody into `workspace`."""
    return _compose("invite", ticket, {"workspace": workspace, "expires": ticket.expires_at}, at=at)


def reset(ticket: Ticket, user: User, *, at: datetime) -> EmailMessage:
    """The link to a new password."""
    return _compose("reset", ticket, {"name": user.name}, at=at, to_name=user.name, locale=user.locale)


def check(user: User, workspace: Workspace, *, at: datetime) -> EmailMessage:
    """A test of the mail server, to the person who presses the button."""
    values = {"workspace": workspace, "locale": user.locale, "dir": "ltr", "at": at}
    with force_locale(user.locale):
        letter = mail.render(current_app.jinja_env, "check", values)
    sender, ident = current_app.config["MAIL_FROM"], courier.message_id(new_id())
    heading = mail.Heading(
        sender=sender, to_address=user.email, to_name=user.name, at=at, locale=user.locale, message_id=ident
    )
    return mail.compose(letter, heading)


def _compose(
    name: str, ticket: Ticket, values: dict[str, Any], *, at: datetime, to_name: str = "", locale: str = "en"
) -> EmailMessage:
    more = {"url": ticket.link, "email": ticket.email, "locale": locale, "dir": "ltr"}
    with force_locale(locale):
        letter = mail.render(current_app.jinja_env, name, values | more)
    sender, to = current_app.config["MAIL_FROM"], ticket.email or ""
    heading = mail.Heading(sender=sender, to_address=to, to_name=to_name, at=at, locale=locale)
    return mail.compose(letter, heading)
