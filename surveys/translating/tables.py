"""Translations as a table: one row a text, as every spreadsheet opens it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from surveys.decoding import recognise
from surveys.delimiting import Dialect, Record, read_records
from surveys.translating.judging import LARGEST, Unit, UnreadableError
from surveys.translating.rows import Row

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
_HEADER: Final = re.compile(r"(key|place|source|target)(?:\s*\(([A-Za-z0-9-]{2,40})\))?", re.IGNORECASE)
_UNICODE: Final = frozenset({"utf-8", "utf-8-sig", "utf-16"})

# Spreadsheets run what begins so; an apostrophe in front makes it text. One that was there already gets another, so
# that taking one away always gives back what was.
_RISKY: Final = re.compile(r"'*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
_GUARDED: Final = re.compile(r"'+[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")


def table(found: Iterable[Row], locales: tuple[str, str], place: Callable[[Row], str], *, mark: bool = True) -> bytes:
    """The rows as CSV in UTF-8, from the first of `locales` to the second; `mark` is the BOM that Excel needs."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    source, target = locales
    writer.writerow(["key", "place", f"source ({source})", f"target ({target})"])
    for row in found:
        writer.writerow([row.key, *map(guarded, (place(row), row.source, row.shown))])
    return (codecs.BOM_UTF8 if mark else b"") + text.getvalue().encode()


def read(data: bytes, locale: str) -> tuple[list[Unit], str]:
    """The rows of such a file, perhaps saved by a spreadsheet in its own way, and the language it was translated from.

    `locale` is what the file is in, unless it says so itself.
    """
    text = _text(data)
    header, columns, dialect = _shape(text)
    tags = {name: tag for name, tag in map(_column, header) if name}
    records = read_records(io.StringIO(text, newline=""), dialect)
    next(records, None)
    return list(_units(records, columns, tags.get("target") or locale)), tags.get("source", "")


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _RISKY.match(text) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` made such a cell of."""
    return cell[1:] if _GUARDED.match(cell) else cell


def _text(data: bytes) -> str:
    if len(data) > LARGEST:
        raise UnreadableError("too_large")
    found = recognise(data)
    if found.problem == "empty":
        raise UnreadableError("empty")
    if found.encoding not in _UNICODE:
        raise UnreadableError("encoding")
    return data.decode(found.encoding)


def _shape(text: str) -> tuple[Sequence[str], dict[str, int], Dialect]:
    """The header, which column is where, and how cells are cut: as the header makes sense."""
    lines = iter(io.StringIO(text, newline=""))
    first = next(lines, "").lstrip("\ufeff")
    announced = re.fullmatch(r'"?sep=(.)"?\s*', first, re.IGNORECASE)
    header = next(lines, "") if announced else first
    for delimiter in announced[1] if announced else ",;\t":
        cells = next(csv.reader([header], delimiter=delimiter), [])
        columns = {name: index for index, cell in enumerate(cells) if (name := _column(cell)[0])}
        if {"key", "target"} <= columns.keys():
            return cells, columns, Dialect(delimiter, announced=bool(announced))
    raise UnreadableError("columns")


def _column(cell: str) -> tuple[str, str]:
    """Which column a header names, and the language that it names beside it."""
    found = _HEADER.fullmatch(cell.strip())
    return (found[1].lower(), found[2] or "") if found else ("", "")


def _units(records: Iterable[Record], columns: dict[str, int], locale: str) -> Iterator[Unit]:
    for record in records:
        if record.broken:
            yield Unit(locale, str(record.number), wrong="quotes")
            continue
        key, source, target = (_cell(record.cells, columns.get(name)) for name in ("key", "source", "target"))
        yield Unit(locale, unguarded(key).strip()[:200], unguarded(target), unguarded(source))


def _cell(cells: Sequence[str], index: int | None) -> str:
    return cells[index] if index is not None and index < len(cells) else ""
