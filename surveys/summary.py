"""What a list of surveys says about their answers. The room above fills it in; here is only its shape.

The composition root sets `app.extensions[SUMMARIES]` to a `Summaries`; without one, lists show no scores.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

SUMMARIES = "surveys.summaries"


@dataclass(frozen=True, slots=True)
class Summary:
    """The score of one survey over all its counted answers, with what makes it honest: n and interval."""

    n: int
    score: float | None
    """NPS in points from −100 to 100; CSAT and CES in per cent. None when nobody answered."""
    margin: float | None
    """Half of the 95 % interval, in the same unit."""
    low: float | None
    high: float | None
    """The ends of the interval, which "score ± margin" may overshoot."""
    unit: Literal["nps", "percent"]
    aside: int = 0
    """Answers to its invitations that are set aside, so that no number counts them."""


Summaries = Callable[[uuid.UUID], Mapping[uuid.UUID, Summary]]
"""From a workspace's id to the summaries of its surveys that have answers, counted or set aside, by survey id."""
