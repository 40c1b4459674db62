"""A workbook for Excel and its like: the library makes it with heads alone, and rows go below them, straight into the
file.

Cell by cell the library took four fifths of the time of an export, and held all rows in files beside it, twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

from feedback.exporting.columns import MOMENTS
from feedback.exporting.writing import Row, harmless, plain

MOST_ROWS: Final = 1_048_575
"""Of a sheet, below its head. What comes after them goes to the next sheet."""
MOST_BYTES: Final = 2_000_000_000
"""The same of what its rows are written as: beyond, files are of a kind that not every program opens."""
AT_ONCE: Final = 100
"""Rows that are pressed together: of four hundred columns, a batch would be as large as all else."""
CELL: Final = 32_767
"""Characters that a cell can hold, as UTF-16 counts them."""

_QUICK: Final = 1
"""How hard the file is pressed. The library's 6 makes it a fifth smaller, and takes several times as long."""
_FIRST_DAY: Final = datetime(1899, 12, 31).toordinal() - 1  # noqa: DTZ001 - a day
"""What the numbers of days are counted from, once there is the 29th of February 1900 that never was."""
_SPECIMEN: Final = re.compile('<row r="2".*? s="([0-9]+)".*?</row>')
_DIMENSION: Final = re.compile("<dimension [^>]*/>")
_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class XlsxWriter:
    """Sheets with a head that stays in view; times are times of UTC, texts are never formulas or links."""

    def __init__(self, path: str, columns: Sequence[str]) -> None:
        self._columns = columns
        self._letters = [(name, _letters(place)) for place, name in enumerate(columns)]
        self._zip = ZipFile(path, "w", ZIP_DEFLATED, compresslevel=_QUICK)  # closed by `close`
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        self._sheets += 1
        name = f"xl/worksheets/sheet{self._sheets}.xml"
        frame = _frame(self._columns, self._sheets)[name].decode()
        specimen = _SPECIMEN.search(frame)
        assert specimen, "the library writes rows otherwise than before"
        self._moment = specimen[1]
        self._sheet, self._row, self._bytes = self._zip.open(name, "w"), 1, 0
        # How many rows there will be is not known yet, and a wrong number would be believed.
        self._sheet.write(_DIMENSION.sub("", frame[: specimen.start()]).encode())
        self._end = frame[specimen.end() :].encode()

    def add(self, rows: Iterable[Row]) -> None:
        written: list[str] = []
        for row in rows:
            if self._row > MOST_ROWS or self._bytes > MOST_BYTES:
                self._flush(written)
                self._finish()
                self._begin()
            self._row += 1
            written.append(self._told(row))
            if len(written) == AT_ONCE:
                self._flush(written)
        self._flush(written)

    def _flush(self, written: list[str]) -> None:
        raw = "".join(written).encode()
        self._sheet.write(raw)
        self._bytes += len(raw)
        written.clear()

    def _told(self, row: Row) -> str:
        number, get = str(self._row), row.get
        told = [f'<row r="{number}">']
        for name, letters in self._letters:
            value = get(name)
            if type(value) is str:
                told.append(f'<c r="{letters}{number}" t="inlineStr"><is>{_text(value)}</is></c>')
            elif value is not None:
                told.append(f'<c r="{letters}{number}"{self._other(value)}</c>')
        if value is None:  # so that all rows end where the head ends
            told.append(f'<c r="{letters}{number}"/>')
        told.append("</row>")
        return "".join(told)

    def _other(self, value: Any) -> str:
        """The rest of a cell of anything but text, behind its place."""
        if type(value) is int:
            return f"><v>{value}</v>"
        if isinstance(value, datetime):
            return f' s="{self._moment}"><v>{_day(value):.16G}</v>'
        shown = plain(value)
        if isinstance(shown, bool):
            return f' t="b"><v>{shown:d}</v>'
        if isinstance(shown, int | float):
            return f"><v>{shown:.16G}</v>"
        return f' t="inlineStr"><is>{_text(shown, safe=True)}</is>' if shown else ">"

    def _finish(self) -> None:
        self._sheet.write(self._end)
        self._sheet.close()

    def close(self) -> None:
        self._finish()
        for name, raw in _frame(self._columns, self._sheets).items():
            if not name.startswith("xl/worksheets/"):
                self._zip.writestr(name, raw)
        self._zip.close()


def _frame(columns: Sequence[str], sheets: int) -> Mapping[str, bytes]:
    """The parts of a workbook of so many sheets, each with its head and below it one specimen of a moment."""
    held = BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        moment, bold = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}), book.add_format({"bold": True})
        for number in range(1, sheets + 1):
            sheet = book.add_worksheet(f"Responses {number}" if number > 1 else "Responses")
            sheet.freeze_panes(1, 0)
            for column, name in enumerate(columns):
                width = 60 if name == "comment" else 20 if name in MOMENTS else 14
                sheet.set_column(column, column, width)
                sheet.write_string(0, column, harmless(name), bold)
            sheet.write_number(1, 0, 0, moment)
    with ZipFile(held) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def _letters(place: int) -> str:
    """The name of a column: A … Z, AA …"""
    more, last = divmod(place, 26)
    return (_letters(more - 1) if more else "") + chr(ord("A") + last)


def _day(value: datetime) -> float:
    """A moment as days since the first one."""
    seconds = 3600 * value.hour + 60 * value.minute + value.second
    return value.toordinal() - _FIRST_DAY + (seconds + value.microsecond / 1e6) / 86_400


def _text(value: str, *, safe: bool = False) -> str:
    """A text as the element of a cell; `safe`: it is known to be no formula."""
    if value.isalnum() and len(value) < CELL // 2:  # the shortest way for most, of thirty million
        return f"<t>{value}</t>"
    shown = value if safe or (value[:1].isalnum() and value.isprintable()) else harmless(value)
    if 2 * len(shown) > CELL:
        shown = shown.encode("utf-16-le")[: 2 * CELL].decode("utf-16-le", "ignore")
    if "_x" in shown:  # by which such files tell characters that XML cannot
        shown = _ESCAPE.sub("_x005F_", shown)
    if "&" in shown or "<" in shown or ">" in shown:
        shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "\r" in shown:
        shown = shown.replace("\r", "_x000D_")
    space = ' xml:space="preserve"' if shown != shown.strip() else ""
    return f"<t{space}>{shown}</t>"
