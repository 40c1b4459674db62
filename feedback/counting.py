"""What one response counts as, written on its own row, and what that adds to the numbers of its day.

A response's *face* is everything of it that numbers are made of: its score, whether it came beside the invitations,
what its comment is and says. The database computes it from the row (`FACE`), so that whatever changes a row changes its
face, and a row whose face is another than the one it was counted with (`counted_as`) is still to be counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal, NamedTuple

Cut = Literal["all", "agent", "team", "channel", "language", "theme"]
"""By what answers are counted apart. "all" has one value."""

CUTS: Final[tuple[Cut, ...]] = ("all", "agent", "team", "channel", "language", "theme")
NAMED: Final[tuple[Cut, ...]] = ("agent", "team", "channel")
"""Those of names that come from the interaction."""
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
"""How far those came who were asked on a day, whenever their answers came. Of languages the last two only."""
STEPS: Final = (1, 2, 4)
"""What an invitation says of the first three, as bits of one number."""

_STEPPED: Final = tuple(
    tuple(place for place, bit in enumerate(STEPS) if steps & bit) for steps in range(2 ** len(STEPS))
)
_ANSWERED: Final = (REACH.index("answered"),)
_COMMENTED: Final = (*_ANSWERED, REACH.index("commented"))

Names = tuple[str | None, str | None, str | None]
"""Agent, team, channel."""
Key = tuple[Cut, str]
"""A cut, and a value as roll-ups key it."""
Cell = tuple[Key, tuple[int, ...]]
"""Where something counts, and the places of the numbers that it adds to."""
Numbers = list[int]
"""One number for each of `MEASURES`, or of `REACH`."""
Cells = dict[Key, Numbers]
EVERY: Final[Key] = ("all", "")


class Fact(NamedTuple):
    """One response as it counts, `weight` times (−1 takes away what it counted as before)."""

    at: datetime
    version: int
    names: Names
    face: str
    weight: int = 1
    asked: datetime | None = None
    """When its invitation was made, if it has one: then it counts in the reach of that day."""


def heard(themes: Iterable[tuple[str, float]], *, side: float) -> str | None:
    """Themes and how they are spoken of, as the row keeps them for its face: "delivery- price+"."""
    said = [f"{theme}{'-' if tone <= -side else '+' if tone >= side else '='}" for theme, tone in sorted(themes)]
    return " ".join(said) or None


def cells(fact: Fact) -> tuple[Cell, ...]:
    """What a response counts in on its day."""
    if not fact.face:
        return ()
    (agent, team, channel), (own, told, _) = _keys(fact.names), _read(fact.face)
    return (*told, (agent, own), (team, own), (channel, own))


def unnamed(face: str) -> tuple[Cell, ...]:
    """The same without its agent, team and channel."""
    return _read(face)[1]


def reached(fact: Fact) -> tuple[Cell, ...]:
    """What a response adds to the reach of the day on which its invitation was made."""
    if not fact.face or fact.asked is None:
        return ()
    (agent, team, channel), told = _keys(fact.names), _read(fact.face)[2]
    places = told[0][1]
    return (*told, (agent, places), (team, places), (channel, places))


@lru_cache(maxsize=16_384)
def stepped(names: Names, steps: int) -> tuple[Cell, ...]:
    """What an invitation about an interaction of these adds to the reach of its day."""
    places = _STEPPED[steps]
    return tuple((key, places) for key in (EVERY, *_keys(names)) if places)


@lru_cache(maxsize=16_384)
def _keys(names: Names) -> tuple[Key, Key, Key]:
    agent, team, channel = map(named, names)
    return ("agent", agent), ("team", team), ("channel", channel)


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
def _read(face: str) -> tuple[tuple[int, ...], tuple[Cell, ...], tuple[Cell, ...]]:
    """The places of the measures, what it counts in on its day, and on that of its invitation, both without names."""
    score, way, kind, spoken, *themes = face.split(" ")
    own = (int(score), *(_PLACE[word] for word in (kind, way) if word in _PLACE))
    language: Key = ("language", named(None if spoken == "?" else spoken))
    of_themes: list[Cell] = [(("theme", named(theme[:-1])), (own[0], *_SIDES[theme[-1]])) for theme in themes]
    reach = _ANSWERED if kind == "none" else _COMMENTED
    return own, ((EVERY, own), (language, own), *of_themes), ((EVERY, reach), (language, reach))
