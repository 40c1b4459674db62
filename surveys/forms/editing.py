"""What the builder sends, and what its fields may hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from surveys import validating
from surveys.validating import clean as _clean
from surveys.wording import EDITABLE

WORDS_SIZE = 4_000_000
"""Bytes of a request with two documents of every word in every language; a letter beyond ASCII takes up to nine."""

NAME_LIMIT = 120

LONG = frozenset(
    {"question", "thanks_body", "mail_intro", "mail_why", "reminder_intro", "answered_before", "not_saved"}
    | {"comment_too_long"}
    | {key for key in EDITABLE["messages"] if key.endswith("_body")}
)
"""Texts that may have line breaks or several sentences."""


def clean(text: str | None) -> str:
    """Without control characters and outer space; line ends as one newline. Databases refuse NUL."""
    return _clean(text or "")


@dataclass(frozen=True, slots=True)
class Sent:
    """A draft as the builder sends it: what it started from, the name if it was changed, and the document."""

    revision: int
    name: str | None
    document: dict[str, Any]

    @classmethod
    def of(cls, raw: Any) -> tuple[Sent | None, list[validating.Flaw]]:
        """What was sent, or what is wrong with it. Unfinished drafts are fine; broken ones are not."""
        if not isinstance(raw, dict):
            return None, [validating.Flaw("", "not_an_object")]
        document, flaws = validating.check(raw.get("document"), strict=False)
        name, revision = raw.get("name"), raw.get("revision")
        if name is not None and not (isinstance(name, str) and clean(name)):
            flaws.append(validating.Flaw("name", "no_text"))
        elif name is not None and len(clean(name)) > NAME_LIMIT:
            flaws.append(validating.Flaw("name", "too_long", {"limit": NAME_LIMIT, "count": len(clean(name))}))
        if not isinstance(revision, int) or isinstance(revision, bool):
            flaws.append(validating.Flaw("revision", "not_a_value"))
        if flaws or document is None or not isinstance(revision, int):
            return None, flaws
        kept = {key: value for key, value in document.items() if key != "look" or value}  # an empty look is none
        return cls(revision, clean(name) if name else None, kept), []


def body(request: Request) -> Any:
    """The JSON of a request; None for anything else."""
    try:
        return json.loads(request.get_data(cache=True))
    except (ValueError, RecursionError):
        return None
