"""Addresses made from names: Latin letters, digits and hyphens, whatever the name is written in."""

from __future__ import annotations

import re
import unicodedata


def _sounds(letters: str, written: str) -> dict[str, str]:
    """Each of `letters` with its part of `written`, separated by single spaces; a part may be empty."""
    return dict(zip(letters, written.split(" "), strict=True))


_RUSSIAN = _sounds(
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya"
)
_GREEK = _sounds("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o")
_LATIN = {"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i", "þ": "th"}
_LETTERS = str.maketrans(_RUSSIAN | _GREEK | _LATIN)


def slug_of(name: str, *, longest: int = 40) -> str:
    """`name` as a part of an address; "workspace" when nothing of it can be written so."""
    # Letters with marks come apart (č → c + ˇ) only after those that have a sound of their own (й, ё) were written.
    written = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS)).translate(_LETTERS)
    plain = written.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-") or "workspace"
