"""From the outbox to the world: post a mail in your transaction, deliver it in a job.

Three beats: claim the row (transaction) · talk to the server (none open) · record what it said (transaction).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from base import clock
from base.db import db, new_id, reading, transaction
from base.jobs import enqueue, enqueue_missing, slow_job
from base.outbox import Mail

Hook = Callable[[Mail, datetime], None]
Check = Callable[[Mapping[str, Any], datetime], str | None]
"""Given what a mail is about."""
_on_sent: dict[str, Hook] = {}
_on_failed: dict[str, Hook] = {}
_before: dict[str, Check] = {}


def wire(
    on_sent: Mapping[str, Hook],
    on_failed: Mapping[str, Hook] | None = None,
    before: Mapping[str, Check] | None = None,
) -> None:
    """Say what follows, in the recording transaction, when the server took a mail of a kind or never will; and what is
    asked, `before` a mail of a kind is handed over, for a reason to take it back.
    """
    _on_sent.clear()
    _on_sent.update(on_sent)
    _on_failed.clear()
    _on_failed.update(on_failed or {})
    _before.clear()
    _before.update(before or {})


def message_id(ident: uuid.UUID) -> str:
    """The Message-ID of a mail, at the public host; fixed when the mail is posted, repeated by every retry."""
    return f"<{ident.hex}@{urlsplit(current_app.config['PUBLIC_URL']).hostname}>"


def post(
    message: EmailMessage,
    *,
    kind: str,
    dedupe_key: str,
    workspace_id: uuid.UUID | None,
    at: datetime,
    about: dict[str, Any] | None = None,
) -> Mail:
    """Put `message` into the outbox, once a dedupe key, and ask for its delivery; in the caller's transaction."""
    known = Mail.by_key(dedupe_key)
    if known is not None:
        return known
    mail = Mail(
        id=new_id(),
        workspace_id=workspace_id,
        kind=kind,
        dedupe_key=dedupe_key,
        to_address=parseaddr(str(message["To"]))[1],
        subject=str(message["Subject"]),
        raw="",
        message_id="",
        state="queued",
        attempts=0,
        next_try_at=at,
        created_at=at,
        about=about or {},
    )
    mail.message_id = message_id(mail.id)
    del message["Message-ID"]
    message["Message-ID"] = mail.message_id
    mail.raw = message.as_bytes(policy=policy.SMTP.clone(cte_type="7bit")).decode("ascii")
    db.session.add(mail)
    enqueue(deliver, mail.id, at=at)
    return mail


@slow_job
def deliver(mail_id: uuid.UUID) -> None:
    """Try one mail once. Harmless when it is already sent, taken by another worker or not due yet."""
    with transaction():
        if not Mail.claim(mail_id, now=clock.now()):
            return
    with reading() as session:
        mail = session.get(Mail, mail_id)
        assert mail is not None
        raw, sender, recipient = mail.raw.encode("ascii"), _envelope_sender(mail), mail.to_address
        refusal = _before[mail.kind](mail.about, clock.now()) if mail.kind in _before else None
    if refusal is not None:
        _take_back(mail_id, refusal)
        return
    transport = current_app.extensions["afterword.transport"]
    outcome = transport.send(raw, envelope_from=sender, to=recipient)
    with transaction() as session:
        mail = session.get_one(Mail, mail_id)
        now = clock.now()
        if outcome.kind == "sent":
            mail.sent(outcome.words, at=now)
            if mail.kind in _on_sent:
                _on_sent[mail.kind](mail, now)
        elif outcome.kind == "permanent":
            mail.failed(outcome.words)
        else:
            mail.postponed(outcome.words, at=now)
            if mail.state == "queued":
                enqueue(deliver, mail.id, at=mail.next_try_at)
        if mail.state == "failed" and mail.kind in _on_failed:
            _on_failed[mail.kind](mail, now)


def _take_back(mail_id: uuid.UUID, reason: str) -> None:
    with transaction() as session:
        mail = session.get_one(Mail, mail_id)
        mail.suppress(reason)
        if mail.kind in _on_failed:
            _on_failed[mail.kind](mail, clock.now())


def _envelope_sender(mail: Mail) -> str:
    header = BytesHeaderParser(policy=policy.SMTP).parsebytes(mail.raw.encode("ascii"))["From"]
    return parseaddr(str(header))[1]


def sweep(now: datetime) -> None:
    """Ask again for mails whose job was lost or whose lease ran out. Part of every tick.

    Those whose job still waits are left alone: in an outage each tick would otherwise double the queue.
    """
    with reading():
        due = Mail.due(now)
    if due:
        with transaction():
            enqueue_missing(deliver, due)
