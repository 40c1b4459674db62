"""What happened to the demo company's customers: the rows of its file, moved so that the last day was yesterday."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

FILE = Path(__file__).parent / "interactions.csv"
COLUMNS = (
    *("external_id", "occurred_at", "email", "name", "language", "agent", "team", "channel", "product"),
    "first_response_minutes",
)
METRICS = ("nps", "csat", "ces")

_CSAT = (1, 1, 1, 1, 2, 2, 2, 3, 4, 4, 5)
_CES = (1, 1, 2, 2, 3, 3, 3, 4, 5, 6, 7)
"""The score of a row (0–10) on the other scales; detractors stay detractors."""

ASKED_AT = time(4, 30)
"""When, UTC, the company takes in the day before and asks its customers."""

ANSWERED = 0.58
WORDLESS = 0.12
"""Shares of people who answer at all, and of answers that come without a word."""
LOOKED = 0.24
"""Share of those who never answer that opens the page all the same."""


@dataclass(frozen=True)
class Happening:
    """One interaction, and what its customer will answer and when; `answers_at` is None for those who never do."""

    metric: str
    row: dict[str, str]
    occurred_at: datetime
    answers_at: datetime | None
    looks_at: datetime | None
    """When somebody opens the page who then leaves it without an answer."""
    score: int
    comment: str | None
    scanned: bool
    """A mail scanner pressed Send instead of the customer."""


def read(today: date, *, days: int) -> list[Happening]:
    """The happenings of the `days` before `today`, the oldest first; the same ones each time for the same day."""
    dice = random.Random(20261122)  # noqa: S311 - a story, not a secret
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    shift = (today - timedelta(days=1)) - max(_moment(row).date() for row in rows)
    told = [_happening(row, shift, dice) for row in rows]
    first = today - timedelta(days=days)
    return sorted((one for one in told if one.occurred_at.date() >= first), key=lambda one: one.occurred_at)


def _moment(row: dict[str, str]) -> datetime:
    return datetime.fromisoformat(row["occurred_at"])


def _happening(row: dict[str, str], shift: timedelta, dice: random.Random) -> Happening:
    occurred_at = _moment(row) + shift
    metric = METRICS[int(row["external_id"].removeprefix("T-")) % 3]
    raw = int(row["nps_score"])
    asked = datetime.combine(occurred_at.date() + timedelta(days=1), ASKED_AT, occurred_at.tzinfo)
    answers_at = asked + timedelta(minutes=3 + dice.expovariate(1 / 500)) if dice.random() < ANSWERED else None
    # A die of its own: whoever only looks must not change what the others answer.
    eye = random.Random(row["external_id"])  # noqa: S311 - a story, not a secret
    looks = answers_at is None and eye.random() < LOOKED
    return Happening(
        metric=metric,
        row={name: row[name] for name in COLUMNS} | {"occurred_at": occurred_at.isoformat()},
        occurred_at=occurred_at,
        answers_at=answers_at,
        looks_at=asked + timedelta(minutes=3 + eye.expovariate(1 / 500)) if looks else None,
        score={"nps": raw, "csat": _CSAT[raw], "ces": _CES[raw]}[metric],
        comment=None if dice.random() < WORDLESS else row["comment"].strip(),
        scanned=dice.random() < 0.004,
    )
