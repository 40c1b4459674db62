"""Is an address dead, or is something only in the way? Told by the status code of a server and by its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from surveys.returning.phrases import any_of

Verdict = Literal["hard", "soft"]

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]|\d)")
_STRONG_STATUS = re.compile(r"(?:#|\b[45]\d\d[ -]#?)\(?([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-:]|$)")

_FULL = any_of(
    r"quota",
    r"mail ?(?:box|folder)[^.]{0,40} (?:is |was )?(?:full|exceeded)",
    r"(?:mailbox|inbox) full",
    r"exceed\w*[^.]{0,30}storage",
    r"storage[^.]{0,30}exceed",
    r"out of storage",
    r"insufficient (?:system )?(?:storage|disk)",
    r"not enough (?:space|storage|disk)",
    r"over(?: the)? size limit",
    r"superado[^.]{0,20}cuota",
    r"bo[iî]te[^.]{0,30}pleine",
    r"postfach[^.]{0,20}voll",
)
_POLICY = any_of(
    r"spam",
    r"bulk mail",
    r"black ?list",
    r"block ?list",
    r"blocklisted",
    r"\bblocked\b",
    r"\brbl\b",
    r"spamhaus",
    r"barracuda",
    r"reputation",
    r"dmarc",
    r"\bspf\b",
    r"dkim",
    r"virus",
    r"malware",
    r"policy",
    r"client host rejected",
    r"sender[^.]{0,30}(?:rejected|denied|not allowed|blocked|verif)",
    r"content (?:rejected|not accepted)",
    r"unsolicited",
    r"suspicious",
    r"not authori[sz]ed",
    r"notauthorized",
    r"requireauth",
    r"relay(?:ing)? (?:access )?denied",
    r"(?:unable|not permitted) to relay",
    r"relaying not",
    r"authentication (?:is )?required",
    r"authentication-results",
    r"rate limit",
    r"too many",
    r"message (?:size|too (?:large|big))",
    r"exceeds? (?:the )?(?:maximum|size)",
    r"sizelimit",
    r"attachment",
    r"header (?:error|line)",
)
_TRANSIENT = any_of(
    r"temporar",
    r"try(?:ing)? again",
    r"try later",
    r"grey ?list",
    r"timed? ?out",
    r"time[- ]?out",
    r"connection (?:refused|reset|lost)",
    r"retry",
    r"expired",
    r"deferred",
    r"no route to host",
    r"network is unreachable",
    r"resources",
    r"congestion",
    r"local problem",
    r"retention",
)
_WHO = r"(?:user|recipient|mailbox|address|account|addressee|customer|alias|name|local part)"
_NO_MORE = any_of(
    r"unknown",
    r"not ?found",
    r"(?:does ?n[o'’]?t|doesnt|do not) exist",
    r"no longer (?:exists?|valid|available|accepts?|in use|active)",
    r"(?:is |been )?(?:disabled|inactive|deactivated|closed|suspended|deleted|terminated)",
    r"not (?:recogni[sz]ed|listed|known|valid|a valid)",
    r"is ?n[o'’]?t (?:valid|recogni[sz]ed|listed)",
    r"unavailable",
    r"not local",
).pattern
_GONE = any_of(
    f"{_WHO}[^.;]{{0,60}}?{_NO_MORE}",
    r"unknown (?:user|recipient|address|account|mailbox|or illegal alias|local[- ]?part)",
    r"(?:no|not) (?:such |a valid |a known |valid |one )?(?:user|recipient|mailbox|address|account|person|customer)\b",
    f"(?:invalid|bad|illegal|undeliverable|unrouteable|nonexistent|non-existent) (?:{_WHO}|destination)",
    r"recipnotfound",
    r"recipientnotfound",
    r"recipientaddressrejected",
    r"user doesn['’]t have a",
    r"not our customer",
    r"wasn['’]t found at",
    r"couldn['’]t be found",
    r"could not be found at",
    r"unrecogni[sz]ed[- ]or[- ]?name",
    r"o/?r name (?:is )?not",
    r"no mailbox here",
    r"mailbox unavailable",
    r"recipient address rejected: (?:access denied|undeliverable|unknown|user)",
    r"destinatario[^.]{0,30}(?:no existe|sconosciuto)",
    r"utilisateur inconnu",
    r"empf[äa]nger[^.]{0,20}(?:unbekannt|existiert nicht)",
)

_DEAD = {"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.4.310"}
"""Codes of the address itself: no mailbox, no host, no such form; disabled; gone; a domain without mail."""
_WORDS_DECIDE = {"5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.4.1", "5.5.0", "5.5.1"}
"""Codes that say little: `other`, and those that large servers also use for an unknown recipient."""


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
    if _FULL.search(words) or code in {"5.2.2", "4.2.2"}:
        return Judgement("soft", code, counted=True)
    policy = _POLICY.search(words) is not None or (code or "").startswith(("5.7.", "4.7."))
    if not policy and not _for_now(words, code) and _dead(words, code):
        return Judgement("hard", code)
    return Judgement("soft", code, counted=not policy)


def _for_now(words: str, code: str | None) -> bool:
    reply = _REPLY.search(words)
    return code.startswith("4.") if code else reply is not None and reply[1].startswith("4")


def _dead(words: str, code: str | None) -> bool:
    """Whether a final refusal says that there is no such address: by its code, or by words where that says little."""
    if code in _DEAD:
        return True
    telling = code is None or code in _WORDS_DECIDE
    return telling and _GONE.search(words) is not None and _TRANSIENT.search(words) is None


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
