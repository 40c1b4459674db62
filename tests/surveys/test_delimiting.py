import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.delimiting import Dialect, Layout, look, read_records


def text(content):
    return io.TextIOWrapper(io.BytesIO(content.encode()), encoding="utf-8", newline="")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_found(delimiter):
    rows = [["email", "ticket", "note"], ["ana@example.com", "T-1", "fine"], ["luka@example.com", "T-2", "so, so"]]
    content = "\r\n".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows)
    layout = look(text(content))
    assert layout.dialect == Dialect(delimiter)
    assert layout.headers == ("email", "ticket", "note")
    assert layout.sample == tuple(tuple(row) for row in rows[1:])


def test_commas_inside_comments_do_not_outvote_the_semicolon():
    content = "email;comment\na@example.com;slow, rude, late\nb@example.com;fine, really, fine\n"
    assert look(text(content)).dialect.delimiter == ";"


def test_the_line_that_excel_writes_first_names_the_delimiter_and_is_no_row():
    layout = look(text("sep=|\r\nemail|id\r\na@example.com|1\r\n"))
    assert layout.dialect == Dialect("|", announced=True)
    records = list(read_records(text("sep=|\r\nemail|id\r\na@example.com|1\r\n"), layout.dialect))
    assert [(record.number, record.cells[0]) for record in records] == [(1, "email"), (2, "a@example.com")]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them():
    content = 'email,note\na@example.com,"two\r\nlines"\n\n,\nb@example.com,x\n'
    numbers = [record.number for record in read_records(text(content), Dialect(","))]
    assert numbers == [1, 2, 5]


def test_the_rows_after_an_open_quote_are_not_lost():
    content = 'email,note\na@example.com,"open\nb@example.com,fine\nc@example.com,"ok"\n'
    records = list(read_records(text(content), Dialect(",")))
    assert [(record.number, record.broken) for record in records] == [(1, None), (2, "quotes"), (3, None), (4, None)]


def test_names_used_twice_are_reported():
    assert look(text("email,date,Date,date\n")).duplicates == ("date",)


def test_a_table_without_a_header_row_and_an_empty_one_are_said_so():
    assert look(text("ana@example.com,T-1\nluka@example.com,T-2\n")).problem == "no_header"
    assert look(text("\n\n")).problem == "empty"


def test_old_line_ends_are_line_ends():
    assert look(text("email,id\ra@example.com,1\r")).sample == (("a@example.com", "1"),)


@settings(max_examples=200, deadline=1_000)
@given(st.text(alphabet=st.sampled_from('ab,;\t|"\r\n\0=č '), max_size=400))
def test_any_text_has_a_layout_and_records(content):
    layout = look(text(content))
    assert isinstance(layout, Layout)
    numbers = [record.number for record in read_records(text(content), layout.dialect)]
    assert numbers == sorted(set(numbers))
