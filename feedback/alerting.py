"""When an alert speaks: whether one answer meets its conditions, and whether a score has clearly dropped.

Nothing here knows the database or the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from feedback import metric
from feedback.metric import Score
from feedback.patterning import Patterns, parts_of
from feedback.searching import words_of
from surveys.folding import folded
from surveys.scale import SCALES, Band

CLEAR = 3.1
"""The normal quantile that a drop must exceed; see `drop`."""
LEAST = 30
"""Answers that either side of the comparison must have, unless the rule wants more."""
FEWEST = 20
"""With fewer, the intervals are no longer true enough so far out in the tail."""
FALSE_ALARMS = 0.5
"""How many false alarms a year a score that never changes causes at most, for each survey, looked at every day."""

Outcome = Literal["dropped", "recovered", "steady"]
Counts = Mapping[int, int]


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What an answer must be like. What is None does not narrow; all that is said must hold."""

    band: Band | None = None
    below: float | None = None
    """Polarity, −1 to 1; a comment that nobody could read meets no such condition."""
    words: tuple[str, ...] = ()
    """Any of these in the comment, looked for as the words of own topics are."""
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    language: str | None = None
    property_name: str | None = None
    property_value: str | None = None

    @property
    def segments(self) -> dict[str, str]:
        """The facets that narrow, by name."""
        named = {name: getattr(self, name) for name in ("agent", "team", "channel", "language")}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of an answer."""

    metric: str
    score: int
    comment: str | None = None
    polarity: float | None = None
    language: str | None = None
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fall:
    """A score and the one that it is compared with, both with their usual intervals."""

    now: Score
    before: Score


def matches(wanted: Conditions, facts: Facts) -> bool:
    """Whether an answer meets all conditions."""
    if wanted.band is not None and SCALES[facts.metric].band(facts.score) != wanted.band:
        return False
    if wanted.below is not None and (facts.polarity is None or facts.polarity >= wanted.below):
        return False
    if wanted.words and not speaks_of(facts.comment or "", wanted.words):
        return False
    if not all(in_segment(name, getattr(facts, name), value) for name, value in wanted.segments.items()):
        return False
    return wanted.property_name is None or _has(facts.properties, wanted.property_name, wanted.property_value or "")


def speaks_of(comment: str, wanted: tuple[str, ...]) -> bool:
    """Whether any of the words, beginnings (`refund*`) or phrases stands in the comment."""
    return bool(Patterns([parts_of(wanted)]).spoken(words_of(comment)))


def in_segment(name: str, value: str | None, wanted: str) -> bool:
    """Whether a value of a facet is the wanted one, however it is capitalised; sl-SI is Slovenian."""
    if value is None:
        return False
    known, asked = folded(value).strip(), folded(wanted).strip()
    return known == asked or (name == "language" and known.startswith(f"{asked}-"))


def _has(properties: Mapping[str, Any], name: str, value: str) -> bool:
    found = next((known for key, known in properties.items() if folded(key) == folded(name)), None)
    return found is not None and folded(str(found)).strip() == folded(value).strip()


@dataclass(frozen=True)
class Told:
    """A drop that was told and has not recovered since; `past` when `now` holds no answer of its period any more."""

    fall: Fall
    past: bool


def drop(of: str, now: Counts, before: Counts, told: Told | None, *, least: int = LEAST) -> tuple[Outcome, Fall | None]:
    """What a look at a score says, and the comparison to tell when it dropped.

    `now` and `before` are the counts of two periods of the same length, one after the other. A look is made every day.

    **Method.** The difference of two scores is compared with its combined margin √(m₁² + m₂²), where each m is the side
    of a score's interval that faces the other one (Newcombe, Statistics in Medicine 17, 1998, method 10; Zou and
    Donner, Statistics in Medicine 27, 2008), as in `metric.change`, but by limits that hold so far out in the tails
    (`limiting`): of thirty answers beside three hundred, Wilson's would find a drop five times too often. The interval
    is that of z = 3.1 (99.8 %) instead of 95 %, because the question is asked every day: a
    score that never changes is found lower by chance with probability 0.00097 a look, hence in 365 · 0.00097 = 0.35
    looks a year. That needs no assumption on how the looks hang together, for expectations add up whatever the
    dependence (Boole's inequality). Both sides must have `least` answers. FALSE_ALARMS leaves room for the intervals
    being approximations; a test simulates it.

    **No flapping.** After a drop was told nothing is said until the score has *recovered*: the period that was told is
    past, and the score is back within the 95 % interval of the period before the drop, or clearly (95 %) above what was
    told. A *further* drop is told when the score is clearly (z = 3.1) below what was told. Each look thus makes one
    comparison that can speak, so the bound above holds.
    """
    shown, earlier = metric.score(of, now), metric.score(of, before)
    if shown.n < least:
        return "steady", None
    if told is None:
        found = earlier.n >= least and _clearly_lower(of, now, before)
        return ("dropped", Fall(shown, earlier)) if found else ("steady", None)
    if told.past and _recovered(shown, told.fall):
        return "recovered", None
    if _clearly_below(of, now, told.fall.now):
        return "dropped", Fall(shown, told.fall.now)
    return "steady", None


def _clearly_lower(of: str, now: Counts, before: Counts) -> bool:
    return metric.change(*(metric.score(of, one, z=CLEAR, exact=True) for one in (now, before))).kind == "down"


def _clearly_below(of: str, now: Counts, then: Score) -> bool:
    """The same against a score of which only the bands are known; that is all that an interval needs."""
    scale = SCALES[of]
    again = {values[0]: n for band, n in then.bands.items() if (values := scale.in_band(band))}
    return _clearly_lower(of, now, again)


def _recovered(now: Score, told: Fall) -> bool:
    assert now.value is not None
    back = told.before.low is not None and now.value >= told.before.low
    return back or metric.change(now, told.now).kind == "up"
