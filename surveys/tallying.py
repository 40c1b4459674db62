"""How many rows of a table end in which way, with when and with a few of them to look at. Kept as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

EXAMPLES: Final = 5
"""Rows of each kind that are shown."""


@dataclass
class Tally:
    """Counts by key, such as `ask`, `later`, `skip.suppressed`, `known`, `refused.email`, `noted.zone`."""

    counts: dict[str, int] = field(default_factory=dict)
    spans: dict[str, list[str]] = field(default_factory=dict)
    """The first and the last moment of a key, in ISO 8601."""
    examples: dict[str, list[list[Any]]] = field(default_factory=dict)
    """Row number, person or column, and what about it."""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Tally:
        """As `written` wrote it; unknown keys of it are passed over."""
        return cls(**{name: raw.get(name) or {} for name in ("counts", "spans", "examples")})

    @property
    def written(self) -> dict[str, Any]:
        return asdict(self)

    def add(self, key: str, number: int = 1, *, at: datetime | None = None) -> None:
        """`number` more of a kind; `at`: when that is."""
        self.counts[key] = self.counts.get(key, 0) + number
        if at is not None:
            told = at.isoformat()
            first, last = self.spans.get(key, (told, told))
            self.spans[key] = [min(first, told), max(last, told)]

    def show(self, key: str, row: int, *about: str) -> None:
        """Keep a row to be looked at, while there are few."""
        shown = self.examples.setdefault(key, [])
        if len(shown) < EXAMPLES:
            shown.append([row, *about])

    def wants(self, key: str) -> bool:
        """Whether another example is welcome."""
        return len(self.examples.get(key, ())) < EXAMPLES

    def __getitem__(self, key: str) -> int:
        return self.counts.get(key, 0)

    def of(self, kind: str) -> dict[str, int]:
        """What stands behind the dot of the keys of a kind, the most frequent first: {"suppressed": 31, …}."""
        found = {key.partition(".")[2]: n for key, n in self.counts.items() if key.startswith(f"{kind}.") and n}
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    def moments(self, key: str) -> Sequence[datetime]:
        """The first and the last moment of a key; empty without."""
        return [datetime.fromisoformat(told) for told in self.spans.get(key, ())]

    @property
    def rows(self) -> int:
        """All rows, each once."""
        return sum(n for key, n in self.counts.items() if key.partition(".")[0] not in ("noted", "wait"))


def apart(foreseen: Tally, become: Tally) -> dict[str, int]:
    """By how much what became differs from what was foreseen, by key; what was put off may have been asked since."""
    keys = {key for key in (*foreseen.counts, *become.counts) if key.partition(".")[0] in ("skip", "known", "refused")}
    found = {key: become[key] - foreseen[key] for key in keys}
    found["ask"] = become["ask"] + become["later"] - foreseen["ask"] - foreseen["later"]
    return {key: number for key, number in sorted(found.items()) if number}
