"""Whether an invitation may go out now; asked when it is made, before its mail is written, and when that is kept."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from surveys.timing import Window

Reason = Literal["suppressed", "closed", "expired", "unpublished", "condition", "sample", "quarantine"]
Cause = Literal["due", "hours", "quarantine", "paused"]
"""What an invitation waits for: its moment, hours in which mail may go, the end of a quarantine, or its survey."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of one invitation, its survey and its contact. Moments are aware."""

    status: str
    send_at: datetime
    expires_at: datetime
    closed: bool = False
    """The survey takes no more answers."""
    published: bool = True
    """There is a version to ask with."""
    suppressed: bool = False
    """The person is not to be asked."""
    paused: bool = False
    """Somebody holds the mails of this survey back."""
    window: Window = field(default_factory=Window)
    """When mail may go out, on the person's clock."""
    quarantined_until: datetime | None = None
    """When they may be asked again after what they were asked before."""
    defer: bool = False
    """Wait for the end of a quarantine rather than not ask at all."""


@dataclass(frozen=True)
class Decision:
    """`send` now, `wait` until `until`, `hold` until somebody says so, `skip` for good because of `reason`, or `leave`
    what is already settled. `cause`: what is waited for.
    """

    kind: Literal["send", "wait", "hold", "skip", "leave"]
    reason: Reason | None = None
    until: datetime | None = None
    cause: Cause | None = None


def may_send(facts: Facts, now: datetime) -> Decision:
    """What to do at `now`. What a person wished comes before what the calendar says."""
    if facts.status != "scheduled":  # sent, answered, expired or skipped: nobody is asked twice
        return Decision("leave")
    reason = _obstacle(facts, now)
    if reason is not None:
        return Decision("skip", reason)
    if facts.send_at > now:
        opens = facts.window.next_open(facts.send_at)
        return Decision("wait", until=opens, cause="due" if opens == facts.send_at else "hours")
    if facts.quarantined_until is not None and facts.quarantined_until > now:
        return _in_quarantine(facts, facts.quarantined_until)
    opens = facts.window.next_open(now)
    if opens > now:
        return Decision("wait", until=opens, cause="hours")
    return Decision("hold", cause="paused") if facts.paused else Decision("send")


def _in_quarantine(facts: Facts, until: datetime) -> Decision:
    if facts.defer:
        return Decision("wait", until=facts.window.next_open(until), cause="quarantine")
    return Decision("skip", "quarantine")


def _obstacle(facts: Facts, now: datetime) -> Reason | None:
    """Why this person is not asked at all."""
    if facts.suppressed:
        return "suppressed"
    if facts.closed:
        return "closed"
    if not facts.published:
        return "unpublished"
    return "expired" if facts.expires_at <= now else None
