"""Parquet, for those who calculate with it. Needs the library pyarrow, which is not part of the installation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from feedback.exporting.columns import MOMENTS, NUMBERS, TRUTHS
from feedback.exporting.writing import Row

GROUP: Final = 10_000
"""Rows that are written together at least: of many small groups, files are larger and slow to read."""

_TYPED: Final = MOMENTS | TRUTHS | NUMBERS


class ParquetWriter:
    """Columns with types: moments in UTC, numbers, truths, everything else text."""

    def __init__(self, path: str, columns: Sequence[str]) -> None:
        self._columns, self._schema = columns, pa.schema([(name, _type(name)) for name in columns])
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._held: list[Any] = []

    def add(self, rows: Iterable[Row]) -> None:
        known = list(rows)
        made = [pa.array([_value(name, row.get(name)) for row in known], _type(name)) for name in self._columns]
        self._held.append(pa.Table.from_arrays(made, schema=self._schema))
        if sum(table.num_rows for table in self._held) >= GROUP:
            self._write()

    def _write(self) -> None:
        if self._held:
            self._writer.write_table(pa.concat_tables(self._held))
            self._held.clear()

    def close(self) -> None:
        self._write()
        self._writer.close()


def _type(name: str) -> Any:
    if name in MOMENTS:
        return pa.timestamp("us", tz="UTC")
    if name in TRUTHS:
        return pa.bool_()
    if name in NUMBERS:
        return pa.float64() if name == "polarity" else pa.int32()
    return pa.string()


def _value(name: str, value: Any) -> Any:
    if value is None or name in _TYPED or (type(value) is str and value.isascii()):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str) if value else None
    return str(value).encode("utf-8", "replace").decode("utf-8")
