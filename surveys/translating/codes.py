"""What a translator must carry over unchanged: placeholders like `{company}` and merge fields."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from surveys.merging import FIELD, is_field

_BRACES: Final = re.compile(r"\{\{|\}\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: words, or a code. A merge field with a fallback is a code, words, and the code's end.

    `name` says which code it is, however its spaces are written; the end of a pair has the name of its beginning.
    """

    kind: str
    """words, code, open or close"""
    text: str
    name: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The text cut at its codes; joined again it is the same."""
    at = 0
    for found in FIELD.finditer(text):
        name, fallback, placeholder = found.groups()
        if not placeholder and not is_field(name):
            continue  # nobody replaces it: it is only words
        if found.start() > at:
            yield Piece("words", text[at : found.start()])
        at = found.end()
        if placeholder or fallback is None:
            yield Piece("code", found[0], _called(found))
            continue
        bar = found[0].index("|") + 1
        yield Piece("open", found[0][:bar], _called(found))
        if fallback:
            yield Piece("words", fallback)
        yield Piece("close", "}}", _called(found))
    if at < len(text):
        yield Piece("words", text[at:])


def names(text: str) -> Counter[str]:
    """Every code of a text, by its name, and how often it is there."""
    return Counter(piece.name for piece in pieces(text) if piece.kind in {"code", "open"})


def lost(text: str, source: str) -> list[str]:
    """Codes of the source that the text has not."""
    return sorted(names(source).keys() - names(text).keys())


def invented(text: str, *known: str) -> list[str]:
    """Codes that none of the known texts has."""
    return sorted(names(text).keys() - {name for one in known for name in names(one)})


def broken(text: str, source: str) -> bool:
    """Whether braces stand in the text that make no merge field, where the source has none of the kind."""
    return _strays(text) > _strays(source)


def _strays(text: str) -> int:
    words = "\0".join(piece.text for piece in pieces(text) if piece.kind == "words")
    return len(_BRACES.findall(words))


def _called(found: re.Match[str]) -> str:
    name, _, placeholder = found.groups()
    return f"{{{placeholder}}}" if placeholder else f"{{{{ {name} }}}}"
