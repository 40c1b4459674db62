"""Handing over what is due: how many at once, how fast, and when to leave the server alone."""

from __future__ import annotations

import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, Final

from flask import current_app
from sqlalchemy import update

from base import clock, return_path, throttle
from base.breaker import PATIENCE, Breaker
from base.db import db, transaction
from base.delivery import Delivery, Transport
from base.hold import Hold
from base.outbox import Due, Mail
from base.smtp import SmtpTransport

BATCH: Final = 100
"""Mails that a worker leases at once."""
RECORDED: Final = 50
"""Mails of a crowd that are recorded together: a killed worker repeats at most so many, and those on its lines."""
RECORD_SECONDS: Final = 0.25
"""No outcome waits longer to be recorded. One of a mail that is not of a crowd, a digest say, never waits."""
START_SECONDS: Final = 15.0
"""No mail is begun later after the lease was taken, so that the lease lasts until it is over."""
LINES: Final = 8
"""Connections at once to a server that takes its time."""
QUICK: Final = 0.004
"""Seconds a mail under which one connection does it: more would only wait for each other in this process."""

HEAD: Final = 4000
"""Letters in which the sender's header is."""

Outcome = tuple[uuid.UUID, str, Mapping[str, Any], Delivery]
"""Of which mail, its kind and what it is about, and what became of it."""

Record = Callable[[Sequence[Outcome]], None]

Wanted = Callable[[Sequence[Due], datetime], list[Due]]
"""Takes back what is not to go any more, and gives the others."""

_FROM = re.compile(r"(?im)^From:.*(?:\r?\n[ \t].*)*")
_seconds_a_mail = 0.0


def deliver_due(over: Callable[[], bool], *, record: Record, wanted: Wanted, crowds: Collection[str] = ()) -> int:
    """Lease, hand over and record what is due and still `wanted`, until nothing is or `over`; how many were tried.
    Mails of the kinds `crowds` go to so many that some are recorded together.
    """
    tried = 0
    while not over():
        batch, gone = _lease(clock.now(), wanted)
        if not batch and not gone:
            break
        tried += gone + (_deliver(batch, over, record, crowds) if batch else 0)
    return tried


def _lease(now: datetime, wanted: Wanted) -> tuple[list[Due], int]:
    """What may be handed over now, and how many were taken back."""
    if not _anything(now):
        return [], 0
    with transaction():
        room = Breaker.admit(BATCH, now)
        due = Mail.next_due(now, room, held=Hold.all()) if room else []
        going = wanted(due, now)
        gone = len(due) - len(going)
        due = _within_limits(going, now)
        if due:
            Mail.lease([one.id for one in due], now=now)
    return due, gone


def _anything(now: datetime) -> bool:
    """Whether it is worth a transaction; the write lock is not asked for when nothing waits."""
    found = Mail.any_due(now)
    db.session.rollback()
    return found


def _within_limits(due: list[Due], now: datetime) -> list[Due]:
    """Those that may go now; of the others each gets its moment."""
    settings = current_app.config
    if due and (limit := settings.get("MAIL_PER_DOMAIN")):
        due = _within_domains(due, limit, now)
    if due and (limit := settings.get("MAIL_PER_MINUTE")):
        due = due[: throttle.take("mail", len(due), per_minute=limit, now=now)]
    return due


def _within_domains(due: list[Due], limit: int, now: datetime) -> list[Due]:
    asked = Counter(one.to_address.rpartition("@")[2].lower() for one in due)
    left = {name: throttle.take(f"mail:{name}"[:160], asked[name], per_minute=limit, now=now) for name in sorted(asked)}
    going, late = [], Counter[str]()
    for one in due:
        name = one.to_address.rpartition("@")[2].lower()
        if left[name] > 0:
            left[name] -= 1
            going.append(one)
            continue
        late[name] += 1
        until = now + timedelta(seconds=60 * late[name] / limit)
        words = f"Waits its turn: at most {limit} mails a minute go to {name}."
        changed = update(Mail).where(Mail.id == one.id).values(state="queued", next_try_at=until, reason=words)
        db.session.execute(changed.execution_options(synchronize_session=False))
    return going


def _deliver(batch: Sequence[Due], over: Callable[[], bool], record: Record, crowds: Collection[str]) -> int:
    """Hand over a batch; how many were tried. What there was no time for waits again."""
    global _seconds_a_mail  # noqa: PLW0603 - what this process knows of the server's pace
    began, tried, recording = time.monotonic(), 0, 0.0
    waiting: list[Outcome] = []
    since = began
    for outcome in _handed_over(batch, over, began):
        waiting.append(outcome)
        tried += 1
        told = time.monotonic()
        if outcome[1] not in crowds or len(waiting) >= RECORDED or told - since > RECORD_SECONDS:
            record(waiting)
            waiting, since = [], time.monotonic()
            recording += since - told
    spent = time.monotonic() - began - recording
    if waiting:
        record(waiting)
    if tried:
        _seconds_a_mail = spent / tried * (LINES if _seconds_a_mail > QUICK else 1)
    return tried


def _handed_over(batch: Sequence[Due], over: Callable[[], bool], began: float) -> Iterator[Outcome]:
    """Each mail that was tried, as soon as the server has spoken; the others are released."""
    rest = list(batch)[::-1]
    refused, transport = 0, _transport()

    def whole(one: Due) -> bytes:
        return one.wired if isinstance(transport, SmtpTransport) else one.raw.encode("ascii")

    def may_begin() -> bool:
        late = time.monotonic() - began > START_SECONDS
        return bool(rest) and not late and refused < PATIENCE and not over()

    try:
        if _seconds_a_mail <= QUICK or len(rest) == 1 or not isinstance(transport, SmtpTransport):
            while may_begin():
                one = rest.pop()
                outcome = _try(one, transport, whole(one), return_path.of(one.id))
                refused = refused + 1 if outcome[3].ours else 0
                yield outcome
            return
        with ThreadPoolExecutor(LINES, "mail") as pool:
            while may_begin():
                turn = [rest.pop() for _ in range(min(LINES * 2, len(rest)))]
                # Read here: other threads have neither session nor settings.
                mails = [(one, transport, whole(one), return_path.of(one.id)) for one in turn]
                for done in as_completed([pool.submit(_try, *each) for each in mails]):
                    outcome = done.result()
                    refused = refused + 1 if outcome[3].ours else 0
                    yield outcome
    finally:
        if rest:
            with transaction():
                Mail.release([one.id for one in rest], now=clock.now())


def _try(one: Due, transport: Transport, data: bytes, returning: str | None) -> Outcome:
    sender = returning or sender_of(data[:HEAD].decode("ascii"))
    delivery = transport.send(data, envelope_from=sender, to=one.to_address)
    return one.id, one.kind, one.about, delivery


def note(deliveries: Sequence[Delivery], now: datetime) -> None:
    """Remember how the server treats us. Needs a transaction."""
    refusals, words = 0, ""
    for delivery in deliveries:
        refusals = refusals + 1 if delivery.ours else 0
        words = delivery.words
    Breaker.note(refusals, words, broken_before=refusals == len(deliveries), at=now)


def sender_of(raw: str) -> str:
    """To whom complaints go: the address that the mail names as its sender."""
    found = _FROM.search(raw)
    return _address(found[0] if found else "")


@lru_cache(maxsize=256)
def _address(header: str) -> str:
    parsed = BytesHeaderParser(policy=policy.SMTP).parsebytes(header.encode("ascii"))
    return parseaddr(str(parsed["From"]))[1]


def _transport() -> Transport:
    transport: Transport = current_app.extensions["afterword.transport"]
    return transport
