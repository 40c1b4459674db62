"""Which topics grew, and not only by chance.

A digest looks at a dozen topics every morning: one in twenty of them would seem to grow on any day. So the difference
must exceed what chance would make of any of those that are looked at (Bonferroni), not of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feedback.metric import ENOUGH, simultaneous
from feedback.sharing import Share, shift

FEWEST = 5
"""Comments that must speak of a topic before anybody is told that it grew."""


@dataclass(frozen=True)
class Said:
    """Of `n` comments that were read, how many speak of each topic, and how many of those rather badly."""

    n: int
    spoken: Mapping[str, tuple[int, int]]

    def __add__(self, other: Said) -> Said:
        both = dict.fromkeys((*self.spoken, *other.spoken), (0, 0))
        for part in (self.spoken, other.spoken):
            both |= {theme: (both[theme][0] + spoken, both[theme][1] + bad) for theme, (spoken, bad) in part.items()}
        return Said(self.n + other.n, both)


NOTHING = Said(0, {})


@dataclass(frozen=True)
class Growth:
    """A topic that grew: of how many comments it was spoken, and rather badly; the same of the stretch before."""

    theme: str
    spoken: int
    bad: int
    n: int
    before: int
    n_before: int

    @property
    def delta(self) -> float:
        """By how many percent points its share grew."""
        return 100 * (self.spoken / self.n - self.before / self.n_before)


def grown(now: Said, before: Said, themes: Mapping[str, bool]) -> list[Growth]:
    """Those of `themes` that are looked at (True) and clearly grew, most grown first.

    The difference of two shares by Newcombe's method 10 (Statistics in Medicine 17, 1998) with as many looks as topics,
    and with limits that hold in such tails: few comments beside many made Wilson's find four times too much.
    Nothing grew where either side has too few comments to say anything.
    """
    if min(now.n, before.n) < ENOUGH:
        return []
    looked = [theme for theme, on in themes.items() if on]
    z = simultaneous(len(looked))
    found = []
    for theme in looked:
        spoken, bad = now.spoken.get(theme, (0, 0))
        earlier, _ = before.spoken.get(theme, (0, 0))
        one = Growth(theme, spoken, bad, now.n, earlier, before.n)
        moved = shift(Share(spoken, now.n), Share(earlier, before.n), z=z, exact=True)
        if spoken >= FEWEST and moved.kind == "up":
            found.append(one)
    return sorted(found, key=lambda one: (-one.delta, one.theme))
