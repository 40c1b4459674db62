"""One received message and what it is, from the forms that standards describe down to those that programs made up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from typing import Literal

from surveys.returning.automatic import from_daemon, is_automatic, nobody_sent
from surveys.returning.judging import Judgement, judge
from surveys.returning.letter import Fields, Letter, blocks, blocks_in, kind_of, text_of
from surveys.returning.phrases import any_of

Kind = Literal["hard", "soft", "delayed", "complaint", "auto-reply", "reply", "unknown"]

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190}")
_COPY = any_of(
    r"-{2,} ?(?:below this line is a copy|this is a copy of|included is a copy)",
    r"-{2,} ?(?:original message|undelivered message|message header|returned (?:mail|message)|the unsent message)",
    r"original message headers:",
    r"message headers:",
    r"unsent message below",
    r"[ \t]{0,9}-{3,}[ \t]*(?:original|returned)",
    r"[ \t]{0,9}(?:below is a copy of|the original message follows)",
    before=r"^",
    after=r".*",
    lines=True,
)
_ANCHOR = any_of(
    r"could not be reached",
    r"not yet been delivered",
    r"(?:was|were|is) not delivered",
    r"not deliver\w*",
    r"undeliverable",
    r"undelivered",
    r"could ?n[o'’]t be delivered",
    r"could not be delivered",
    r"unable to deliver",
    r"delivery (?:has |to [^.]{0,80})?fail\w*",
    r"fatal errors",
    r"did not reach",
    r"couldn['’]t deliver",
    r"returned to sender",
    r"non-?delivery",
    r"delivery error",
    r"recipient\(?s?\)? failed",
    r"failed recipient",
    r"failed:",
    r"failure reasons",
    r"error has occurred while attempting to deliver",
)
_DELAY = any_of(
    r"not yet been delivered",
    r"warning message only",
    r"(?:delivery|message|mail)[^.]{0,60}(?:has been |is |was )?delayed",
    r"will (?:continue|keep|be retried|retry)",
    r"still trying",
    r"do not need to resend",
    r"no action is required on your part",
    r"delayed \d+ hours?",
)
_NEVER = any_of(
    r"permanent(?:ly)? (?:error|fail)",
    r"given up",
    r"giving up",
    r"gave up",
    r"no further attempts",
    r"fatal",
    r"returned to (?:the )?sender",
)
_BOUNCING = any_of(
    r"undeliver",
    r"delivery (?:status|fail|notification|report)",
    r"returned mail",
    r"return(?:ed|ing) (?:message|to sender)",
    r"failure notice",
    r"mail delivery",
    r"mail system error",
    r"warning: (?:message|could not send)",
    r"delayed mail",
    r"non[- ]?(?:remis|delivery)",
    r"unzustellbar",
    r"message (?:not|un)deliver",
    r"delivery_failure",
    r"nicht zustellbar",
    r"non recapitabile",
    r"nedostavljen",
)
_HOTMAIL = re.compile(r"(?i)\Acomplaint about message from ")
NEAR = 120
"""Characters between the opening words and an address that may already hold the reason."""
_HARMLESS = {"not-spam", "auth-failure", "dkim", "dmarc", "virus"}


@dataclass(frozen=True, slots=True)
class Returned:
    """What a message is. `words`: what a server said, or a complaint's type; `address`: whom it says it is about."""

    kind: Kind
    status: str | None = None
    words: str = ""
    address: str | None = None
    counted: bool = False
    """A soft bounce that may be the address's own fault; three of them over a week are."""
    carried: str = ""
    """Headers of the mail that it is about, where a return path or Message-ID of ours can be found."""


def classify(raw: bytes) -> Returned:
    """What the message in `raw` is. For any bytes; `unknown` is for those that nobody could tell."""
    letter = Letter.read(raw)
    return _complaint(letter) or _status_report(letter) or _told(letter) or _written(letter)


def refusal(words: str) -> Judgement:
    """What the words mean with which a server refused a mail for good while it was handed over."""
    return judge(words)


def _complaint(letter: Letter) -> Returned | None:
    """RFC 5965, and the older form that is a complaint by its subject alone."""
    for part in letter.parts:
        if kind_of(part) != "message/feedback-report" and not _looks_like_feedback(part):
            continue
        fields: dict[str, str] = {}
        for block in blocks(part):
            fields = {**block, **fields}
        sort = fields.get("feedback-type", "abuse").lower().strip()
        about = "\n".join(f"{name}: {value}" for name, value in fields.items())
        kind: Kind = "unknown" if sort in _HARMLESS else "complaint"
        whom = _address_in(fields.get("original-rcpt-to", "") or fields.get("removal-recipient", ""))
        agent = fields.get("user-agent", "")
        return Returned(kind, None, f"{sort} {agent}".strip()[:1000], whom, carried=f"{about}\n{letter.carried}")
    if _HOTMAIL.match(letter.header("Subject")) and letter.carried:
        named = re.search(r"(?im)^X-HmXmrOriginalRecipient:\s*(\S{1,320})", letter.carried)
        return Returned(
            "complaint", None, letter.header("Subject")[:1000], named[1] if named else None, carried=letter.carried
        )
    return None


def _looks_like_feedback(part: Message) -> bool:
    return kind_of(part) == "text/plain" and text_of(part).lstrip()[:14].lower() == "feedback-type:"


def _status_report(letter: Letter) -> Returned | None:
    """RFC 3464, wherever in the message its part is; also the receipts of RFC 8098, which are automatic."""
    found: list[Returned] = []
    for part in letter.parts:
        kind = kind_of(part)
        if kind in {"message/disposition-notification", "message/tracking-status"}:
            return Returned("auto-reply", words="receipt")
        if kind in {"message/delivery-status", "message/global-delivery-status", "text/delivery-status"}:
            found += [_recipient(fields, letter) for fields in blocks(part) if _about_recipient(fields)]
    if not found and (from_daemon(letter) or nobody_sent(letter)):
        listed = blocks_in(_before_copy(letter.text))
        found = [_recipient(fields, letter) for fields in listed if "final-recipient" in fields and "action" in fields]
    order = ("hard", "soft", "delayed", "unknown")
    return min(found, key=lambda one: order.index(one.kind)) if found else None


def _about_recipient(fields: Fields) -> bool:
    return "action" in fields or "final-recipient" in fields or "status" in fields


def _recipient(fields: Fields, letter: Letter) -> Returned:
    action = fields.get("action", "failed").partition(" ")[0].strip().lower()
    words = fields.get("diagnostic-code", "")
    words = re.sub(r"(?i)\A\s*(?:smtp|x-[a-z0-9-]+|dns|unix)\s*;\s*", "", words)
    status = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})", fields.get("status", ""))
    judged = judge(words or _passage(letter.text), status[1] if status else None)
    address = _recipient_in(fields, "final-recipient") or _recipient_in(fields, "original-recipient")
    words = (words or fields.get("status", "") or _passage(letter.text))[:1000]
    if action in {"delivered", "relayed", "expanded"} or (judged.status or "").startswith("2."):
        return Returned("unknown", judged.status, words, address, carried=letter.carried)
    if action == "delayed":
        return Returned("delayed", judged.status, words, address, carried=letter.carried)
    return Returned(judged.kind, judged.status, words, address, judged.counted, letter.carried)


def _told(letter: Letter) -> Returned | None:
    """Reports in prose: qmail, Exim, old Postfix, Exchange, Domino, X.400 gateways, Yahoo, and their relatives."""
    daemon = from_daemon(letter) or nobody_sent(letter)
    subject, text = letter.header("Subject"), letter.text
    own = _before_copy(text)
    if not daemon and not (letter.sender == "" and _ANCHOR.search(own)):
        return None
    if not _ANCHOR.search(own) and not _BOUNCING.search(subject):
        return None
    declared = letter.header("Auto-Submitted").lower()
    if declared.startswith("auto-replied") and not _BOUNCING.search(subject):
        return None
    words = _passage(own)
    whom = _address_in(letter.header("X-Failed-Recipients")) or _address_in(words)
    carried = f"{letter.carried}\n{text[len(own) :]}"
    if _DELAY.search(f"{subject}\n{own[:4000]}") and not _NEVER.search(own[:4000]):
        return Returned("delayed", judge(words).status, words[:1000], whom, carried=carried)
    judged = judge(words)
    return Returned(judged.kind, judged.status, words[:1000], whom, judged.counted, carried)


def _written(letter: Letter) -> Returned:
    """No report: an answering machine, or a person."""
    if is_automatic(letter):
        return Returned("auto-reply", words=letter.header("Subject")[:1000], carried=letter.carried)
    if letter.sender and (letter.text.strip() or letter.header("Subject")):
        return Returned("reply", words=letter.header("Subject")[:1000], address=letter.sender, carried=letter.carried)
    return Returned("unknown", words=letter.header("Subject")[:1000], carried=letter.carried)


def _before_copy(text: str) -> str:
    """A report's own words, without the copy of the mail that it is about."""
    found = _COPY.search(text)
    return text[: found.start()] if found else text


def _passage(text: str) -> str:
    """The part of a report that says whom and why, on one line: from the first address after its opening words."""
    own = _before_copy(text)
    anchor = _ANCHOR.search(own)
    tail = own[own.rfind("\n", 0, anchor.start()) + 1 if anchor else 0 :]
    address = _ADDRESS.search(tail)
    start = tail.rfind("\n", 0, address.start()) + 1 if address and address.start() > NEAR else 0
    lines = [line.strip() for line in tail[start:].splitlines() if line.strip()]
    return " ".join(lines[:14])[:2000]


def _recipient_in(fields: Fields, name: str) -> str | None:
    """The address of a field like `rfc822; mara@customer.example`."""
    return _address_in(fields.get(name, "").rpartition(";")[2])


def _address_in(value: str) -> str | None:
    found = _ADDRESS.search(value)
    return found[0].strip(".'").lower()[:320] if found else None
