"""What becomes of requests that are still to be made: every person's turns played through before they come."""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Final, Literal

from surveys.sending import Facts, Reason, may_send

HORIZON: Final = timedelta(days=3660)
"""Who would be put off for longer counts as put off; nobody plans ten years of mails."""

Kind = Literal["ask", "later", "skip", "known", "keep"]
"""Mailed at a moment, put off by a quarantine, left out, asked about before, or only kept."""


@dataclass(frozen=True)
class Request:
    """Requests of one survey to one person that fall due at the same moment, and so share their fate.

    `facts.send_at` is that moment. `alone_until` tells until when the survey leaves the person alone, given when each
    survey last asked them. `rows` name the first of them, or all.
    """

    survey_id: uuid.UUID
    facts: Facts
    alone_until: Callable[[Mapping[uuid.UUID, datetime]], datetime | None]
    rows: tuple[int, ...] = ()
    count: int = 1
    cause: str | None = None
    """What they wait for until then, if for anything."""
    ours: bool = True
    """Whether anybody asks for its fate; else it was there before and stands in the way of others."""


@dataclass(frozen=True)
class Fate:
    """What becomes of `count` requests. `at`: when they are mailed, or how long a quarantine that stops them lasts."""

    kind: Kind
    rows: tuple[int, ...]
    count: int = 1
    at: datetime | None = None
    reason: Reason | None = None
    cause: str | None = None

    @property
    def key(self) -> str:
        """The same in a word, as it is counted."""
        return f"skip.{self.reason}" if self.kind == "skip" else self.kind


def foresee(requests: Iterable[Request], asked: Mapping[uuid.UUID, datetime]) -> Iterator[Fate]:
    """The fates of one person's requests, of which `asked` tells when each survey last asked them.

    Turns are taken as they fall due, the earlier one of `requests` first. Each is judged as the sending of mails will
    judge it: what is mailed begins a quarantine for whatever comes after.
    """
    numbers = count()
    turns = [(one.facts.send_at, next(numbers), one) for one in requests]
    heapq.heapify(turns)
    known = dict(asked)
    end = max(at for at, _, _ in turns) + HORIZON if turns else None
    while turns:
        now, number, one = heapq.heappop(turns)
        alone = one.alone_until(known)
        decision = may_send(replace(one.facts, quarantined_until=alone), now)
        if decision.kind == "send":
            known[one.survey_id] = now
            going, rest = _parted(one, now, one.alone_until(known))
            if one.ours:
                yield _mailed(going, now)
            if rest is not None:
                heapq.heappush(turns, (now, number, rest))
        elif decision.until is not None and end is not None and decision.until < end:
            heapq.heappush(turns, (decision.until, next(numbers), _put_off(one, decision.until, decision.cause)))
        elif one.ours:
            yield _ended(one, decision.reason, alone or now)


def _parted(one: Request, now: datetime, alone: datetime | None) -> tuple[Request, Request | None]:
    """Those that go, and the rest: all of them where no mail stands in the way of the next."""
    if alone is None or alone <= now or one.count == 1:
        return one, None
    rest = replace(one, rows=one.rows[1:], count=one.count - 1)
    return replace(one, rows=one.rows[:1], count=1), rest


def _put_off(one: Request, until: datetime, cause: str | None) -> Request:
    """The link lives as much longer as its mail goes later."""
    facts = replace(one.facts, send_at=until, expires_at=one.facts.expires_at + (until - one.facts.send_at))
    return replace(one, facts=facts, cause="quarantine" if one.cause == "quarantine" else cause)


def _mailed(one: Request, now: datetime) -> Fate:
    kind: Kind = "later" if one.cause == "quarantine" else "ask"
    return Fate(kind, one.rows, one.count, now, cause=one.cause)


def _ended(one: Request, reason: Reason | None, at: datetime) -> Fate:
    if reason is None:
        return Fate("later", one.rows, one.count, at, cause="quarantine")
    return Fate("skip", one.rows, one.count, at if reason == "quarantine" else None, reason)
