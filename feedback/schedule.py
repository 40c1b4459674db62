"""What runs when. A tick comes every 20 seconds (SQLite) or every minute (PostgreSQL) and asks the due tables;
a late or doubled tick does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from base import courier

EVERY_TICK: tuple[Callable[[datetime], None], ...] = (courier.sweep,)


def tick(now: datetime) -> None:
    """Everything that may be due at `now`, each part in transactions of its own."""
    for part in EVERY_TICK:
        part(now)
