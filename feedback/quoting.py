"""The words of a mail apart from the mail that it answers, which mail programs repeat below them."""

from __future__ import annotations

import re

_BEGINS = re.compile(
    r"""^(
        >.*                                             # the quoted lines themselves
      | -{2,}\ ?(original|forwarded|ursprüngliche|izvirno|oryginalna|исходное).*
      | _{10,}
      | (on|am|le|dne|w\ dniu|στις|el|il|op)\b.{6,200}(:|wrote|schrieb|a\ écrit|napisal.?|napisał.*|έγραψε|написал.*)
      | (from|von|od|de|από|от):\ .+@.+
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
MOST_LINES = 2_000


def split(text: str) -> tuple[str, str]:
    """Own words, and the rest from where an earlier mail is repeated. Nothing is lost: who writes below a quote is
    seen in the rest, and a mail that begins with a quote is all own words.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    for number, line in enumerate(lines[:MOST_LINES]):
        if _BEGINS.match(line.strip()):
            own = "\n".join(lines[:number]).strip()
            if own:
                return own, "\n".join(lines[number:]).strip()
    return "\n".join(lines), ""
