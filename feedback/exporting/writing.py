"""Files of lines: CSV by RFC 4180, and JSON, one object a line. Both take rows as they come and keep none."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TextIO

Row = Mapping[str, Any]
"""Column → value: text, number, truth, moment (aware), a list of words, or an object; None is empty."""

_FORMULA: Final = re.compile(r"^[\s\0]*[=+\-@\t\r]")
"""What a spreadsheet might run."""
_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Writer(Protocol):
    """A file that grows row by row."""

    def add(self, rows: Iterable[Row]) -> None: ...

    def close(self) -> None: ...


def plain(value: Any) -> str | int | float | bool | None:
    """A value as one cell: moments by ISO 8601 in UTC, lists with commas, objects as JSON; never a formula."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list | tuple):
        return harmless(", ".join(map(str, value)))
    if isinstance(value, Mapping):
        told = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str) if value else None
        return told and _ODD.sub("\N{REPLACEMENT CHARACTER}", told)
    return harmless(str(value))


def harmless(text: str) -> str:
    """The text with a mark in front where a spreadsheet would take it for a formula; without what no file can hold."""
    shown = _ODD.sub("\N{REPLACEMENT CHARACTER}", text)
    return f"'{shown}" if _FORMULA.match(text) else shown


def moment(value: datetime) -> str:
    """A moment by ISO 8601, to the second."""
    return f"{value.isoformat(timespec='seconds')[:19]}Z"


class CsvWriter:
    """CSV with commas and CRLF; truths are `true` and `false`."""

    def __init__(self, path: str, columns: Sequence[str], *, mark: bool = False) -> None:
        self._file = _opened(path, "utf-8-sig" if mark else "utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._columns = columns
        self._writer.writerow([harmless(name) for name in columns])

    def add(self, rows: Iterable[Row]) -> None:
        names = self._columns
        self._writer.writerows([_cell(get(name)) for name in names] for get in (row.get for row in rows))

    def close(self) -> None:
        self._file.close()


class JsonLinesWriter:
    """One JSON object a line, UTF-8; lists and objects stay what they are."""

    def __init__(self, path: str, columns: Sequence[str]) -> None:
        self._file = _opened(path, "utf-8", newline="\n")
        self._columns = columns

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            told = {name: _natural(row.get(name)) for name in self._columns}
            self._file.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        self._file.close()


def _opened(path: str, encoding: str, *, newline: str) -> TextIO:
    return Path(path).open("w", encoding=encoding, newline=newline)  # the writer closes it


def _cell(value: Any) -> str | int | float | None:
    kind = type(value)
    if kind is str:  # the shortest way for most: a million rows have thirty million cells
        return value if value[:1].isalnum() and value.isprintable() else harmless(value)
    if value is None or kind is int or kind is float:
        return value  # type: ignore[no-any-return]
    if kind is datetime:
        return moment(value)
    shown = plain(value)
    return ("true" if shown else "false") if isinstance(shown, bool) else shown


def _natural(value: Any) -> Any:
    if type(value) is str:
        return value if value.isprintable() else _ODD.sub("\N{REPLACEMENT CHARACTER}", value)
    return moment(value) if isinstance(value, datetime) else value
