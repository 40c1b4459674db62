"""Parquet, for those who calculate with it. Needs the library pyarrow, which is not part of the installation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from feedback.exporting.columns import MOMENTS, NUMBERS, TRUTHS
from feedback.exporting.writing import Row


class ParquetWriter:
    """Columns with types: moments in UTC, numbers, truths, everything else text; a row group a batch."""

    def __init__(self, path: str, columns: Sequence[str]) -> None:
        self._columns = columns
        self._schema = pa.schema([(name, _type(name)) for name in columns])
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, rows: Iterable[Row]) -> None:
        held = [{name: _value(name, row.get(name)) for name in self._columns} for row in rows]
        if held:
            self._writer.write_table(pa.Table.from_pylist(held, schema=self._schema))

    def close(self) -> None:
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
    if value is None or name in MOMENTS | TRUTHS | NUMBERS:
        return value
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str) if value else None
    return str(value).encode("utf-8", "replace").decode("utf-8")
