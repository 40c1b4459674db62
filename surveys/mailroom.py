"""Mail that comes to us: kept first, read by a job. Reports change who is asked, people's words go on to people."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr

import idna
from flask import current_app

from accounts.workspace import Workspace
from base import clock, courier, return_path, throttle
from base.db import db, reading, transaction
from base.errors import InvalidError, TooManyError
from base.jobs import enqueue, enqueue_missing, job
from base.outbox import Mail
from surveys import emails, jobs, reminders
from surveys.bounce import THREAD, Bounce
from surveys.contact import Contact
from surveys.dispatch import Dispatch
from surveys.invitation import Invitation
from surveys.returning import Letter, Returned, classify, refusal
from surveys.sending import may_send
from surveys.suppressing import fingerprint

LARGEST = 10 * 1024 * 1024
"""Bytes of a message that is taken."""
A_PERSON_A_DAY, A_WORKSPACE_A_DAY = 10, 500
"""Replies that go on: a loop between two programs ends here at the latest."""
Thread = Callable[[Mail, Returned, Letter, datetime], bool]
"""Told what came back to a mail of a kind; whether a person's words found their place with it."""

_threads: dict[str, Thread] = {}

WHERE_TO = ("X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To", "To", "Cc")


def wire(threads: Mapping[str, Thread]) -> None:
    """Say who is told what comes back to mails of a kind. Called once, by the composition root."""
    _threads.clear()
    _threads.update(threads)


def is_message(raw: bytes) -> bool:
    """Whether these bytes can be a mail at all: they begin with a header."""
    return bool(Letter.read(raw[:65_536]).message.keys())


def receive(raw: bytes, recipient: str = "", *, workspace_id: uuid.UUID | None = None, at: datetime) -> bool:
    """Take a message and ask for the job that reads it; whether it is new. Needs a transaction."""
    ident, new = Bounce.receive(raw, recipient.strip(), workspace_id=workspace_id, at=at)
    if ident is not None:
        enqueue(settle_message, ident, at=at)
    return new


@job
def settle_message(bounce_id: uuid.UUID) -> None:
    """Find out what a message is and whose mail it is about, and do what follows from it, once."""
    with reading() as session:
        bounce = session.get(Bounce, bounce_id)
    if bounce is None or bounce.settled_at is not None:
        return
    returned, letter = classify(bounce.raw), Letter.read(bounce.raw)
    with transaction() as session:
        bounce, at = session.get_one(Bounce, bounce_id, with_for_update=True), clock.now()
        if bounce.settled_at is None:
            _settle(bounce, returned, letter, at=at)


def _settle(bounce: Bounce, returned: Returned, letter: Letter, *, at: datetime) -> None:
    mail = _mail_of(bounce, returned, letter, at=at)
    contact = _contact_of(mail) if mail else None
    if mail is not None and returned.kind in {"hard", "soft", "complaint"}:
        _follow(mail, contact, returned, at=at)
    heard = mail is not None and mail.kind in _threads and _threads[mail.kind](mail, returned, letter, at)
    passed_to = None
    if returned.kind == "reply":
        passed_to = THREAD if heard else _pass_on(bounce, mail, letter, at=at)
    bounce.settle(returned, mail_id=mail.id if mail else None, contact=contact, passed_to=passed_to, at=at)
    if contact is not None and returned.kind == "soft":
        db.session.flush()
        if Bounce.wears_out(contact, at=at):
            contact.suppress("bounced", at=at, evidence=returned.words)


def _follow(mail: Mail, contact: Contact | None, returned: Returned, *, at: datetime) -> None:
    """What a report means for the mail, for its invitation and for the person that it was for."""
    if returned.kind != "complaint":
        words = returned.words if mail.kept else ""  # of an erased mail they would name whom it was for
        mail.came_back(words or returned.kind)
        invitation = _invitation_of(mail)
        if mail.kind == reminders.TOLD:  # that they were asked stays true
            reminders.came_back(mail, at=at)
        elif invitation is not None and invitation.status in {"scheduled", "sent"}:
            invitation.skip("bounced", at=at)
    if contact is not None and returned.kind in {"hard", "complaint"}:
        contact.suppress("bounced" if returned.kind == "hard" else "complained", at=at, evidence=returned.words)


def invitation_failed(mail: Mail, at: datetime) -> None:
    """A server refused the mail of an invitation for good."""
    jobs.invitation_failed(mail, at)
    refused(mail, at)


def reminder_failed(mail: Mail, at: datetime) -> None:
    """The same of a reminder, or it was taken back. Of an anonymous one nothing is kept: it would tell who did not
    answer.
    """
    reminders.reminder_given_up(mail, at)
    if mail.kind == reminders.TOLD and mail.state == "failed":
        refused(mail, at)


def refused(mail: Mail, at: datetime) -> None:
    """A server refused a mail for good: when it spoke of the address, that is dead like after a report."""
    judged, contact = refusal(mail.reason or ""), _contact_of(mail)
    if contact is None or not re.match(r"5\d\d ", mail.reason or ""):
        return
    Bounce.refused(
        contact,
        mail.id,
        Returned(judged.kind, judged.status, mail.reason or "", mail.to_address, judged.counted),
        at=at,
    )
    db.session.flush()
    if judged.kind == "hard" or Bounce.wears_out(contact, at=at):
        contact.suppress("bounced", at=at)


@job
def mail_withdrawn(mail_id: uuid.UUID) -> None:
    """Somebody took a waiting mail back: what it would have asked is not asked."""
    with transaction() as session:
        mail = session.get(Mail, mail_id)
        invitation = _invitation_of(mail) if mail else None
        if invitation is not None and invitation.status == "scheduled":
            invitation.skip("withdrawn", at=clock.now())


def not_to_be_asked(mails: Sequence[Mail]) -> set[uuid.UUID]:
    """Of failed mails those that would not be written any more: by the rules by which they were."""
    by_invitation = {uuid.UUID(mail.about["invitation_id"]): mail.id for mail in mails}
    going = {by_invitation[one.invitation.id] for one in Dispatch.many(by_invitation) if _may_go(one, clock.now())}
    return set(by_invitation.values()) - going


def _may_go(one: Dispatch, now: datetime) -> bool:
    """Whether an invitation whose mail failed may go all the same. Hours are not asked about: staff wish it now."""
    failed = (one.invitation.status, one.invitation.reason) == ("skipped", "undeliverable")
    if not failed and one.invitation.status != "scheduled":
        return False
    asked = {survey: at for survey, at in one.asked.items() if at != one.invitation.asked_at}
    decision = may_send(replace(replace(one, asked=asked).facts, status="scheduled"), now)
    return decision.kind != "skip" and decision.cause != "quarantine"


def _mail_of(bounce: Bounce, returned: Returned, letter: Letter, *, at: datetime) -> Mail | None:
    """The mail of ours that it is about, if a signature says so that still counts.

    A complaint or an answer of a person may name it by its Message-ID instead, which only its reader knows: the one
    can do no more than unsubscribe, the other no more than be passed on.
    """
    for ident in _named(bounce, returned, letter):
        mail = db.session.get(Mail, ident)
        if mail is None or not return_path.alive(mail.sent_at or mail.created_at, at):
            continue
        if bounce.workspace_id in (None, mail.workspace_id):
            return mail
    return None


def _named(bounce: Bounce, returned: Returned, letter: Letter) -> Iterator[uuid.UUID]:
    arrived = bounce.recipient or "\n".join(line for name in WHERE_TO for line in letter.headers(name))
    yield from return_path.mail_ids(arrived)
    if return_path.looks_signed(arrived):
        return  # a forged address is nobody's, whatever else the message says
    yield from return_path.mail_ids(returned.carried)
    if returned.kind in {"complaint", "reply", "auto-reply"}:
        host = re.escape(courier.message_id(bounce.id).rpartition("@")[2])
        told = "\n".join([returned.carried, letter.header("In-Reply-To"), letter.header("References")])
        yield from (uuid.UUID(found) for found in re.findall(rf"<([0-9a-f]{{32}})@{host}", told)[:10])


def _invitation_of(mail: Mail) -> Invitation | None:
    ident = mail.about.get("invitation_id")
    return db.session.get(Invitation, uuid.UUID(ident)) if ident else None


def _contact_of(mail: Mail) -> Contact | None:
    """Whom the mail was for, if that is still their address."""
    invitation, named = _invitation_of(mail), mail.about.get("contact_id")
    ident = invitation.contact_id if invitation else uuid.UUID(named) if named else None
    contact = db.session.get(Contact, ident) if ident else None
    return contact if contact and _same(contact.email, mail.to_address) else None


def _same(one: str, other: str) -> bool:
    def plain(address: str) -> str:
        local, _, domain = address.lower().rpartition("@")
        try:
            return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
        except idna.IDNAError:
            return f"{local}@{domain}"

    return plain(one) == plain(other)


def _pass_on(bounce: Bounce, mail: Mail | None, letter: Letter, *, at: datetime) -> str | None:
    """Post a person's words to the workspace's reply address; where they went, if they could go anywhere."""
    owner = bounce.workspace_id or (mail.workspace_id if mail else None)
    workspace = db.session.get(Workspace, owner) if owner else None
    if workspace is None or not workspace.reply_to or _ours(letter, workspace.reply_to):
        return None
    try:
        throttle.spend(
            f"reply:{owner}:{fingerprint(workspace.address_salt, letter.sender)}",
            limit=A_PERSON_A_DAY,
            per_seconds=86400,
            now=at,
        )
        throttle.spend(f"reply:{owner}", limit=A_WORKSPACE_A_DAY, per_seconds=86400, now=at)
        message = emails.passed_on(letter, bounce.raw, workspace, about=mail.subject if mail else None, at=at)
    except (TooManyError, InvalidError):
        return None
    courier.post(message, kind="reply", dedupe_key=f"reply:{bounce.id}", workspace_id=owner, at=at)
    return workspace.reply_to


def _ours(letter: Letter, reply_to: str) -> bool:
    """Whether it came from ourselves or from where it would go: such a mail would go round for ever."""
    host = courier.message_id(uuid.UUID(int=0)).rpartition("@")[2].rstrip(">")
    bounces = current_app.config["SETTINGS"].bounce_address or ""
    own = {parseaddr(address)[1].lower() for address in (current_app.config["MAIL_FROM"], reply_to, bounces)}
    sender = letter.sender.lower()
    return (
        sender in own
        or return_path.looks_signed(sender)
        or letter.header("Message-ID").strip("<> ").endswith(f"@{host}")
    )


def sweep(now: datetime) -> None:
    """Ask again for messages whose job was lost, and forget old ones that prove nothing. Part of every tick."""
    with reading():
        waiting, old = Bounce.unsettled(now), Bounce.forgettable(now)
    if waiting:
        with transaction():
            enqueue_missing(settle_message, waiting)
    if old:
        with transaction():
            Bounce.forget(now)
