"""A workbook for Excel and its like, written row by row to a temporary file beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import xlsxwriter

from feedback.exporting.columns import MOMENTS
from feedback.exporting.writing import Row, harmless, plain

MOST_ROWS: Final = 1_048_575
"""Of a sheet, below its head. What comes after them goes to the next sheet."""
CELL: Final = 32_767
"""Characters that a cell can hold."""


class XlsxWriter:
    """Sheets with a head that stays in view; times are times of UTC, texts are never formulas or links."""

    def __init__(self, path: str, columns: Sequence[str]) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(path, {**options, "strings_to_numbers": False, "remove_timezone": True})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._head = self._book.add_format({"bold": True})
        self._columns = columns
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(f"Responses {self._sheets}" if self._sheets > 1 else "Responses")
        self._sheet.freeze_panes(1, 0)
        for column, name in enumerate(self._columns):
            width = 60 if name == "comment" else 20 if name in MOMENTS else 14
            self._sheet.set_column(column, column, width)
        for column, name in enumerate(self._columns):
            self._sheet.write_string(0, column, harmless(name), self._head)
        self._row = 0

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if self._row == MOST_ROWS:
                self._begin()
            self._row += 1
            for column, name in enumerate(self._columns):
                self._cell(column, row.get(name))

    def _cell(self, column: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, datetime):
            self._sheet.write_datetime(self._row, column, value, self._moment)
            return
        shown = plain(value)
        if isinstance(shown, bool):
            self._sheet.write_boolean(self._row, column, shown)
        elif isinstance(shown, int | float):
            self._sheet.write_number(self._row, column, shown)
        elif shown is not None:
            self._sheet.write_string(self._row, column, shown[:CELL])

    def close(self) -> None:
        self._book.close()
