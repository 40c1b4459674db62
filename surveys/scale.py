"""The scale of each metric: which values may be chosen and which band each value falls in."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

Band = Literal["detractor", "passive", "promoter"]


@dataclass(frozen=True)
class Scale:
    """A row of whole numbers from `low` to `high`, both included, cut into three bands.

    Values up to `detractor_max` are detractors, values from `promoter_min` are promoters, those between are passives.
    """

    key: str
    low: int
    high: int
    detractor_max: int
    promoter_min: int

    @cached_property
    def values(self) -> tuple[int, ...]:
        """Every value a respondent may choose, lowest first."""
        return tuple(range(self.low, self.high + 1))

    def band(self, score: int) -> Band:
        """The band of a score on this scale. Raises ValueError for a score that is not on it."""
        if not self.low <= score <= self.high:
            raise ValueError(f"{score} is not on the {self.key} scale {self.low}–{self.high}")
        if score <= self.detractor_max:
            return "detractor"
        return "promoter" if score >= self.promoter_min else "passive"


SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "nps": Scale("nps", 0, 10, detractor_max=6, promoter_min=9),
        "csat": Scale("csat", 1, 5, detractor_max=2, promoter_min=4),
        "ces": Scale("ces", 1, 7, detractor_max=3, promoter_min=5),
    }
)
