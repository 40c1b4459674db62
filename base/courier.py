"""From the outbox to the world: post a mail in your transaction; `deliver_due` hands it over.

Three beats: take a lease on some mails (transaction) · talk to the server (none open) · record what it said
(transaction). No job is needed for a mail: the outbox is its own queue, and whoever delivers asks it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from base import clock, handing
from base.db import db, new_id, reading, transaction
from base.jobs import slow_job
from base.mail import OUT
from base.outbox import EMPTIED, ERASED, Due, Mail
from base.stencil import Sheet, Stencil

logger = logging.getLogger(__name__)

_PAUSES: Final = (0.1, 0.5, 2.0, 5.0)
"""Seconds before what the server said is kept once more."""

Hook = Callable[[Mail, datetime], None]
Together = Callable[[Sequence[Mapping[str, Any]], datetime], None]
"""Told what each of several sent mails was about."""

Check = Callable[[Mapping[str, Any], datetime], str | None]
"""From what a mail is about to a reason to take it back."""

_on_sent: dict[str, Hook] = {}
_on_failed: dict[str, Hook] = {}
_sent_together: dict[str, Together] = {}
_before: dict[str, Check] = {}
_put_off: dict[str, Check] = {}


def wire(
    on_sent: Mapping[str, Hook],
    on_failed: Mapping[str, Hook] | None = None,
    sent_together: Mapping[str, Together] | None = None,
    *,
    before: Mapping[str, Check] | None = None,
    put_off: Mapping[str, Check] | None = None,
) -> None:
    """Say what follows, in the same transaction, when the server took a mail of a kind or it will never go; and what is
    asked, `before` a mail of a kind is handed over and when it was `put_off`, for a reason to take it back.
    """
    for known, told in ((_on_sent, on_sent), (_on_failed, on_failed or {})):
        known.clear()
        known.update(told)
    _sent_together.clear()
    _sent_together.update(sent_together or {})
    _before.clear()
    _before.update(before or {})
    _put_off.clear()
    _put_off.update(put_off or {})


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
    stream_id: uuid.UUID | None = None,
) -> Mail:
    """Put `message` into the outbox, once a dedupe key; in the caller's transaction. It goes out soon."""
    known = Mail.by_key(dedupe_key)
    if known is not None:
        return known
    ident = new_id()
    del message["Message-ID"]
    message["Message-ID"] = message_id(ident)
    mail = Mail(
        id=ident,
        workspace_id=workspace_id,
        kind=kind,
        dedupe_key=dedupe_key,
        to_address=parseaddr(str(message["To"]))[1],
        subject=str(message["Subject"]),
        raw=message.as_bytes(policy=OUT).decode("ascii"),
        message_id=message["Message-ID"],
        state="queued",
        attempts=0,
        next_try_at=at,
        created_at=at,
        about=about or {},
        stream_id=stream_id,
    )
    db.session.add(mail)
    return mail


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A mail ready for the outbox, made with a stencil where that was possible."""

    id: uuid.UUID
    """Its Message-ID is made of it, and stands in `values` already."""
    sheet: Sheet | None
    kept: str
    """What goes into the holes, as JSON; the whole mail where there is no stencil."""
    kind: str
    dedupe_key: str
    to_address: str
    subject: str
    workspace_id: uuid.UUID | None
    stream_id: uuid.UUID
    about: Mapping[str, Any]


def post_all(mails: Sequence[Filled], *, at: datetime) -> None:
    """Put many mails into the outbox, those that are not there yet; in the caller's transaction."""
    Stencil.keep({mail.sheet for mail in mails if mail.sheet}, at=at)
    names = ("id", "kind", "dedupe_key", "to_address", "workspace_id", "stream_id", "about")
    usual = {"state": "queued", "attempts": 0, "next_try_at": at, "created_at": at}
    rows = [
        {name: getattr(mail, name) for name in names}
        | {"raw": mail.kept, "subject": mail.subject[:400], "stencil_id": mail.sheet and mail.sheet.ident}
        | {"message_id": message_id(mail.id)}
        | usual
        for mail in mails
    ]
    if rows:
        connection = db.session.connection()
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        new = dialect.insert(Mail.__table__).on_conflict_do_nothing(index_elements=("dedupe_key",))
        connection.execute(new, rows)


def deliver_due(over: Callable[[], bool]) -> int:
    """Try what is due, a batch after the other, until nothing is or `over`; how many mails were tried."""
    return handing.deliver_due(over, record=_record, wanted=_wanted, crowds=_sent_together)


@slow_job
def deliver(_mail_id: uuid.UUID) -> None:
    """Earlier versions asked for each mail by this job; one that is left over has nothing to do any more."""


def _record(outcomes: Sequence[handing.Outcome]) -> None:
    """Keep what the server said of these mails. A mail that it took and that nobody remembers would go twice, so a
    deadlock (an erasure holds the invitation and waits for its mail) or a lost connection is not the end.
    """
    for pause in _PAUSES:
        try:
            return _keep(outcomes)
        except OperationalError as fault:
            logger.warning("what became of %d mails could not be kept yet: %s", len(outcomes), fault.orig)
            time.sleep(pause)
    return _keep(outcomes)


def _keep(outcomes: Sequence[handing.Outcome]) -> None:
    """Keep what the server said, and do what follows, in one transaction."""
    with transaction():
        now = clock.now()
        taken: dict[str, list[handing.Outcome]] = {}
        for outcome in outcomes:
            if outcome[3].kind == "sent":
                taken.setdefault(outcome[1], []).append(outcome)
            else:
                _keep_refusal(outcome, now)
        for kind, some in taken.items():
            if kind in _sent_together:  # what they are about before the mails: in this order an erasure locks them
                _sent_together[kind]([about for _, _, about, _ in some], now)
            Mail.mark_sent({ident: delivery.words for ident, _, _, delivery in some}, at=now)
            if kind in _on_sent and kind not in _sent_together:
                for ident, *_ in some:
                    _on_sent[kind](db.session.get_one(Mail, ident), now)
        handing.note([outcome[3] for outcome in outcomes], now)


def _keep_refusal(outcome: handing.Outcome, now: datetime) -> None:
    ident, kind, about, delivery = outcome
    mail = db.session.get(Mail, ident, with_for_update=True, populate_existing=True)
    if mail is None or mail.state != "sending":  # erased meanwhile, or somebody else has handed it over: no more tries
        return
    if delivery.kind == "permanent":
        mail.failed(delivery.words)
    else:
        mail.postponed(delivery.words, at=now)
        # Nobody can take a mail back that is on its way; from here on they can again.
        reason = _put_off[kind](about, now) if kind in _put_off and mail.state == "queued" else None
        if reason is not None:
            mail.suppress(reason)
    if mail.state == "failed" and kind in _on_failed:
        _on_failed[kind](mail, now)


def _wanted(due: Sequence[Due], now: datetime) -> list[Due]:
    """Those that still are to go; the others are taken back. Part of the transaction that leases them."""
    return [one for one in due if not _taken_back(one, now)]


def _taken_back(one: Due, now: datetime) -> bool:
    """Whether a mail is not wanted any more; then it is taken back. Needs a transaction."""
    reason = ERASED if one.kept == EMPTIED else None  # it was on its way when its words were removed
    if reason is None and one.kind in _before:
        reason = _before[one.kind](one.about, now)
    if reason is None:
        return False
    mail = db.session.get_one(Mail, one.id, populate_existing=True)
    mail.suppress(reason)
    if one.kind in _on_failed:
        _on_failed[one.kind](mail, now)
    return True


@slow_job
def forget(mail_id: uuid.UUID) -> None:
    """Remove what the transport itself keeps of an erased mail: its file, where mails are filed."""
    with reading() as session:
        mail = session.get(Mail, mail_id)
    if mail is not None and mail.reply:
        current_app.extensions["afterword.transport"].forget(mail.reply)
