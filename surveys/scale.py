"""Every metric in one table: its scale, its bands, how it is shown, and which formula makes its score."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

Band = Literal["detractor", "passive", "promoter"]
Look = Literal["numbers", "words", "stars", "smileys", "thumbs"]
Method = Literal["nps-adjusted-wald", "csat-wilson", "ces-wilson"]


@dataclass(frozen=True)
class Scale:
    """A row of whole numbers from `low` to `high`, both included, cut into three bands.

    Values up to `detractor_max` are detractors, values from `promoter_min` are promoters, those between are passives.
    `look` is how a respondent sees the values; `method` names the formula of `feedback.metric`.
    """

    key: str
    low: int
    high: int
    detractor_max: int
    promoter_min: int
    method: Method = "csat-wilson"
    look: Look = "numbers"

    @cached_property
    def values(self) -> tuple[int, ...]:
        """Every value a respondent may choose, lowest first."""
        return tuple(range(self.low, self.high + 1))

    @cached_property
    def bands(self) -> Mapping[int, Band]:
        """The band of each value."""
        return {value: self.band(value) for value in self.values}

    def band(self, score: int) -> Band:
        """The band of a score on this scale. Raises ValueError for a score that is not on it."""
        if not self.low <= score <= self.high:
            raise ValueError(f"{score} is not on the {self.key} scale {self.low}–{self.high}")
        if score <= self.detractor_max:
            return "detractor"
        return "promoter" if score >= self.promoter_min else "passive"

    def in_band(self, band: Band) -> tuple[int, ...]:
        """The values of a band, lowest first; none where the scale has no such band."""
        return tuple(value for value in self.values if self.band(value) == band)


_ALL = (
    Scale("nps", 0, 10, detractor_max=6, promoter_min=9, method="nps-adjusted-wald"),
    Scale("csat", 1, 5, detractor_max=2, promoter_min=4),
    Scale("csat3", 1, 3, detractor_max=1, promoter_min=3, look="words"),
    Scale("ces", 1, 7, detractor_max=3, promoter_min=5, method="ces-wilson"),
    Scale("ces5", 1, 5, detractor_max=2, promoter_min=4, method="ces-wilson"),
    Scale("stars", 1, 5, detractor_max=2, promoter_min=4, look="stars"),
    Scale("smileys", 1, 5, detractor_max=2, promoter_min=4, look="smileys"),
    Scale("thumbs", 0, 1, detractor_max=0, promoter_min=1, look="thumbs"),
)
SCALES: Mapping[str, Scale] = MappingProxyType({scale.key: scale for scale in _ALL})
