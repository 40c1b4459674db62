"""The filters of the list of people, as an address carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveys.forms.correcting import one_line
from surveys.roster import Filters
from surveys.suppressing import REASONS

SEARCH_LIMIT = 100
"""Characters of a search that count."""
DAYS = (7, 14, 30, 60, 90, 180, 365)
"""In how many last days somebody may have been asked."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What an address asks for. What makes no sense there is left out."""

    wish: str
    suppressed: bool
    reason: str
    language: str
    days: int

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Narrowing:
        reason, language, days = (values.get(name, "") for name in ("reason", "language", "asked"))
        return cls(
            wish=one_line(values.get("q"))[:SEARCH_LIMIT],
            suppressed=values.get("only") == "suppressed",
            reason=reason if reason in REASONS else "",
            language=language if language.isalpha() and len(language) <= 3 else "",
            days=int(days) if days.isdecimal() and days.isascii() and len(days) < 5 and int(days) in DAYS else 0,
        )

    @property
    def values(self) -> dict[str, str]:
        """The same as an address says it; what is not asked for is left out."""
        said = {"q": self.wish, "only": "suppressed" if self.suppressed else "", "reason": self.reason}
        said |= {"language": self.language, "asked": str(self.days) if self.days else ""}
        return {name: value for name, value in said.items() if value}

    @property
    def narrow(self) -> bool:
        """Whether anything is asked for besides everybody, or all who are not to be asked."""
        return bool(self.values.keys() - {"only"})

    def filters(self, now: datetime) -> Filters:
        """As the list is asked."""
        since = now - timedelta(days=self.days) if self.days else None
        known: dict[str, Any] = {"reason": self.reason or None, "language": self.language or None}
        return Filters(suppressed=self.suppressed, asked_since=since, **known)
