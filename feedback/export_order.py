from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Order:
    """What one file is made of and where it goes."""

    kind: str
    survey_id: uuid.UUID | None
    wanted: dict[str, Any]
    people: bool
    way: str

    @property
    def told(self) -> dict[str, Any]:
        """The same as a row keeps it."""
        return asdict(self) | {"survey_id": self.survey_id.hex if self.survey_id else None}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Order:
        """The inverse of `told`."""
        return cls(**told | {"survey_id": uuid.UUID(told["survey_id"]) if told["survey_id"] else None})
