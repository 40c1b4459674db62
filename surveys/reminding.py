"""When somebody who has not answered is reminded, and whether a reminder may go out now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from surveys.timing import Window, days_later

Reason = Literal["answered", "suppressed", "closed", "expired", "withdrawn", "changed", "quarantine"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the request that somebody would be reminded of stands. Moments are aware."""

    status: str
    """Of the invitation."""
    expires_at: datetime
    suppressed: bool = False
    """The person is not to be asked."""
    closed: bool = False
    """The survey takes no more answers."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of one reminder. Moments are aware."""

    standing: Standing
    due_at: datetime
    settled: bool = False
    """It went out, was given up or waits in the outbox."""
    wanted: bool = True
    """The terms of the survey still ask for it."""
    paused: bool = False
    """Somebody holds the mails of this survey back."""
    window: Window = field(default_factory=Window)
    """When mail may go out, on the person's clock."""
    earlier_at: datetime | None = None
    """When the reminder before this one went out, or is to go."""
    earlier_waits: bool = False
    """It did not go yet."""
    gap_days: int = 1
    """Days that lie between it and this one."""
    quarantined_until: datetime | None = None
    """The end of a quarantine that a newer request to the same person began. Their own request's does not count."""


@dataclass(frozen=True)
class Decision:
    """`send` now, `wait` until `until`, `hold` while the survey is paused, `skip` for good because of `reason`, or
    `leave` what is already settled.
    """

    kind: Literal["send", "wait", "hold", "skip", "leave"]
    reason: Reason | None = None
    until: datetime | None = None


def due_dates(days: Sequence[int], sent_at: datetime, window: Window) -> list[datetime]:
    """When each reminder is due of a mail that went out at `sent_at`: as many days later, at the same time of day
    where the person lives, or when mail may go next. A weekend never brings two of them on the same day.
    """
    due: list[datetime] = []
    for number, after in enumerate(days):
        moment = window.next_open(days_later(sent_at, after, window.zone))
        due.append(max(moment, _apart(due[-1], after - days[number - 1], window)) if due else moment)
    return due


def may_remind(facts: Facts, now: datetime) -> Decision:
    """What to do at `now`.

    Whether there is an answer comes last: until it is time, nothing about a reminder differs between who answered and
    who did not.
    """
    if facts.settled:
        return Decision("leave")
    reason = obstacle(facts.standing, now)
    if reason is not None and reason != "answered":
        return Decision("skip", reason)
    decision = _in_time(facts, now)
    return Decision("skip", reason) if reason and decision.kind == "send" else decision


def _in_time(facts: Facts, now: datetime) -> Decision:
    """What to do about a request that nobody answered yet."""
    if not facts.wanted:
        return Decision("skip", "changed")
    opens = facts.window.next_open(max(now, _earliest(facts, now)))
    if opens > now:
        return Decision("wait", until=opens)
    if facts.quarantined_until is not None and facts.quarantined_until > now:
        return Decision("skip", "quarantine")
    return Decision("hold" if facts.paused else "send")


def obstacle(standing: Standing, now: datetime) -> Reason | None:
    """Why nobody is to be reminded of this request, at whatever time."""
    if standing.suppressed:
        return "suppressed"
    if standing.closed:
        return "closed"
    if standing.status == "expired" or standing.expires_at <= now:
        return "expired"
    if standing.status == "answered":
        return "answered"
    return None if standing.status == "sent" else "withdrawn"


def _earliest(facts: Facts, now: datetime) -> datetime:
    """Not with the one before it, when that one is late, nor sooner after it than the terms say."""
    if facts.earlier_at is None:
        return facts.due_at
    earlier = max(facts.earlier_at, now) if facts.earlier_waits else facts.earlier_at
    return max(facts.due_at, _apart(earlier, facts.gap_days, facts.window))


def _apart(earlier: datetime, days: int, window: Window) -> datetime:
    return window.next_open(days_later(earlier, days, window.zone))
