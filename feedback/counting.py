"""What one response counts as, written on its own row, and what that adds to the numbers of its day.

A response's *face* is everything of it that numbers are made of: its score, whether it came beside the invitations,
what its comment is and says. The database computes it from the row (`FACE`), so that whatever changes a row changes its
face, and a row whose face is another than the one it was counted with (`counted_as`) is still to be counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

Cut = Literal["all", "agent", "team", "channel", "language", "theme"]
"""By what answers are counted apart. "all" has one value."""

CUTS: Final[tuple[Cut, ...]] = ("all", "agent", "team", "channel", "language", "theme")
MANY: Final[tuple[Cut, ...]] = ("agent", "team", "channel", "language")
"""Those with so many values that of a whole interval only their scores are read."""
FEW: Final[tuple[Cut, ...]] = ("all", "theme")
"""The others, of which everything is."""

FACE: Final = (
    "CASE WHEN flagged_at IS NOT NULL AND released_at IS NULL THEN '' ELSE CAST(score AS VARCHAR(3))"
    " || CASE WHEN invitation_id IS NULL THEN ' beside ' ELSE ' asked ' END"
    " || CASE WHEN comment IS NULL THEN 'none ' || locale ELSE"
    " COALESCE(sentiment_label, CASE WHEN read_at IS NULL THEN 'unread' ELSE 'unscored' END)"
    " || ' ' || COALESCE(language, '?')"
    " || CASE WHEN read_at IS NULL OR heard IS NULL THEN '' ELSE ' ' || heard END END END"
)
"""As both databases say it. Empty while a response is set aside: then it counts as nothing."""

PENDING: Final = "(counted_as IS NULL OR counted_as <> " + FACE + ")"
"""Whether a response is still to be counted, or counted anew. The index of these is what a page adds to roll-ups."""

KINDS: Final = ("positive", "neutral", "negative", "mixed", "unscored", "unread")
"""What a comment can be: its label, read without one, or not read yet."""

SCORES: Final = tuple(f"score_{value}" for value in range(11))
MEASURES: Final = (*SCORES, *KINDS, "beside")
"""The columns of a roll-up. In the cut by theme, positive and negative count how it is rather spoken of there."""

_PLACE: Final[Mapping[str, int]] = {name: place for place, name in enumerate(MEASURES)}
_SIDES: Final[Mapping[str, tuple[int, ...]]] = {"+": (_PLACE["positive"],), "-": (_PLACE["negative"],), "=": ()}

REACH: Final = ("asked", "sent", "clicked", "answered", "commented")
"""How far those asked came."""
STEPS: Final = (1, 2, 4)
"""What an invitation says of the first three, as bits of one number."""

_STEPPED: Final = tuple(
    tuple(place for place, bit in enumerate(STEPS) if steps & bit) for steps in range(2 ** len(STEPS))
)

Numbers = list[int]
"""One number for each of `MEASURES`, or of `REACH`."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One response as it counts, `weight` times (−1 takes away what it counted as before)."""

    at: datetime
    version: int
    names: tuple[str | None, str | None, str | None]
    """Agent, team, channel."""
    face: str
    weight: int = 1
    asked: datetime | None = None
    """When its invitation was made, if it has one: then it counts in the reach of that day."""


def heard(themes: Iterable[tuple[str, float]], *, side: float) -> str | None:
    """Themes and how they are spoken of, as the row keeps them for its face: "delivery- price+"."""
    said = [f"{theme}{'-' if tone <= -side else '+' if tone >= side else '='}" for theme, tone in sorted(themes)]
    return " ".join(said) or None


def cells(fact: Fact) -> Iterator[tuple[Cut, str, tuple[int, ...]]]:
    """Each cut and value that a response counts in, and the places of the measures it adds to."""
    if not fact.face:
        return
    language, own, themes = _read(fact.face)
    yield "all", "", own
    for cut, name in zip(("agent", "team", "channel"), fact.names, strict=True):
        yield cut, named(name), own  # type: ignore[misc] # three of the cuts
    yield "language", named(language), own
    for theme, places in themes:
        yield "theme", named(theme), places


def reached(fact: Fact) -> tuple[int, ...]:
    """The places of `REACH` that an answer adds to."""
    if not fact.face or fact.asked is None:
        return ()
    commented = fact.face.split(" ", 3)[2] != "none"
    return (REACH.index("answered"), REACH.index("commented")) if commented else (REACH.index("answered"),)


def stepped(steps: int) -> tuple[int, ...]:
    """The places of `REACH` that an invitation adds to."""
    return _STEPPED[steps]


def add(into: Numbers, places: Iterable[int], weight: int) -> None:
    for place in places:
        into[place] += weight


def named(value: str | None) -> str:
    """A value as roll-ups key it: not even an empty name is taken for none."""
    return "" if value is None else f"={value}"


def value_of(key: str) -> str | None:
    """The value that `named` made a key of."""
    return key[1:] if key else None


def scores_of(numbers: Sequence[int]) -> dict[int, int]:
    """How often each score was given, of those that were."""
    return {score: n for score, n in enumerate(numbers[: len(SCORES)]) if n}


def kinds_of(numbers: Sequence[int]) -> dict[str, int]:
    """How many comments are of each kind, of those that are."""
    return {kind: numbers[_PLACE[kind]] for kind in KINDS if numbers[_PLACE[kind]]}


def beside(numbers: Sequence[int]) -> int:
    """How many answers came to no invitation that is known."""
    return numbers[_PLACE["beside"]]


def spoken_of(numbers: Sequence[int]) -> tuple[int, int, int]:
    """Of a theme: in how many comments, in how many of them rather badly and rather well."""
    return sum(numbers[: len(SCORES)]), numbers[_PLACE["negative"]], numbers[_PLACE["positive"]]


def score_of(face: str) -> int:
    """The score that a face says."""
    return int(face.partition(" ")[0])


@lru_cache(maxsize=65_536)
def _read(face: str) -> tuple[str | None, tuple[int, ...], tuple[tuple[str, tuple[int, ...]], ...]]:
    """The language, the places of the measures, and each theme with its own."""
    score, way, kind, language, *themes = face.split(" ")
    own = [int(score)]
    if kind in _PLACE:
        own.append(_PLACE[kind])
    if way == "beside":
        own.append(_PLACE["beside"])
    spoken = tuple((theme[:-1], (int(score), *_SIDES[theme[-1]])) for theme in themes)
    return (None if language == "?" else language), tuple(own), spoken
