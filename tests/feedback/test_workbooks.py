"""Workbooks: what the library would have written cell by cell, in sheets that others can open."""

from datetime import UTC, datetime

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.exporting import workbook
from feedback.exporting.workbook import XlsxWriter
from feedback.exporting.writing import plain

COLUMNS = ("response_id", "score", "comment", "created_at", "counts", "q.why")
ODD = ("", " a ", "a\n", "=1+1", "_x0041_", "<b>&", "a\rb", "\x01", "é_x000D_")
TEXTS = st.text(max_size=40) | st.sampled_from(ODD)
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - its limits
VALUES = st.one_of(
    *(st.none(), TEXTS, MOMENTS, st.booleans(), st.integers(-(10**9), 10**9), st.floats(-1, 1)),
    *(st.lists(TEXTS, max_size=3), st.dictionaries(st.text("abc"), TEXTS, max_size=2)),
)


def written(path, columns, *batches):
    """The sheets of a workbook of these rows, as another program opens it."""
    writer = XlsxWriter(str(path), columns)
    for batch in batches:
        writer.add(batch)
    writer.close()
    return openpyxl.load_workbook(path).worksheets


def values(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def by_the_library(path, value):
    """The cell that the library itself makes of a value."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, {**options, "remove_timezone": True, "constant_memory": True}) as book:
        sheet, shown = book.add_worksheet(), value if isinstance(value, datetime) else plain(value)
        if shown is not None:
            form = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}) if isinstance(value, datetime) else None
            sheet.write(0, 0, shown, form)
    return openpyxl.load_workbook(path).active["A1"]


@settings(max_examples=50, deadline=None)
@given(value=VALUES)
def test_a_cell_is_what_the_library_makes_of_it(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("books")
    [sheet] = written(folder / "ours.xlsx", ("value", "more"), [{"value": value, "more": 1}])
    ours, theirs = sheet["A2"], by_the_library(folder / "theirs.xlsx", value)
    assert (ours.value or None, ours.number_format) == (theirs.value or None, theirs.number_format)
    assert ours.data_type == theirs.data_type or not theirs.value


def test_a_text_longer_than_a_cell_is_cut_between_two_characters(tmp_path):
    [sheet] = written(tmp_path / "a.xlsx", ("comment",), [{"comment": "\N{PERSEVERING FACE}" * 20_000}])
    assert sheet["A2"].value == "\N{PERSEVERING FACE}" * (workbook.CELL // 2)


def test_the_head_stays_in_view_and_columns_are_as_wide_as_what_they_hold(tmp_path):
    [sheet] = written(tmp_path / "a.xlsx", COLUMNS, [{"score": 3}])
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    assert all(cell.font.bold for cell in sheet[1])
    assert (sheet.freeze_panes, sheet.title) == ("A2", "Responses")
    assert [sheet.column_dimensions[letter].width // 1 for letter in "ACD"] == [14, 60, 20]


def test_every_row_is_as_long_as_the_head_even_for_programs_that_read_rows_one_by_one(tmp_path):
    written(tmp_path / "a.xlsx", COLUMNS, [{}, {"score": 3}], [{"q.why": "because"}])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx", read_only=True).active
    assert [len(row) for row in sheet.iter_rows(values_only=True)] == [len(COLUMNS)] * 4


@pytest.mark.parametrize(("name", "most"), [("MOST_ROWS", 2), ("MOST_BYTES", 100)])
def test_what_a_sheet_cannot_hold_goes_to_the_next(tmp_path, monkeypatch, name, most):
    monkeypatch.setattr(workbook, name, most)
    batches = [[{"score": 5 * at + place, "comment": "so-so"} for place in range(5)] for at in range(3)]
    sheets = written(tmp_path / "a.xlsx", ("score", "comment"), *batches)
    assert [sheet.title for sheet in sheets][:3] == ["Responses", "Responses 2", "Responses 3"]
    assert all(values(sheet)[0] == ["score", "comment"] for sheet in sheets)
    assert [row for sheet in sheets for row in values(sheet)[1:]] == [[score, "so-so"] for score in range(15)]


def test_of_more_columns_than_letters_each_has_its_own(tmp_path):
    names = tuple(f"q.{number}" for number in range(800))
    [sheet] = written(tmp_path / "a.xlsx", names, [{name: number for number, name in enumerate(names)}])
    assert values(sheet) == [list(names), list(range(800))]


def test_a_workbook_without_rows_has_its_head(tmp_path):
    [sheet] = written(tmp_path / "a.xlsx", COLUMNS)
    assert values(sheet) == [list(COLUMNS)]
