"""What a new survey can be made of: a ready-made survey, a metric alone, or a template of the workspace."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from surveys.library import TEMPLATES
from surveys.question import Document
from surveys.scale import SCALES
from surveys.wording import LOCALES


@dataclass(frozen=True, slots=True)
class Origin:
    """`key` names it in addresses; `kept` is the document of a template of the workspace."""

    key: str
    metric: str
    options: tuple[str, ...] = ()
    kept: Document | None = None

    @property
    def mains(self) -> tuple[str, ...]:
        """Languages that can be the main one: what somebody wrote has words in its own languages only."""
        return tuple(self.kept["locales"]) if self.kept is not None else LOCALES

    @property
    def languages(self) -> tuple[str, ...]:
        """All languages that can be on."""
        return (*LOCALES, *(tag for tag in self.mains if tag not in LOCALES))

    def document(self, locales: tuple[str, ...], *, chosen: tuple[str, ...] = ()) -> dict[str, Any]:
        """The first draft in these languages, the first being the main one."""
        if self.kept is not None:
            return copy.deepcopy(dict(self.kept)) | {"default_locale": locales[0], "locales": list(locales)}
        if self.key in TEMPLATES:
            return TEMPLATES[self.key].document(locales, chosen=chosen)
        return {"metric": self.metric, "default_locale": locales[0], "locales": list(locales), "texts": {}}


def origin(key: str) -> Origin | None:
    """The ready-made survey or the metric of this name; None when there is neither."""
    if key in TEMPLATES:
        return Origin(key, TEMPLATES[key].metric, TEMPLATES[key].options)
    return Origin(key, key) if key in SCALES else None
