"""The room that the outbox has for mails to many, given to surveys in turn, so that a large one keeps no small one
waiting.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final

from flask import current_app

from base import clock
from base.db import db, reading
from base.grouping import busy
from base.hold import Hold
from base.outbox import Mail

BATCH: Final = {"sqlite": 50, "postgresql": 200}
"""Mails of one transaction. On SQLite nobody else writes meanwhile, so it is over within milliseconds."""
BUSY: Final = 15
"""The same while people answer, who wait for it."""
ROOM: Final = 1000
"""Mails that may wait in the outbox: the others wait where they come from, which costs nothing and can be stopped."""
ASIDE: Final = 0.25
"""Of the room so much more for reminders: a long sending, which keeps the room full, holds none of them back."""

Due = Callable[[datetime], list[uuid.UUID]]
"""The surveys that have mails to be written."""
Write = Callable[[uuid.UUID, int], int]
"""Writes at most so many mails of a survey; how many were settled."""


def fill(due: Due, write: Write, over: Callable[[], bool], *, aside: float = 0.0) -> int:
    """Write while there is room and until nothing is due or `over`; how many were settled."""
    settled = 0
    while not over():
        with reading():
            surveys = due(clock.now())
        found = _in_turn(surveys, write, over, aside)
        settled += found
        if not found:
            break
    return settled


def _in_turn(surveys: list[uuid.UUID], write: Write, over: Callable[[], bool], aside: float) -> int:
    """A batch of each survey in turn, until none has a whole batch left; how many were settled."""
    settled = 0
    while surveys:
        limit, more = BUSY if busy(within=0.5) else BATCH[db.engine.dialect.name], []
        for survey_id in surveys:
            left = _left(aside)
            if over() or left <= 0:
                return settled
            found = write(survey_id, min(left, limit))
            settled += found
            if found >= limit:
                more.append(survey_id)
        surveys = more
    return settled


def _left(aside: float) -> int:
    """How many mails more may wait. No more than two minutes' worth wait where they may only go slowly."""
    a_minute = current_app.config.get("MAIL_PER_MINUTE") or ROOM
    most = int(max(20, min(ROOM, 2 * a_minute)) * (1 + aside))
    with reading():
        return most - Mail.waiting(limit=most, held=Hold.all())
