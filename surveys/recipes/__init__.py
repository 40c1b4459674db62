"""Recipes: what a source of a certain kind sends, as data. One JSON file each, with a call as it was recorded.

Nothing here is a rule of its own: a recipe fills in what a person could choose on the mapping page.
"""

import json
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

KINDS = ("liveagent", "zendesk", "freshdesk", "zammad", "chatwoot", "helpscout", "shopify", "generic")
"""In the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A recorded call. `found`: what was looked up about it, for those who are asked back."""

    body: bytes
    content_type: str
    query: str = ""
    found: Map[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """`scheme` and `header` say how its calls are signed, if they can be; `lookup` names the fields that may hold the
    id to ask the helpdesk's API about, if it is asked.
    """

    kind: str
    product: str
    mapping: Map[str, Any]
    sample: Sample
    scheme: str | None = None
    header: str | None = None
    lookup: tuple[str, ...] = field(default=())


@lru_cache(maxsize=len(KINDS))
def recipe(kind: str) -> Recipe:
    """The recipe of this kind; KeyError for one that we do not have."""
    if kind not in KINDS:
        raise KeyError(kind)
    written = json.loads((Path(__file__).parent / f"{kind}.json").read_text(encoding="utf-8"))
    signature = written.get("signature") or {}
    return Recipe(
        kind=kind,
        product=written["product"],
        mapping=written["mapping"],
        sample=_sample(written["sample"]),
        scheme=signature.get("scheme"),
        header=signature.get("header"),
        lookup=tuple(written.get("lookup", ())),
    )


def _sample(written: Map[str, Any]) -> Sample:
    kind, body = written["content_type"], written["body"]
    text = urlencode(body) if kind.startswith("application/x-www-form") else json.dumps(body, indent=2)
    return Sample(text.encode(), kind, written.get("query", ""), written.get("found"))
