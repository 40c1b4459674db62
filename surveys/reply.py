"""What a person's page says about their answers. The room above fills it in; here is only its shape.

The composition root sets `app.extensions[REPLIES]` to a `Replies`; without one, answers show no score and lead nowhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from surveys.scale import Band, Scale

REPLIES = "surveys.replies"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one invitation, as far as a list needs it."""

    response_id: uuid.UUID
    score: int
    band: Band
    scale: Scale
    set_aside: bool
    """It looks like the work of a program and waits for somebody to look at it."""


Replies = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, Reply]]
"""From ids of invitations to what was answered to them, by invitation id; unanswered ones are missing."""
