"""What a posted answer page says besides its answers: which form it is, since when it was open, in which language.

Any text may come in; a value that cannot be is read as not given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from surveys import stepping
from surveys.question import Document
from surveys.stepping import Sent

LONGEST_VISIT = timedelta(days=90)
"""A page cannot have been open for longer than its link works."""

_FORM_ID = re.compile(r"[A-Za-z0-9_-]{8,40}")
_TAG = re.compile(r"[A-Za-z0-9-]{2,12}")


@dataclass(frozen=True, slots=True)
class Filled:
    """One submission: the answers so far and the page they came from; None where nothing usable was sent."""

    sent: Sent
    form_id: str | None = None
    opened_at: datetime | None = None
    lang: str | None = None
    switch: str | None = None


def read_form(form: Mapping[str, str], document: Document, *, now: datetime) -> Filled:
    """The fields of a posted answer page of this document."""
    return Filled(
        stepping.read(form, document),
        form_id=_matching(_FORM_ID, form.get("form_id")),
        opened_at=_moment(form.get("opened_at", ""), now),
        lang=tag(form.get("lang")),
        switch=tag(form.get("switch")),
    )


def tag(value: str | None) -> str | None:
    """A language tag from a form or an address, or None."""
    return _matching(_TAG, value)


def _moment(raw: str, now: datetime) -> datetime | None:
    """Epoch milliseconds as a moment; None when it lies in the future or too far back to be this page's."""
    if not raw.isascii() or not raw.isdigit() or len(raw) > 14:
        return None
    at = datetime.fromtimestamp(int(raw) / 1000, UTC)
    return at if timedelta(0) <= now - at <= LONGEST_VISIT else None


def _matching(shape: re.Pattern[str], value: str | None) -> str | None:
    return value if value is not None and shape.fullmatch(value) else None
