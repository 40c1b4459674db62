"""A comment as its parts: sentences, and what stands before and after a "but"."""

from __future__ import annotations

import re
from typing import Final

MOST: Final = 64
"""Parts of one comment that are read."""
_LONGEST: Final = 400
"""Characters of a part: a text without any full stop is cut at a space."""

# fmt: off
_BUT = (
    "but", "however", "although", "though", "yet",  # English
    "ampak", "vendar", "toda", "čeprav", "ceprav",  # Slovenian
    "ale", "jednak", "lecz", "natomiast", "choć", "chociaż", "chociaz",  # Polish, Czech, Slovak
    "avšak", "nicméně", "zato", "bohužel",
    "αλλά", "αλλα", "όμως", "ομως", "ωστόσο", "ωστοσο", "μα", "ενώ", "alla", "omos",  # Greek
    "но", "однако", "зато", "хотя", "али", "међутим",  # Russian, Serbian
    "ali", "međutim", "medjutim", "iako",  # Croatian, Serbian
    "aber", "jedoch", "allerdings", "obwohl",  # German
    "mais", "pourtant", "cependant", "toutefois",  # French
    "pero", "aunque", "però", "tuttavia", "mas", "porém", "porem", "contudo",  # Spanish, Italian, Portuguese
    "maar", "echter", "hoewel",  # Dutch
)
# fmt: on
_END = re.compile(
    rf"(?<=[.!?…;。])[\"')\]»”]*\s+|\n+|\\n|[\"',:–—-]*\s+(?=(?:{'|'.join(_BUT)})\b)|\s+[–—]\s+", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]")
_SIGN = re.compile(r"[.!?…;。\n\\–—]\s*\S")
_BUTS: Final = frozenset(_BUT)


def parts_of(comment: str) -> list[tuple[int, int]]:
    """Where each part begins and ends; one for a comment of one part."""
    if len(comment) <= _LONGEST and not _SIGN.search(comment) and _BUTS.isdisjoint(comment.lower().split()):
        return [(0, len(comment))]
    found: list[tuple[int, int]] = []
    begin = 0
    for gap in _END.finditer(comment):
        _add(found, comment, begin, gap.start())
        begin = gap.end()
        if len(found) >= MOST:
            return found[:MOST]
    _add(found, comment, begin, len(comment))
    return found[:MOST] or [(0, len(comment))]


def _add(found: list[tuple[int, int]], comment: str, begin: int, end: int) -> None:
    if begin >= end:
        return
    # Signs alone belong to the part before them.
    if found and end - begin < _LONGEST and not _WORD.search(comment, begin, end):
        found[-1] = (found[-1][0], end)
        return
    while end - begin > _LONGEST:
        cut = comment.rfind(" ", begin + 1, begin + _LONGEST)
        cut = cut if cut > begin else begin + _LONGEST
        found.append((begin, cut))
        begin = cut
    found.append((begin, end))
