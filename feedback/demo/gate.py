"""What came to the demo company by itself: calls of its repair shop, a mail that could not be delivered, and whoever
wishes not to be asked.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from base import clock, return_path
from base.db import db, reading, transaction
from base.jobs import enqueue
from base.outbox import Mail
from feedback.demo.company import Company
from surveys import mailroom, suppression_list
from surveys.contact import Contact
from surveys.hook import Hook
from surveys.invitation import Invitation
from surveys.qualifying import drawn
from surveys.received_call import Parcel
from surveys.receiver import take_in
from surveys.rule import SendingRule
from surveys.source import Source
from surveys.suppression import Wish

CALLS: tuple[tuple[float, bool, dict[str, Any]], ...] = (
    (7.0, True, {"email": "maja.zajc@customer.example", "name": "Maja Zajc", "locale": "sl"}),
    (5.5, False, {"email": "tomasz.wrona@customer.example", "name": "Tomasz Wrona", "locale": "pl"}),
    (4.0, True, {"email": "eleni.at.home", "name": "Ελένη Δήμου", "locale": "el"}),
    (1.5, True, {"email": "olga.belova@customer.example", "name": "Ольга Белова", "locale": "ru"}),
)
"""Hours ago, whether the survey's share is to have it, and what the repair shop told; one clerk typed no address."""
SHOP = {"team": "Repairs", "agent": "Miha Kos", "channel": "in person"}

AT = "bounces@lipa.example"
"""Where mail comes back to that cannot be delivered."""
REPORT = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mail.lipa.example>
To: {path}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="lipa-report"

--lipa-report
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<{address}>: host mx.example.com[192.0.2.25] said: 550 5.1.1
    <{address}>: Recipient address rejected: User unknown (in reply to RCPT TO command)

--lipa-report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.lipa.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <{address}>: Recipient address rejected: User unknown

--lipa-report
Content-Type: text/rfc822-headers

Return-Path: <{path}>
Message-ID: {message_id}
To: {address}

--lipa-report--
"""

LEFT_ALONE = ("press@magazine.example", "board@lipa.example", "a.former.customer@customer.example")
"""The company's own list of addresses that are not to be asked."""


def tell(made: Company, now: datetime, drain: Callable[[], object]) -> None:
    """Let it all come in during the last hours; `drain` works off what follows from it."""
    slug, key = _open(made, now - timedelta(days=1))
    for place, (hours, asked, told) in enumerate(CALLS):
        with clock.standing_at(now - timedelta(hours=hours)):
            _call(key, told | {"id": _number(made, slug, 2041 + 20 * place, asked=asked)})
            drain()
    with clock.standing_at(now - timedelta(hours=1)):
        _come_back(made)
        drain()
    _leave_alone(made, now - timedelta(minutes=40))


def _number(made: Company, slug: str, first: int, *, asked: bool) -> str:
    """The next number of a repair that falls on this side of the share that the survey asks about."""
    terms, numbers = SendingRule.of(made.surveys["ces"]), (f"R-{number}" for number in itertools.count(first))
    return next(one for one in numbers if drawn(made.surveys["ces"], (slug, one), terms.sample) == asked)


def _open(made: Company, at: datetime) -> tuple[str, str]:
    """Make the source of the repair shop: what it is called among sources, and the secret of its address."""
    with clock.standing_at(at), transaction():
        shop, key = Source.create(made.workspace_id, "Repair shop", "generic", at=at, by=made.admin_id)
        shop.change(name=shop.name, survey_ids=[made.surveys["ces"]], at=at, by=made.admin_id)
    return shop.slug, key


def _call(key: str, told: dict[str, Any]) -> None:
    at = clock.now()
    said = told | SHOP | {"occurred_at": (at - timedelta(minutes=10)).isoformat()}
    with reading():
        hook = Hook.by_key(key)
    with transaction():
        parcel = Parcel("POST", "application/json", "", json.dumps(said, ensure_ascii=False).encode())
        enqueue(take_in, hook.keep(parcel, at=at))


def _waiting(made: Company) -> Any:
    """Invitations that went out and wait for their answer, in the order in which people were asked."""
    sent = (Invitation.workspace_id == made.workspace_id, Invitation.status == "sent")
    return select(Invitation).where(*sent).order_by(Invitation.sent_at.desc(), Invitation.id)


def _come_back(made: Company) -> None:
    """One of the newest mails could not be delivered: its server says that nobody lives there."""
    at, mailed = clock.now(), Mail.dedupe_key.startswith("invitation:")
    with transaction() as session:
        asked = {str(one.id) for one in session.scalars(_waiting(made).limit(200))}
        here = (Mail.workspace_id == made.workspace_id, mailed, Mail.state == "sent")
        found = session.scalars(select(Mail).where(*here).order_by(Mail.created_at.desc(), Mail.id).limit(200))
        mail = next((one for one in found if one.about.get("invitation_id") in asked), None)
        if mail is None:
            return
        path = return_path.at(AT, mail.id)
        facts = {"path": path, "address": mail.to_address, "message_id": mail.message_id}
        report = REPORT.format(date=f"{at:%a, %d %b %Y %H:%M:%S} +0000", **facts)
        mailroom.receive(report.encode(), path, at=at)


def _leave_alone(made: Company, at: datetime) -> None:
    """Somebody pressed the button under a mail; the company's list is taken in; one person asked by phone."""
    with clock.standing_at(at), transaction() as session:
        waiting = session.scalars(_waiting(made).limit(9)).all()[7:]
        for invitation, reason in zip(waiting, ("unsubscribed", "by hand"), strict=False):
            contact = db.session.get_one(Contact, invitation.contact_id)
            contact.suppress(reason, at=at, actor=str(made.admin_id) if reason == "by hand" else None)
        wish = Wish(reason="imported", at=at, actor=str(made.admin_id), evidence="do-not-ask.csv")
        suppression_list.impose(made.workspace_id, LEFT_ALONE, wish)
