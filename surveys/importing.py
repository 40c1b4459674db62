"""A table of interactions, row by row: checked, brought into one form, nothing lost and nothing guessed in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Literal, TextIO

from surveys.delimiting import Dialect, Record, read_records
from surveys.mapping import REQUIRED, Mapping
from surveys.normalising import UnfitError, email_address, locale_tag, moment, zone_name

Problem = Literal[
    "missing",  # a required cell is empty
    "email",  # not an address
    "foreign",  # an address with letters before the @ that mail servers do not carry
    "several",  # two addresses in one cell
    "locale",  # no such language; the row is taken without it
    "zone",  # no such time zone; the row is taken without it
    "moment",  # not a date, or the month comes first
    "future",  # a date after tomorrow
    "too_long",  # longer than LIMITS
    "nul",  # holds a NUL byte
    "columns",  # more cells than headers
    "quotes",  # a quote that is not closed, or text behind a closed one
    "undecodable",  # the file is not in the encoding that was chosen; nothing after it can be read
]

LIMITS = {"email": 254, "external_id": 200, "name": 200, "agent": 120, "team": 120, "channel": 60}
PROPERTY_LIMIT = 1_000
_SPARED = ("locale", "zone")  # fields without which somebody can still be asked, in the survey's language and our zone
_SHOWN = 200  # characters of a wrong value that are kept to be shown
_BLANKS = " \t\r\n\u00a0\ufeff"


@dataclass(frozen=True)
class Row:
    """A good row. `occurred_at` is UTC or None; `repeated` when an earlier row of the file has its external id.

    `notes`: cells that nobody could read and that the row can do without.
    """

    number: int
    email: str
    external_id: str
    name: str | None = None
    locale: str | None = None
    zone: str | None = None
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    occurred_at: datetime | None = None
    properties: dict[str, str] = field(default_factory=dict)
    repeated: bool = False
    notes: tuple[RowError, ...] = ()


@dataclass(frozen=True)
class RowError:
    """What is wrong: row as a spreadsheet numbers it, column by its header, `key` of the message, the value (short)."""

    number: int
    column: str
    key: Problem
    value: str


@dataclass
class Summary:
    """Counts of rows (not of errors: a row with three is one bad row) and the first errors to show."""

    good: int = 0
    repeated: int = 0
    bad: int = 0
    errors: list[RowError] = field(default_factory=list)
    _last_bad: int = 0

    def count(self, item: Row | RowError, *, keep: int = 100) -> None:
        """Add one item of `read_rows`, in its order; at most `keep` errors are kept."""
        if isinstance(item, Row):
            self.repeated += item.repeated
            self.good += not item.repeated
            return
        self.bad += item.number != self._last_bad
        self._last_bad = item.number
        if len(self.errors) < keep:
            self.errors.append(item)


def summarise(items: Iterable[Row | RowError]) -> Summary:
    """Good, repeated and bad rows of a whole table."""
    summary = Summary()
    for item in items:
        summary.count(item)
    return summary


def preview(items: Iterable[Row | RowError], rows: int = 10) -> list[Row | RowError]:
    """The items of the first `rows` rows, good or bad."""
    shown: list[Row | RowError] = []
    numbers: set[int] = set()
    for item in items:
        numbers.add(item.number)
        if len(numbers) > rows:
            break
        shown.append(item)
    return shown


def read_rows(
    stream: TextIO, dialect: Dialect, *, mapping: Mapping, zone: tzinfo, now: datetime
) -> Iterator[Row | RowError]:
    """Each row of the table below its header, lazily: a Row, or one RowError for each thing wrong with it.

    `stream` is strict text with newlines untranslated (`decoding.open_text`); `zone` dates the moments written without
    one; `now` (aware) bounds the future. Cells like "=1+1" stay the text they are. Needs `mapping.missing` to be empty.
    Memory does not grow with the table, but for eight bytes and a set's place for each external id.
    """
    if mapping.missing:
        raise ValueError(f"no column gives {', '.join(mapping.missing)}")
    reader: _Reader | None = None
    for record in read_records(stream, dialect):
        if reader:
            yield from reader.read(record)
        elif record.broken:
            yield RowError(record.number, "", record.broken, "")
        else:
            reader = _Reader(record.cells, mapping, zone, now)


class _Reader:
    """The checks of one table: its headers, its mapping, and the external ids seen so far."""

    def __init__(self, headers: Sequence[str], mapping: Mapping, zone: tzinfo, now: datetime) -> None:
        self._headers = headers
        self._mapping = mapping
        self._zone = zone
        self._now = now
        self._seen: set[int] = set()  # hashes: a million ids in a tenth of the room; a clash is one in 10^7 tables

    def read(self, record: Record) -> Iterator[Row | RowError]:
        if record.broken:
            yield RowError(record.number, "", record.broken, "")
            return
        errors = list(self._shape_errors(record))
        values = {name: self._cell(record, index) for name, index in self._mapping.fields.items()}
        good: dict[str, str | datetime] = {}
        notes: list[RowError] = []
        for name, value in values.items():
            try:
                if value or name in REQUIRED:
                    good[name] = self._checked(name, value)
            except UnfitError as error:
                wrong = self._error(record, self._mapping.fields[name], error.key)
                (notes if name in _SPARED else errors).append(wrong)
        properties = {name: self._cell(record, index) for name, index in self._mapping.properties.items()}
        errors += [
            self._error(record, self._mapping.properties[name], "too_long")
            for name, value in properties.items()
            if len(value) > PROPERTY_LIMIT
        ]
        if errors:
            yield from errors + notes
            return
        kept = {name: value for name, value in properties.items() if value}
        repeated = self._repeats(str(good["external_id"]))
        yield Row(record.number, **good, properties=kept, repeated=repeated, notes=tuple(notes))  # type: ignore[arg-type] # each checked by name

    def _shape_errors(self, record: Record) -> Iterator[RowError]:
        width = len(self._headers)
        extra = next((cell for cell in record.cells[width:] if cell.strip()), None)
        if extra is not None:
            yield RowError(record.number, "", "columns", extra[:_SHOWN])
        for index, cell in enumerate(record.cells[:width]):
            if "\0" in cell:
                yield self._error(record, index, "nul")

    def _checked(self, name: str, value: str) -> str | datetime:
        if not value:
            raise UnfitError("missing")
        if name == "occurred_at":
            return moment(value, zone=self._zone, now=self._now)
        if name == "locale":
            return locale_tag(value)
        if name == "zone":
            return zone_name(value)
        if len(value) > LIMITS[name]:
            raise UnfitError("too_long")
        if name == "email":
            return email_address(value)
        # One line each: these end up in mail headers and lists.
        return " ".join(value.split())

    def _cell(self, record: Record, index: int) -> str:
        return record.cells[index].strip(_BLANKS) if index < len(record.cells) else ""

    def _error(self, record: Record, index: int, key: str) -> RowError:
        column = self._headers[index].strip() if index < len(self._headers) else ""
        return RowError(record.number, column, key, self._cell(record, index)[:_SHOWN])  # type: ignore[arg-type] # keys of UnfitError are Problems

    def _repeats(self, external_id: str) -> bool:
        before = len(self._seen)
        self._seen.add(hash(external_id))
        return len(self._seen) == before
