"""Whether there is anything in a comment to read."""

from __future__ import annotations

import re
from typing import Final

_LETTERS = re.compile(r"[^\W\d_]")
_FACE = re.compile(
    "[\U0001f300-\U0001f3fa\U0001f400-\U0001faff\u2600-\u27bf\u2b50\u2b55\u203c\u2049]|<3|[:;=8xX]['\\-]?[)(\\]\\[DdPp|/\\\\]"
)
_LINK = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
# fmt: off
_NOTHING: Final = frozenset({
    "n/a", "na", "n.a", "n.a.", "n-a", "n.v.t", "n.v.t.", "nvt", "n/d", "nd", "n.d.", "s/o", "k.a.", "ka",
    "b/d", "bd", "b.d.", "bz", "b.z.",
    "б/н", "н/д", "δ/α", "δ.α.", "δα", "asdf", "asd", "qwerty", "null", "undefined", "nan", "br",
})
# fmt: on


def says_something(comment: str) -> bool:
    """Whether it has at least one word or face; not digits, signs, links, "n/a" or one character over and over."""
    if _FACE.search(comment):
        return True
    if len(comment) > 40 and "://" not in comment and "@" not in comment:
        letters = set(_LETTERS.findall(comment[:400]))
    else:
        bare = _LINK.sub(" ", comment[:2_000]).strip().casefold()
        if bare in _NOTHING:
            return False
        letters = set(_LETTERS.findall(bare[:400]))
    return len(letters) > 1
