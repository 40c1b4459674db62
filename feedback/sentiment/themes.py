"""What comments speak of: thirteen themes, each on the side of one SERVQUAL dimension."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

DIMENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "speed": "responsiveness",
        "courtesy": "empathy",
        "competence": "assurance",
        "resolution": "reliability",
        "effort": "responsiveness",
        "communication": "assurance",
        "delivery": "reliability",
        "price": "tangibles",
        "product": "tangibles",
        "digital": "tangibles",
        "returns": "responsiveness",
        "availability": "empathy",
        "reliability": "reliability",
    }
)
"""Theme to dimension (Parasuraman, Zeithaml, Berry 1988: convenient hours and personal attention are empathy)."""

THEMES: Final = tuple(DIMENSIONS)
_WORD = re.compile(r"\w+")


def with_words(
    found: Iterable[tuple[str, float]], comment: str, polarity: float | None, words: Mapping[str, Sequence[str]]
) -> list[tuple[str, float]]:
    """The themes found, and those that a workspace's own words name; these have the whole comment's polarity."""
    themes = dict(found)
    plain = f" {' '.join(_WORD.findall(_plain(comment)))}"
    for theme, own in words.items():
        if theme not in themes and any(f" {' '.join(_WORD.findall(_plain(word)))}" in plain for word in own if word):
            themes[theme] = polarity or 0.0
    return list(themes.items())


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
