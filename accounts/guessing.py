"""Whether an attacker would guess a password among the first tens of thousands.

The list beside this file joins the common passwords shipped with Django 5.2 (BSD-3-Clause, after Royce Williams)
and with zxcvbn (MIT): those of six characters or more, in lower case, sorted.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

SHORTEST = 12
LONGEST = 256


@cache
def _common() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").splitlines())


def easily_guessed(password: str, *personal: str) -> bool:
    """Whether `password` is common, a common one with digits or signs around it, a short piece repeated,
    or nothing but one of the `personal` words (address, name, company) with the like.
    """
    plain = password.casefold().strip()
    stem = plain.strip("0123456789 !?.,;:-_*+#@$%&/()='\"")
    words = {word.casefold().strip() for word in personal if word.strip()}
    words |= {word.partition("@")[0] for word in words}
    return (
        len(set(plain)) < 5
        or plain in _common()
        or (len(stem) >= 6 and stem in _common())
        or _repeated(plain)
        or plain in words
        or (len(stem) >= 4 and stem in words)
    )


def _repeated(text: str) -> bool:
    """Whether `text` is one piece of at most eight characters again and again: abcabcabcabc, qwertyqwerty."""
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, min(8, len(text) // 2) + 1))
