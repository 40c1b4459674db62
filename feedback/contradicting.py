"""Whether a score and the comment beside it say opposite things."""

from __future__ import annotations

from typing import Final

from surveys.scale import Band

_STRONG: Final = 0.5
"""Polarity from which a comment counts as clearly good or clearly bad."""
_SURE: Final = 0.6
"""How often a label of its kind must prove right."""


def contradicts(band: Band, label: str | None, polarity: float | None, confidence: float | None) -> bool:
    """A promoter who is angry, or a detractor who is delighted: one of the two was a slip, or there is a story."""
    if polarity is None or (confidence is not None and confidence < _SURE):
        return False
    angry = label == "negative" and polarity <= -_STRONG
    delighted = label == "positive" and polarity >= _STRONG
    return (band == "promoter" and angry) or (band == "detractor" and delighted)
