"""Whether an interaction is asked about at all: conditions on what happened, and a share of what is left."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final, Literal

from surveys.branching import Reader, met
from surveys.merging import Person
from surveys.question import Condition, Show

Refusal = Literal["condition", "sample"]
TAGS: Final = "tags"
"""A property that may hold several words, as a list or with commas between them."""


def refusal(
    person: Person, *, show: Show | None, sample: int, survey_id: uuid.UUID, about: tuple[str, str]
) -> Refusal | None:
    """Why this interaction is not asked about; None when it is. `sample` is the per cent of interactions that are.

    The same interaction always falls on the same side of the sample, so that taking a table in twice asks nobody more.
    """
    if show is not None and not holds(show, person):
        return "condition"
    return None if drawn(survey_id, about, sample) else "sample"


def holds(show: Show, person: Person) -> bool:
    """Whether the conditions hold for what happened to this person."""
    each = [_met(condition, person) for condition in show.conditions]
    return all(each) if show.match == "all" else any(each)


def belongs(show: Show, person: Person, locale: str | None, happened: Sequence[Person]) -> bool:
    """Whether conditions hold for a person at all. One on an interaction holds if any that `happened` meets it."""
    each = [_fits(condition, person, locale, happened) for condition in show.conditions]
    return all(each) if show.match == "all" else any(each)


def _fits(condition: Condition, person: Person, locale: str | None, happened: Sequence[Person]) -> bool:
    if condition.about == "interaction":
        plain = replace(condition, negated=False)
        return any(_met(plain, one) for one in happened) != condition.negated
    return met(condition, {}, Reader("nps", locale or "", person))


def drawn(survey_id: uuid.UUID, about: tuple[str, str], sample: int) -> bool:
    """Whether an interaction belongs to the `sample` per cent that a survey asks about.

    `about`: its source and its name there, which are known before it is taken in, so that a forecast can draw too.
    """
    if sample >= 100:
        return True
    name = "\0".join(about).encode("utf-8", "replace")
    number = int.from_bytes(sha256(survey_id.bytes + name).digest()[:8], "big")
    return number % 100 < sample


def _met(condition: Condition, person: Person) -> bool:
    if condition.about == "interaction" and condition.name == TAGS:
        wanted = {value.casefold() for value in condition.values}
        return (not wanted.isdisjoint(_tags(person.interaction))) != condition.negated
    return met(condition, {}, Reader("nps", "", person))


def _tags(facts: Mapping[str, Any]) -> set[str]:
    raw = facts.get(TAGS) or ()
    words = raw.split(",") if isinstance(raw, str) else raw if isinstance(raw, list | tuple) else [raw]
    return {str(word).strip().casefold() for word in words}
