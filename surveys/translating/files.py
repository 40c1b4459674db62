"""The two kinds of file that translations travel in, behind one pair of doors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from surveys.translating import parsing, tables, xliff
from surveys.translating.judging import Unit
from surveys.translating.rows import Row, rows
from surveys.wording import Document

Kind = Literal["csv", "xliff"]
MEDIA_TYPES = {"csv": tables.MEDIA_TYPE, "xliff": xliff.MEDIA_TYPE}
ENDINGS = {"csv": "csv", "xliff": "xlf"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a file is to hold: from which language into which ones (CSV holds the first), and for whom it is named."""

    source: str
    targets: Sequence[str]
    original: str
    mark: bool = True


def write(document: Document, kind: Kind, wish: Wish, place: Callable[[Row], str]) -> bytes:
    """The texts of a survey as a file."""
    if kind == "csv":
        target = wish.targets[0]
        return tables.table(rows(document, wish.source, target), (wish.source, target), place, mark=wish.mark)
    found = [(target, rows(document, wish.source, target)) for target in wish.targets]
    return xliff.write(found, wish.source, wish.original, place)


def read(data: bytes, original: str, locale: str, kind: Kind | None = None) -> tuple[list[Unit], str]:
    """The units of a file and the language it was translated from; without a kind, as the file itself begins."""
    begins = data[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    kind = kind or ("xliff" if begins.startswith(b"<") else "csv")
    return parsing.read(data, original) if kind == "xliff" else tables.read(data, locale)


def name_of(workspace: str, survey: str) -> str:
    """How a file says which survey it is about, by the slugs of both."""
    return f"{workspace}/{survey}"
