"""A score by quarters of a number: of a quarter of the answers each, from the lowest values to the highest.

Answers with one value stay together: a value lies in the quarter that the middle of its answers falls into, so that
quarters are as even as ties allow, and there may be fewer than four.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from feedback.metric import Change, Score, Z, change, score, simultaneous

NUMBER = re.compile(r"-?(?=\.?[0-9])[0-9]*\.?[0-9]*")
LONGEST = 30


@dataclass(frozen=True, slots=True)
class Quarter:
    """The answers whose number is from `least` to `most`, both included."""

    least: float
    most: float
    score: Score


@dataclass(frozen=True, slots=True)
class Quarters:
    """All of one number, the lowest first. `without` answers have no such number."""

    parts: tuple[Quarter, ...]
    n: int
    without: int
    worth: Change | None
    """How much better the lowest quarter is than the highest, as surely as all such comparisons of a page ask for; None
    where there are not two quarters, or one of these has too few answers.
    """


def number_in(text: str) -> float | None:
    """The number that a text is: a sign, digits and one point, and nothing else."""
    digits = text.removeprefix("-")
    return float(text) if len(digits) <= LONGEST and NUMBER.fullmatch(text) else None


def quarters(metric: str, counts: Mapping[str | None, Mapping[int, int]], *, comparisons: int = 1) -> Quarters:
    """The quarters of counts by text; `comparisons` are the numbers that are looked at together."""
    by_number: dict[float, Counter[int]] = {}
    without = 0
    for text, of in counts.items():
        number = None if text is None else number_in(text)
        if number is None:
            without += sum(of.values())
        else:
            by_number.setdefault(number, Counter()).update(of)
    n, before, held = sum(of.total() for of in by_number.values()), 0, dict[int, list[float]]()
    for number in sorted(by_number):
        size = by_number[number].total()
        held.setdefault(min(3, (8 * before + 4 * size) // (2 * n)), []).append(number)
        before += size
    sums = [(numbers, sum((by_number[one] for one in numbers), Counter[int]())) for numbers in held.values()]
    parts = tuple(Quarter(numbers[0], numbers[-1], score(metric, of)) for numbers, of in sums)
    return Quarters(parts, n, without, _worth(metric, [of for _, of in sums], comparisons))


def _worth(metric: str, sums: list[Counter[int]], comparisons: int) -> Change | None:
    if len(sums) < 2:
        return None
    z = simultaneous(comparisons)
    lowest, highest = score(metric, sums[0], z=z, exact=z > Z), score(metric, sums[-1], z=z, exact=z > Z)
    return None if lowest.too_few or highest.too_few else change(lowest, highest)
