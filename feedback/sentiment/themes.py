"""What comments speak of: thirteen themes, each on the side of one SERVQUAL dimension."""

from __future__ import annotations

from collections.abc import Mapping
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
