"""What staff read about calls that came in: their state, why they ended so, and what had to be put right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from surveys.picking import FIELDS
from surveys.received_call import ReceivedCall

FIELD_NAMES = {
    "email": _("Email address"),
    "external_id": _("Ticket or order id"),
    "name": _("Customer's name"),
    "locale": _("Language"),
    "agent": _("Agent"),
    "team": _("Team"),
    "channel": _("Channel"),
    "occurred_at": _("When it happened"),
    "tags": _("Tags"),
}
assert set(FIELD_NAMES) == set(FIELDS), "every field has a name on screen"

PROBLEMS = {
    "no_email": _("The call holds no email address where the mapping looks for it."),
    "email": _("What the mapping takes for the email address is not an address."),
    "no_id": _("The call holds no id where the mapping looks for it, so it could be asked about twice."),
    "long_id": _("The id is longer than 200 characters."),
}

REASONS = PROBLEMS | {
    "signature": _("The signature does not fit the body. Compare the secret on both sides."),
    "signature_missing": _("The call is not signed, and this source takes signed calls only."),
    "signature_old": _("The signature is too old, or the clock of the sender is wrong."),
    "body_json": _("The body is no JSON, though it says so. Does a placeholder in it lack quotation marks?"),
    "body_deep": _("The body is nested too deep."),
    "body_form": _("The form in the body cannot be read."),
    "body_shape": _("The body is a single value; an object with named fields is needed."),
    "unconnected": _("Enter the address of your account and an API key, so that the helpdesk can be asked."),
    "no_ticket": _("The call names no ticket. Send its id or code as ticket_id."),
    "not_found": _("The helpdesk knows no such ticket."),
    "key_refused": _("The helpdesk refused the API key. Enter one that may read tickets, agents and departments."),
    "gave_up": _("It could not be worked off, however often it was tried."),
    "unpublished": _("Kept, but nobody was asked: no survey of this source is published."),
    "only_kept": _("Kept, but nobody was asked: no survey is chosen for this source."),
    "repeated": _("Already asked about: it was told before."),
}

SKIPS = {
    "suppressed": _("they are not to be asked any more"),
    "closed": _("the survey is closed"),
    "expired": _("the link would have been over before the mail could go"),
    "undeliverable": _("no mail can be sent to this address"),
    "quarantine": _("they had been asked not long before"),
    "sample": _("it was not drawn: the survey asks about a share only"),
    "condition": _("the survey does not ask about such interactions"),
    "cancelled": _("it was taken back"),
}

_NOTES = {
    "encoding": _("Some letters could not be read; they are marked with �."),
    "locale": _("The language is none that we know, so it was left out."),
    "moment": _("The time could not be read, so the time of the call counts."),
    "future": _("The time lies in the future, so the time of the call counts. Is the sender's clock right?"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands: the tone of its tag, a word, and a sentence."""

    tone: str
    word: str
    sentence: str


def standing(call: ReceivedCall) -> Standing:
    """Where a call stands, in words."""
    if call.state == "received":
        if call.attempts:
            detail = gettext("The helpdesk did not answer (%(detail)s). It is asked again.", detail=call.detail or "–")
            return Standing("warn", gettext("Waiting"), detail)
        return Standing("accent", gettext("Waiting"), gettext("It is about to be worked off."))
    words = {
        "processed": ("good", gettext("Taken in")),
        "ignored": ("", gettext("Left aside")),
        "rejected": ("bad", gettext("Refused")),
    }
    return Standing(*words[call.state], sentence_of(call.reason, call.detail))


def sentence_of(reason: str | None, detail: str | None) -> str:
    """Why a call ended so."""
    known = detail or "–"
    if reason == "cancelled":
        return _taken_back(int(detail or 0))
    sentences = {
        None: _("The question is on its way, or waits for its moment; the person’s page tells how far it is."),
        "status": _("Its status “%(status)s” means neither to ask nor to take back.", status=known),
        "skipped": _("Not asked: %(why)s.", why=SKIPS.get(known, known)),
        "no_answer": _("The helpdesk gave no answer to use: %(detail)s.", detail=known),
    }
    return str(sentences.get(reason) or REASONS.get(reason or "", reason))


def _taken_back(count: int) -> str:
    if not count:
        return str(_("Opened again; nothing was waiting."))
    return str(
        ngettext(
            "Opened again: %(num)s waiting question was taken back.",
            "Opened again: %(num)s waiting questions were taken back.",
            count,
        )
    )


def note_of(note: str) -> str:
    """What had to be put right, in words."""
    if note.startswith("placeholder_"):
        name = FIELD_NAMES.get(note.removeprefix("placeholder_"), _("A field"))
        return str(_("%(field)s: a placeholder came instead of a value, so it counts as missing.", field=name))
    return str(_NOTES.get(note, note))


def tagged(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Properties as name and text, lists joined."""
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in values.items()
    ]
