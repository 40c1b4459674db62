"""What a filled-in answer page says: read from its fields, cleaned, and checked against the scale.

Any text may come in. What no database takes (NUL, halves of surrogate pairs) is removed or replaced, and nothing else
is lost; a value that cannot be is read as not given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from surveys.paging import Problem
from surveys.scale import Scale
from surveys.wording import COMMENT_LIMIT, Texts, comment_too_long, score_missing

LONGEST_VISIT = timedelta(days=90)
"""A page cannot have been open for longer than its link works."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{8,40}")
_TAG = re.compile(r"[A-Za-z0-9-]{2,12}")


@dataclass(frozen=True, slots=True)
class Filled:
    """The fields of one submission; None where nothing usable was sent. `comment` is cleaned, of any length."""

    score: int | None
    comment: str
    form_id: str | None
    opened_at: datetime | None
    lang: str | None
    switch: str | None


def read_form(form: Mapping[str, str], scale: Scale, *, now: datetime) -> Filled:
    """The fields of a posted answer page."""
    return Filled(
        score=_score(form.get("score", ""), scale),
        comment=clean(form.get("comment", "")),
        form_id=_matching(_FORM_ID, form.get("form_id")),
        opened_at=_moment(form.get("opened_at", ""), now),
        lang=_matching(_TAG, form.get("lang")),
        switch=_matching(_TAG, form.get("switch")),
    )


def problems(filled: Filled, scale: Scale, *, texts: Texts, locale: str) -> tuple[Problem, ...]:
    """What must be put right before the answer can be kept, in the words of the page."""
    found = []
    if filled.score is None:
        found.append(Problem("score", score_missing(texts, scale)))
    if len(filled.comment) > COMMENT_LIMIT:
        found.append(Problem("comment", comment_too_long(texts, locale, len(filled.comment))))
    return tuple(found)


def clean(text: str) -> str:
    """`text` as it can be kept: line ends as LF, no outer space, no control characters, whole characters only."""
    if not text.isprintable():
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = _UNWRITABLE.sub("", text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.strip()


def tag(value: str | None) -> str | None:
    """A language tag from an address, or None."""
    return _matching(_TAG, value)


def _score(raw: str, scale: Scale) -> int | None:
    raw = raw.strip()
    if not raw.isascii() or not raw.isdigit() or len(raw) > 2:
        return None
    score = int(raw)
    return score if scale.low <= score <= scale.high else None


def _moment(raw: str, now: datetime) -> datetime | None:
    """Epoch milliseconds as a moment; None when it lies in the future or too far back to be this page's."""
    if not raw.isascii() or not raw.isdigit() or len(raw) > 14:
        return None
    at = datetime.fromtimestamp(int(raw) / 1000, UTC)
    return at if timedelta(0) <= now - at <= LONGEST_VISIT else None


def _matching(shape: re.Pattern[str], value: str | None) -> str | None:
    return value if value is not None and shape.fullmatch(value) else None
