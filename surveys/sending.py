"""Whether an invitation may go out now; asked when it is made, before its mail is written, and when that is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Reason = Literal["suppressed", "closed", "expired", "unpublished"]


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


@dataclass(frozen=True)
class Decision:
    """`send` now, `wait` until `until`, `skip` for good because of `reason`, or `leave` what is already settled."""

    kind: Literal["send", "wait", "skip", "leave"]
    reason: Reason | None = None
    until: datetime | None = None


def may_send(facts: Facts, now: datetime) -> Decision:
    """What to do at `now`. What a person wished comes before what the calendar says."""
    if facts.status != "scheduled":  # sent, answered, expired or skipped: nobody is asked twice
        return Decision("leave")
    reason = _obstacle(facts, now)
    if reason is not None:
        return Decision("skip", reason)
    if facts.send_at > now:
        return Decision("wait", until=facts.send_at)
    return Decision("send")


def _obstacle(facts: Facts, now: datetime) -> Reason | None:
    """Why this person is not asked at all."""
    if facts.suppressed:
        return "suppressed"
    if facts.closed:
        return "closed"
    if not facts.published:
        return "unpublished"
    return "expired" if facts.expires_at <= now else None
