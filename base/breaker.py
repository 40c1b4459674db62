from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Integer, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db, insert_once

PATIENCE: Final = 5
"""Refusals in a row, for reasons about us, after which we leave the server alone."""
WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40, 80, 120))
PROBE: Final = timedelta(seconds=30)
"""How long one worker has to find out whether the server is back, before another one tries."""
_NAME: Final = "smtp"


class Breaker(Model):
    """Whether the mail server works with us, as all workers know it. No row: nothing was ever wrong."""

    __tablename__ = "mail_breaker"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    """Refusals in a row."""
    since: Mapped[datetime | None] = mapped_column(Moment)
    """When the first of them came."""
    until: Mapped[datetime | None] = mapped_column(Moment)
    """When somebody may try again."""
    words: Mapped[str] = mapped_column(Text)
    """What the server said last, or what happened instead."""

    @property
    def open(self) -> bool:
        """Whether mails wait because of it."""
        return self.failures >= PATIENCE

    @classmethod
    def current(cls) -> Breaker | None:
        """The breaker, if the server does not work with us now."""
        found = db.session.scalar(select(cls).where(cls.name == _NAME))
        return found if found is not None and found.open else None

    @classmethod
    def admit(cls, wanted: int, now: datetime) -> int:
        """How many mails may be tried now: all, none, or one to find out. Needs a transaction."""
        found = cls._locked()
        if found is None or not found.open:
            return wanted
        if found.until is not None and found.until > now:
            return 0
        found.until = now + PROBE
        return 1

    @classmethod
    def note(cls, refusals: int, words: str, *, broken_before: bool, at: datetime) -> None:
        """So many refusals came in a row; `broken_before`: none of this batch's mails went otherwise. Needs a
        transaction.
        """
        found = cls._locked()
        if found is None:
            if not refusals:
                return
            insert_once(cls, {"name": _NAME, "failures": 0, "since": None, "until": None, "words": ""})
            found = cls._locked()
            assert found is not None
        failures = refusals + (found.failures if broken_before else 0)
        if not failures:
            if found.failures:
                found.failures, found.since, found.until = 0, None, None
            return
        found.since = found.since if broken_before and found.since else at
        found.failures, found.words = min(failures, 1000), words
        if found.open:
            found.until = at + WAITS[min(found.failures - PATIENCE, len(WAITS) - 1)]

    @classmethod
    def _locked(cls) -> Breaker | None:
        return db.session.scalars(select(cls).where(cls.name == _NAME).with_for_update()).one_or_none()
