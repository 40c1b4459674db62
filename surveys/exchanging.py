"""A survey as one JSON file that leaves this house, and such a file from a stranger on its way in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from surveys.asking import MOST_FLAWS, brief
from surveys.question import Document
from surveys.validating import Flaw, check, clean

FORMAT: Final = 1
"""Of the file; a later one may say more."""
KIND: Final = "survey"
LARGEST: Final = 2 * 1024 * 1024
"""Bytes of a file."""
NAME_LIMIT: Final = 120

_KNOWN: Final = frozenset({"afterword", "kind", "name", "document", "logo"})


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a file holds. `logo` is the picture itself, as text, for files are to be whole; None without one."""

    name: str
    document: dict[str, Any]
    logo: str | None = None


def pack(parcel: Parcel) -> bytes:
    """The file: the same survey always makes the same bytes, so that files can be compared and kept in a repository."""
    content = {"afterword": FORMAT, "kind": KIND, "name": one_line(parcel.name), "document": portable(parcel.document)}
    content["logo"] = parcel.logo
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def portable(document: Document) -> dict[str, Any]:
    """A draft or a published version as it means the same elsewhere.

    The words frozen by publishing stay behind, for the texts say what the designer wrote; so does the id of a logo,
    which names nothing in another workspace.
    """
    carried = {key: value for key, value in document.items() if key != "frozen"}
    look = {key: value for key, value in (carried.pop("look", None) or {}).items() if key != "logo"}
    carried |= {"look": look} if look else {}
    found, _ = check(carried, strict=False)
    return dict(found) if found is not None else carried


def unpack(data: bytes) -> tuple[Parcel | None, list[Flaw]]:
    """The survey in a file from anywhere, or everything wrong with it, each with its place in the file."""
    if len(data) > LARGEST:
        return None, [Flaw("", "too_large", {"limit": LARGEST // 1024**2})]
    try:
        raw = from_json(data.removeprefix(b"\xef\xbb\xbf"), allow_inf_nan=False)
    except ValueError as error:  # no JSON, a broken surrogate, bottomless nesting
        return None, [Flaw("", "not_json", {"reason": brief(str(error), 120)})]
    return opened(raw)


def opened(raw: object) -> tuple[Parcel | None, list[Flaw]]:
    """The same for what the file says."""
    if not isinstance(raw, Mapping):
        return None, [Flaw("", "not_a_survey")]
    if raw.get("afterword") != FORMAT or raw.get("kind") != KIND or isinstance(raw["afterword"], bool):
        return None, [Flaw("afterword" if raw.get("kind") == KIND else "kind", "not_a_survey")]
    flaws = [Flaw(brief(key, 60), "unknown_key") for key in raw if key not in _KNOWN]
    name = _name(raw.get("name"), flaws)
    if raw.get("logo") is not None:
        flaws.append(Flaw("logo", "not_a_logo"))
    document = accepted(raw.get("document"), flaws)
    if flaws or document is None:
        return None, flaws[:MOST_FLAWS]
    return Parcel(name, document), []


def accepted(raw: object, flaws: list[Flaw]) -> dict[str, Any] | None:
    """The document under the key `document`, if it can be asked as it is; its flaws are added to `flaws`."""
    found, wrong = check(raw)
    flaws += [Flaw(f"document.{flaw.path}".rstrip("."), flaw.code, flaw.values) for flaw in wrong]
    if found is not None and "logo" in found.get("look", {}):
        flaws.append(Flaw("document.look.logo", "not_a_logo"))
    return dict(found) if found is not None else None


def one_line(name: str) -> str:
    """A name without line ends, doubled blanks and what cannot be shown."""
    return " ".join(clean(name).split())


def _name(raw: object, flaws: list[Flaw]) -> str:
    name = one_line(raw) if isinstance(raw, str) else ""
    if not isinstance(raw, str):
        flaws.append(Flaw("name", "not_a_text"))
    elif not name:
        flaws.append(Flaw("name", "no_text"))
    elif len(name) > NAME_LIMIT:
        flaws.append(Flaw("name", "too_long", {"limit": NAME_LIMIT, "count": len(name)}))
    return name
