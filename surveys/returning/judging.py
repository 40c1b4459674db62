"""Is an address dead, or is something only in the way? Told by the status code of a server and by its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["hard", "soft"]

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]|\d)")
_STRONG_STATUS = re.compile(r"(?:#|\b[45]\d\d[ -]#?)\(?([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-:]|$)")

_FULL = re.compile(
    r"quota|mail ?(?:box|folder)[^.]{0,40} (?:is |was )?(?:full|exceeded)|(?:mailbox|inbox) full|exceed\w*[^.]{0,30}storage|storage[^.]{0,30}exceed"
    r"|out of storage|insufficient (?:system )?(?:storage|disk)|not enough (?:space|storage|disk)|over(?: the)? size limit"
    r"|superado[^.]{0,20}cuota|bo[iî]te[^.]{0,30}pleine|postfach[^.]{0,20}voll",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"spam|bulk mail|black ?list|block ?list|blocklisted|\bblocked\b|\brbl\b|spamhaus|barracuda|reputation|dmarc|\bspf\b|dkim"
    r"|virus|malware|policy|client host rejected|sender[^.]{0,30}(?:rejected|denied|not allowed|blocked|verif)"
    r"|content (?:rejected|not accepted)|unsolicited|suspicious|not authori[sz]ed|notauthorized|requireauth|relay(?:ing)? (?:access )?denied"
    r"|(?:unable|not permitted) to relay|relaying not|authentication (?:is )?required|authentication-results|rate limit|too many"
    r"|message (?:size|too (?:large|big))|exceeds? (?:the )?(?:maximum|size)|sizelimit|attachment|header (?:error|line)",
    re.IGNORECASE,
)
_TRANSIENT = re.compile(
    r"temporar|try(?:ing)? again|try later|grey ?list|timed? ?out|time[- ]?out|connection (?:refused|reset|lost)|retry"
    r"|expired|deferred|no route to host|network is unreachable|resources|congestion|local problem|retention",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:user|recipient|mailbox|address|account|addressee|customer|alias|name|local part)[^.;]{0,60}?"
    r"(?:unknown|not found|notfound|(?:does ?n[o'’]?t|doesnt|do not) exist|no longer (?:exists?|valid|available|accepts?|in use|active)"
    r"|(?:is |been )?(?:disabled|inactive|deactivated|closed|suspended|deleted|terminated)|not (?:recogni[sz]ed|listed|known|valid|a valid)"
    r"|is ?n[o'’]?t (?:valid|recogni[sz]ed|listed)|unavailable|not local)"
    r"|unknown (?:user|recipient|address|account|mailbox|or illegal alias|local[- ]?part)"
    r"|(?:no|not) (?:such |a valid |a known |valid |one )?(?:user|recipient|mailbox|address|account|person|customer|addressee)"
    r"(?: (?:here|by that name|with that|found|exists?|is known|called|at this|of that|in)|\b)"
    r"|(?:invalid|bad|illegal|undeliverable|unrouteable|nonexistent|non-existent) (?:recipient|mailbox|address|user|account|local part|destination)"
    r"|recipnotfound|recipientnotfound|recipientaddressrejected|user doesn['’]t have a|not our customer"
    r"|wasn['’]t found at|couldn['’]t be found|could not be found at|unrecogni[sz]ed[- ]or[- ]?name|o/?r name (?:is )?not"
    r"|no mailbox here|mailbox unavailable|recipient address rejected: (?:access denied|undeliverable|unknown|user)"
    r"|destinatario[^.]{0,30}(?:no existe|sconosciuto)|utilisateur inconnu|empf[äa]nger[^.]{0,20}(?:unbekannt|existiert nicht)",
    re.IGNORECASE,
)

_DEAD = {"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.4.310"}
"""Codes that speak of the address itself: no mailbox, no host, no such form; disabled; gone; a domain without mail."""
_WORDS_DECIDE = {"5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.4.1", "5.5.0", "5.5.1"}
"""Codes that say little: `other`, and those that large servers use for an unknown recipient beside their own meaning."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a refusal means for the address. `counted`: a soft one that may be the address's own fault."""

    kind: Verdict
    status: str | None
    counted: bool = False


def judge(words: str, status: str | None = None) -> Judgement:
    """What a server's words and status code, if it gave one, mean for the address that it spoke of."""
    words = words[:4000]
    said = status_in(words)
    code = said if said and (status is None or _vague(status)) else status or said
    reply = _REPLY.search(words)
    if _FULL.search(words) or code in {"5.2.2", "4.2.2"}:
        return Judgement("soft", code, counted=True)
    if code and code.startswith("5.7."):
        return Judgement("soft", code)
    if code and code.startswith("4."):
        return Judgement("soft", code, counted=not _POLICY.search(words) and not code.startswith("4.7."))
    if _POLICY.search(words):
        return Judgement("soft", code)
    if code in _DEAD:
        return Judgement("hard", code)
    if code is None and reply and reply[1].startswith("4"):
        return Judgement("soft", None, counted=True)
    if (code is None or code in _WORDS_DECIDE) and _GONE.search(words) and not _TRANSIENT.search(words):
        return Judgement("hard", code)
    return Judgement("soft", code, counted=True)


def status_in(words: str) -> str | None:
    """The enhanced status code in a server's words; one that follows a reply code or `#` is meant most surely."""
    found = _STRONG_STATUS.search(words)
    if found:
        return _normal(found[1])
    every = _STATUS.search(words)
    return _normal(every[0]) if every else None


def _vague(status: str) -> bool:
    return status in _WORDS_DECIDE or status.endswith(".0")


def _normal(code: str) -> str:
    """`5.1.01` is `5.1.1`."""
    return ".".join(str(int(number)) for number in code.split("."))
