"""The shape of a delimited table: its delimiter, header row and records, numbered as a spreadsheet numbers them."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TextIO

TableProblem = Literal["empty", "only_header", "no_header", "undecodable", "wide"]

DELIMITERS = (",", ";", "\t", "|")
_LINE_LIMIT = 1 << 20  # characters; a longer line is no table, and reading it whole would not be constant memory
_SAMPLE_LINES = 200
WIDEST = 500
"""Columns: more are no table that a person could map."""
_LINES_A_RECORD = 500  # an open quote swallows no more: whole files made of them would be read line times line


@dataclass(frozen=True)
class Dialect:
    """`delimiter` between cells; `announced` when the file's first line is Excel's `sep=;`, which is no row."""

    delimiter: str = ","
    announced: bool = False


@dataclass(frozen=True)
class Layout:
    """What the beginning of a table shows: `headers` as written (trimmed), the names used twice, the first records."""

    dialect: Dialect
    headers: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    sample: tuple[tuple[str, ...], ...] = ()
    problem: TableProblem | None = None


@dataclass(frozen=True)
class Record:
    """One row: its number in a spreadsheet (the header is 1), its cells; `broken` when its quotes make no sense."""

    number: int
    cells: tuple[str, ...] = ()
    broken: Literal["quotes", "undecodable"] | None = None


def look(stream: TextIO, *, sample: int = 20) -> Layout:
    """Read the beginning of `stream` (newlines untranslated) and say what the table looks like. Never raises."""
    try:
        lines = list(islice(_lines(stream), _SAMPLE_LINES))
    except UnicodeDecodeError:
        return Layout(Dialect(), problem="undecodable")
    dialect = _dialect(lines)
    records = _records(iter(lines), dialect)
    header = next((record for record in records if record.cells), None)
    if header is None:
        return Layout(dialect, problem="empty")
    headers = tuple(cell.strip() for cell in header.cells)
    found = tuple(record.cells for record in islice(records, sample) if record.cells)
    if len(headers) > WIDEST:
        return Layout(dialect, headers[:WIDEST], problem="wide")
    twice = tuple(dict.fromkeys(name for name in headers if name and headers.count(name) > 1))
    # A table whose first row already holds an address has no names to map by.
    problem: TableProblem | None = "no_header" if any("@" in name and "." in name for name in headers) else None
    if problem is None and not found and next(records, None) is None:
        problem = "only_header"
    return Layout(dialect, headers, twice, found, problem)


def read_records(stream: TextIO, dialect: Dialect) -> Iterator[Record]:
    """Every row that is not blank, header first, lazily; a broken row is told and the rows after it still read."""
    return _records(_lines(stream), dialect)


def _lines(stream: TextIO) -> Iterator[str]:
    while line := stream.readline(_LINE_LIMIT):
        yield line


def _dialect(lines: list[str]) -> Dialect:
    first = lines[0].lstrip("\ufeff").strip().strip('"') if lines else ""
    if first.lower().startswith("sep=") and len(first) <= 5:
        return Dialect(first[4:] or "\t", announced=True)
    return Dialect(max(DELIMITERS, key=lambda delimiter: _regularity(lines, delimiter)))


def _regularity(lines: list[str], delimiter: str) -> float:
    """How table-like the lines are when cut at `delimiter`: the share of rows as wide as the header, then the width."""
    reader = csv.reader(lines, delimiter=delimiter)
    widths = []
    try:
        widths = [len(cells) for cells in islice(reader, 50) if cells]
    except csv.Error:
        return 0.0
    if not widths or widths[0] < 2:
        return 0.0
    alike = sum(width == widths[0] for width in widths) / len(widths)
    return alike + min(widths[0], 50) / 100


class _Replay:
    """Lines that can be handed out again: a quote left open swallows what follows, and those rows are not lost."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_Replay":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _LINES_A_RECORD:
            raise csv.Error("a quote was left open")
        line = self._again.popleft() if self._again else next(self._source)
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))


def _records(source: Iterator[str], dialect: Dialect) -> Iterator[Record]:
    if dialect.announced:
        next(source, None)
    lines = _Replay(source)
    # Strict, because otherwise one open quote silently turns the rest of the file into a single cell.
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    number = 0
    while True:
        number += 1
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            lines.give_back_all_but_first()
            yield Record(number, broken="quotes")
            reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
            continue
        except UnicodeDecodeError:
            yield Record(number, broken="undecodable")
            return
        if any(cell.strip() for cell in cells):
            yield Record(number, tuple(cells))
