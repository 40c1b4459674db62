"""Two opinions of a comment, and whom to believe: one learnt from survey comments, one from reviews and other texts.

A comment that reads like a survey comment is judged by what was learnt from those; a film review by the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

COLUMNS: Final = 5
"""Of the table: negative and positive against neutral by each of the two, and likeness to a survey comment."""


def weight_of(likeness: np.ndarray, gate: Mapping[str, float]) -> np.ndarray:
    """How far the opinion learnt from survey comments is believed, 0…1."""
    raised: np.ndarray = 0.5 + 0.5 * np.tanh((0.5 * gate["slope"]) * (likeness + gate["shift"]))
    return raised


def shares_of(weight: np.ndarray, gate: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """By what each opinion is multiplied."""
    warm = weight * gate["warm_home"] + (1 - weight) * gate["warm_abroad"]
    home = (weight + gate["home_abroad"] * (1 - weight)) * warm
    abroad = (gate["abroad_home"] * weight + gate["abroad"] * (1 - weight)) * warm
    return home, abroad


def blended(scaled: np.ndarray, likeness: np.ndarray, gate: Mapping[str, float]) -> np.ndarray:
    """Logits of negative, neutral and positive."""
    home, abroad = shares_of(weight_of(likeness, gate), gate)
    logits = np.zeros((len(scaled), 3))
    logits[:, 0] = scaled[:, 0] * home + scaled[:, 2] * abroad
    logits[:, 2] = scaled[:, 1] * home + scaled[:, 3] * abroad
    return logits
