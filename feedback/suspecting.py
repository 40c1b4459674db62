"""Whether a submission looks like a mail scanner's, and why.

Mail scanners open every link, run scripts and even press Send. One strong sign, or two weak ones, flag a
submission; a quick person alone has at most one weak sign. A scanner that swept the mail before a person
answered says nothing about that person, so visits count only from the same client and around its page.
A flagged submission is kept and can be released; nothing here refuses anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

Limited = Literal["many_browser", "many_address"]
Sign = Literal[
    "decoy",
    "sweep",
    "instant",
    "many_browser",
    "many_address",
    "head_first",
    "fast_send",
    "fresh_mail",
    "scanner_agent",
]
Reason = Literal[
    "decoy", "sweep", "instant", "many_browser", "many_address", "robot_speed", "scanner_agent", "head_first"
]
STRONG: tuple[Literal["decoy", "sweep", "instant", "many_browser", "many_address"], ...] = (
    *("decoy", "sweep", "instant"),
    *("many_browser", "many_address"),
)
"""Each of these is enough alone."""

LIMITS: Mapping[Limited, tuple[int, int]] = MappingProxyType(
    {"many_browser": (2, 24 * 3600), "many_address": (30, 3600)}
)
"""How many answers by one open link are believed of one address, and of one browser besides its first, in so many
seconds.
"""

BEFORE_PAGE = timedelta(seconds=10)
AFTER_PAGE = timedelta(seconds=60)
SWEEP_SPAN = timedelta(seconds=10)
SWEEP_SCORES = 3
FAST_SEND = timedelta(seconds=1)
FRESH_MAIL = timedelta(seconds=60)

# Lower-case parts of user agents that say what they are: the mail gateways by name, and plain HTTP
# libraries, which no mail program hands a person's click to. Most scanners borrow a browser's name
# (Safe Links does), hence only a weak sign. After click-log studies of suped.com ("identify bot user
# agents in my email click data", 2026) and live-direct-marketing.online ("Bot clicks from security scanners").
SCANNER_AGENTS = (
    "barracuda",
    "proofpoint",
    "mimecast",
    "ciscosecureemail",
    "ironport",
    "trendmicro",
    "fortinet",
    "sophos",
    "symantec",
    "aiohttp",
    "apache-httpclient",
    "curl/",
    "go-http-client",
    "headlesschrome",
    "java/",
    "jetty",
    "libwww-perl",
    "lua-resty-http",
    "phantomjs",
    "python-requests",
    "python-urllib",
    "wget/",
)


@dataclass(frozen=True)
class Visit:
    """One request for a link of the mail. `client` is a fingerprint of address and user agent."""

    at: datetime
    client: str
    kind: Literal["head", "open", "decoy"]
    score: int | None = None


@dataclass(frozen=True)
class Submission:
    """A pressed Send. `opened_at`: when its page was served; `delivered_at`: when the mail was taken (SMTP 250).

    None means not known, or, for an open link, never mailed. On the page of an open link no score is chosen yet, so
    nobody can be done with it within a second.
    """

    at: datetime
    client: str
    opened_at: datetime | None
    delivered_at: datetime | None
    user_agent: str = ""
    by_open_link: bool = False


@dataclass(frozen=True)
class Signs:
    """What is known: the submission, and every visit to links of the same mail by anybody, in any order."""

    submission: Submission
    visits: Sequence[Visit] = ()


def _own_visits(signs: Signs) -> list[Visit]:
    """The visits that this submission answers for: of its client, 10 s before its page to Send (at most 60 s after)."""
    sent = signs.submission
    page = sent.opened_at or sent.at
    start, end = page - BEFORE_PAGE, min(sent.at, page + AFTER_PAGE)
    own = (visit for visit in signs.visits if visit.client == sent.client and start <= visit.at <= end)
    return sorted(own, key=lambda visit: visit.at)


def _swept(visits: Sequence[Visit]) -> bool:
    """Three different scores of the mail fetched within ten seconds; visits in order of time."""
    for number, first in enumerate(visits):
        near = {v.score for v in visits[number:] if v.at - first.at <= SWEEP_SPAN and v.score is not None}
        if len(near) >= SWEEP_SCORES:
            return True
    return False


def signs_seen(signs: Signs) -> tuple[Sign, ...]:
    """Every sign the submission shows, strong ones first; kept beside the response as evidence."""
    sent = signs.submission
    visits = _own_visits(signs)
    agent = sent.user_agent.lower()
    zero = timedelta(0)
    # A negative time means clocks that disagree, which proves nothing.
    fast = sent.opened_at is not None and zero <= sent.at - sent.opened_at < FAST_SEND
    shown: dict[Sign, bool] = {
        "decoy": any(visit.kind == "decoy" for visit in visits),
        "sweep": _swept(visits),
        "instant": fast and sent.by_open_link,
        "head_first": any(visit.kind == "head" for visit in visits),
        "fast_send": fast and not sent.by_open_link,
        "fresh_mail": sent.delivered_at is not None and zero <= sent.at - sent.delivered_at < FRESH_MAIL,
        "scanner_agent": any(part in agent for part in SCANNER_AGENTS),
    }
    return tuple(sign for sign, seen in shown.items() if seen)


def suspicion(signs: Signs) -> Reason | None:
    """Why the submission is flagged, as a stable key, or None when it is not.

    The strong ones are enough alone. Of two or more weak signs the reason names the telling one:
    "scanner_agent", else "head_first", else "robot_speed" (sent within a second of its page and within a
    minute of delivery).
    """
    return reason_for(signs_seen(signs))


def reason_for(seen: Collection[Sign]) -> Reason | None:
    """The same, from signs that were seen before and kept."""
    strong = next((sign for sign in STRONG if sign in seen), None)
    if strong is not None:
        return strong
    if len(seen) < 2:
        return None
    if "scanner_agent" in seen:
        return "scanner_agent"
    return "head_first" if "head_first" in seen else "robot_speed"
