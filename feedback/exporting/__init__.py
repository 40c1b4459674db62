"""Responses as files: stable columns, one row a response, in a format that other programs read."""

from __future__ import annotations

from typing import Final

from feedback.exporting.columns import COLUMNS, columns_of
from feedback.exporting.workbook import XlsxWriter
from feedback.exporting.writing import CsvWriter, JsonLinesWriter, Writer

__all__ = ["COLUMNS", "FORMATS", "Writer", "columns_of", "suffix", "writer_of"]

FORMATS: Final = ("csv", "csv-excel", "xlsx", "jsonl", "parquet")
"""`csv-excel` is a CSV with the mark by which Excel knows UTF-8."""


def suffix(kind: str) -> str:
    """How the name of a file of this format ends."""
    return "csv" if kind == "csv-excel" else kind


def writer_of(kind: str, path: str, columns: tuple[str, ...]) -> Writer:
    """What writes a file of this format to `path`. ImportError when the format needs a library that is not there."""
    if kind in ("csv", "csv-excel"):
        return CsvWriter(path, columns, mark=kind == "csv-excel")
    if kind == "jsonl":
        return JsonLinesWriter(path, columns)
    if kind == "xlsx":
        return XlsxWriter(path, columns)
    from feedback.exporting.parquet import ParquetWriter

    return ParquetWriter(path, columns)
