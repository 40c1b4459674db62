"""A list of addresses as people have them: a CSV of any shape with addresses in one column, or an address a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TextIO

from surveys.delimiting import Layout, Record, read_records
from surveys.mapping import guess
from surveys.normalising import UnfitError, email_address

Problem = Literal["missing", "email", "quotes", "undecodable"]

_BLANKS = " \t\r\n\u00a0\ufeff'\";,"
_NAMED = re.compile(r"[^<>]*<\s*([^<>]+?)\s*>")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One row: its number as a spreadsheet shows it, and the address, or what is wrong with the value there."""

    number: int
    address: str | None
    problem: Problem | None = None
    value: str = ""


def column_of(layout: Layout) -> int:
    """Which column holds the addresses."""
    named = guess(layout.headers, layout.sample).fields.get("email")
    if named is not None:
        return named
    rows = (layout.headers, *layout.sample)
    return next((index for row in rows for index, cell in enumerate(row) if "@" in cell), 0)


def read_addresses(stream: TextIO, layout: Layout) -> Iterator[Found]:
    """Each row that is not blank, lazily. A first row without an address is taken for the names of the columns."""
    column = column_of(layout)
    for place, record in enumerate(read_records(stream, layout.dialect)):
        if place == 0 and record.broken is None and "@" not in _cell(record, column):
            continue
        yield _found(record, column)


def _found(record: Record, column: int) -> Found:
    if record.broken is not None:
        return Found(record.number, None, record.broken)
    value = _cell(record, column)
    if not value:
        return Found(record.number, None, "missing")
    try:
        return Found(record.number, email_address(value))
    except UnfitError:
        return Found(record.number, None, "email", value[:_SHOWN])


def _cell(record: Record, column: int) -> str:
    cell = record.cells[column].strip(_BLANKS) if column < len(record.cells) else ""
    named = _NAMED.fullmatch(cell)
    return (named[1] if named else cell).removeprefix("mailto:").strip(_BLANKS)
