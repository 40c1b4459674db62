from __future__ import annotations

import re


def any_of(*phrases: str, before: str = "", after: str = "", lines: bool = False) -> re.Pattern[str]:
    """A pattern that finds any of these, in capitals or not; `lines`: ^ is the beginning of each line."""
    flags = re.IGNORECASE | (re.MULTILINE if lines else 0)
    return re.compile(f"{before}(?:{'|'.join(phrases)}){after}", flags)
