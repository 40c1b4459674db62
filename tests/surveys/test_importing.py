import io
import tracemalloc
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.decoding import open_text, recognise
from surveys.delimiting import Dialect, look
from surveys.importing import Row, RowError, preview, read_rows, summarise
from surveys.mapping import Mapping, guess

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEADER = "E-pošta;Zahtevek;Ime;Jezik;Rešeno;Paket\n"


def read(data: bytes):
    encoding = recognise(data).encoding
    layout = look(open_text(io.BytesIO(data), encoding))
    mapping = guess(layout.headers, layout.sample)
    stream = open_text(io.BytesIO(data), encoding)
    return read_rows(stream, layout.dialect, mapping=mapping, zone=LJUBLJANA, now=NOW)


def rows(content):
    return list(read((HEADER + content).encode()))


def test_a_good_row_has_every_field_in_its_one_form():
    assert rows("ana@Example.com;T-1; Ana \t Novak ;slovenian;20.11.2026 08:15;zlati\n") == [
        Row(
            number=2,
            email="ana@example.com",
            external_id="T-1",
            name="Ana Novak",
            locale="sl",
            occurred_at=datetime(2026, 11, 20, 7, 15, tzinfo=UTC),
            properties={"Paket": "zlati"},
        )
    ]


def test_good_rows_are_not_lost_for_bad_ones():
    found = rows("ana@example.com;1;;;;\nnobody;2;;;;\nluka@example.com;3;;;;\n")
    assert [type(item) for item in found] == [Row, RowError, Row]
    assert found[1] == RowError(3, "E-pošta", "email", "nobody")


def test_everything_wrong_with_a_row_is_told_at_once():
    found = rows(";;;klingonish;11/22/2026;\n")
    assert {(error.column, error.key, error.value) for error in found} == {
        ("E-pošta", "missing", ""),
        ("Zahtevek", "missing", ""),
        ("Jezik", "locale", "klingonish"),
        ("Rešeno", "moment", "11/22/2026"),
    }


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (f"ana@example.com;{'x' * 201};;;;", "too_long"),
        (f"ana@example.com;1;;;;{'x' * 1001}", "too_long"),
        ("ana@example.com;1;;;24.12.2026;", "future"),
        ("ana@example.com;1;a\0b;;;", "nul"),
        ("ana@example.com;1;;;;;surplus", "columns"),
        ('ana@example.com;"1"x;;;;', "quotes"),
    ],
)
def test_each_fault_has_its_key(row, key):
    assert [error.key for error in rows(row + "\n")] == [key]


def test_the_same_external_id_twice_is_one_interaction():
    found = rows("ana@example.com;1;;;;\nluka@example.com;1;;;;\n")
    assert [row.repeated for row in found] == [False, True]


def test_a_refused_row_does_not_make_its_correction_a_repetition():
    assert rows("broken;1;;;;\nana@example.com;1;;;;\n")[1].repeated is False


def test_what_looks_like_a_formula_stays_the_text_it_is():
    found = rows("ana@example.com;=HYPERLINK(1);+cmd;;;@SUM(A1)\n")
    assert (found[0].external_id, found[0].name, found[0].properties) == (
        "=HYPERLINK(1)",
        "+cmd",
        {"Paket": "@SUM(A1)"},
    )


def test_a_summary_counts_rows_and_not_their_errors():
    summary = summarise(rows("ana@example.com;1;;;;\nx;;;;;\nb@example.com;1;;;;\ny;4;;;;\n"))
    assert (summary.good, summary.repeated, summary.bad) == (1, 1, 2)
    assert len(summary.errors) == 3


def test_a_preview_shows_the_first_rows_with_all_their_errors():
    items = rows("x;;;;;\nana@example.com;1;;;;\nluka@example.com;2;;;;\n")
    assert [item.number for item in preview(items, 2)] == [2, 2, 3]


def test_an_import_without_its_required_columns_does_not_start():
    with pytest.raises(ValueError, match="external_id"):
        list(read_rows(io.StringIO("a\nb\n"), Dialect(), mapping=Mapping({"email": 0}), zone=UTC, now=NOW))


def test_the_wrong_encoding_ends_in_an_error_that_says_so():
    stream = open_text(io.BytesIO(b"email,id\nana@example.com,1\n" + b"x" * 9000 + b"\xe8\n"), "utf-8")
    found = list(read_rows(stream, Dialect(), mapping=Mapping({"email": 0, "external_id": 1}), zone=UTC, now=NOW))
    assert found[-1].key == "undecodable"


def test_a_large_table_is_read_in_constant_memory():
    class Endless(io.RawIOBase):
        left = 20_000

        def readable(self):
            return True

        def readinto(self, buffer):
            if not self.left:
                return 0
            self.left -= 1
            line = f"customer{self.left}@example.com,T-{self.left},{'x' * 200}\n".encode()
            buffer[: len(line)] = line
            return len(line)

    stream = open_text(io.BufferedReader(Endless()), "utf-8")
    mapping = Mapping({"email": 0, "external_id": 1}, {"note": 2})
    tracemalloc.start()
    summary = summarise(read_rows(stream, Dialect(), mapping=mapping, zone=UTC, now=NOW))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert summary.good == 19_999  # the first line is the header
    assert peak < 6_000_000  # the table is 4.6 MB as bytes; held as rows it would be ten times this bound


@settings(max_examples=200, deadline=2_000)
@given(st.binary(max_size=2_000))
def test_any_bytes_can_be_imported_without_an_exception(data):
    encoding = recognise(b"email,id\n" + data).encoding
    if encoding:
        stream = open_text(io.BytesIO(b"email,id\n" + data), encoding)
        mapping = Mapping({"email": 0, "external_id": 1})
        summary = summarise(read_rows(stream, Dialect(), mapping=mapping, zone=LJUBLJANA, now=NOW))
        assert summary.good + summary.bad >= 0
