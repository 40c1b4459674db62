import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.decoding import open_text, recognise

SLOVENIAN = "e-pošta;ime;številka\r\nspela@example.com;Špela Kovačič;1\r\nziga@example.com;Žiga Črnič;2\r\n"
POLISH = "e-mail;imię;zespół\r\nlukasz@example.com;Łukasz Wąsik;Obsługa zgłoszeń\r\nzofia@example.com;Żółć;Północ\r\n"
RUSSIAN = "почта;имя;команда\r\nivan@example.com;Иван Петров;Север\r\nanna@example.com;Анна Соловьёва;Юг\r\n"
GREEK = "ηλ. ταχυδρομείο;όνομα\r\nnikos@example.com;Νίκος Παπαδόπουλος\r\neleni@example.com;Ελένη Γεωργίου\r\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(SLOVENIAN, "cp1250"), (POLISH, "cp1250"), (RUSSIAN, "cp1251"), (GREEK, "cp1253"), (POLISH, "iso8859_2")],
)
def test_a_windows_file_is_recognised_by_its_letters(text, encoding):
    found = recognise(text.encode(encoding))
    assert found.encoding == encoding
    assert found.confidence >= 0.55
    assert text.encode(encoding).decode(found.encoding) == text


@pytest.mark.parametrize("name", ["Иван Петров", "Νίκος Παππάς", "Špela Kovačič", "Łukasz Wąsik", "Юлия", "Ελένη"])
def test_one_name_in_a_file_is_never_read_as_another_alphabet(name):
    page = {"И": "cp1251", "Ю": "cp1251", "Ν": "cp1253", "Ε": "cp1253"}.get(name[0], "cp1250")
    found = recognise(f"email,name\nsomebody@example.com,{name}\n".encode(page))
    assert found.encoding in {page, None}
    assert found.candidates[0].encoding == page
    assert name in found.candidates[0].sample


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_files_are_certain_with_their_marks(codec):
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    data = marks.get(codec, b"") + POLISH.encode(codec)
    found = recognise(data)
    assert found.confidence == 1.0
    assert open_text(io.BytesIO(data), found.encoding).read() == POLISH


def test_letters_that_two_pages_read_alike_are_not_a_question():
    assert recognise("name\nMüller\nSchröder\n".encode("cp1252")).encoding is not None


def test_when_unsure_the_answer_lists_every_reading_with_a_line_to_judge_by():
    found = recognise(b"email,name\na@example.com,\xe8\xea\xf0\n")
    assert found.encoding is None
    assert len({candidate.sample for candidate in found.candidates}) == len(found.candidates) >= 3


def test_bytes_that_no_encoding_reads_are_said_so_and_never_replaced():
    found = recognise(b"\xef\xbb\xbfname\n\xff\xfe")
    assert (found.encoding, found.problem) == (None, "undecodable")
    assert recognise(b"\xff\xfea").problem == "undecodable"
    assert recognise(b"").problem == "empty"


def test_nul_bytes_are_reported():
    assert recognise(b"email\0,name\n").nul
    assert not recognise(SLOVENIAN.encode("utf-16")).nul


@settings(max_examples=300, deadline=1_000)
@given(st.binary(max_size=4_000))
def test_any_bytes_get_an_answer(data):
    found = recognise(data)
    if found.encoding:
        assert open_text(io.BytesIO(data), found.encoding).read() is not None
    else:
        assert found.problem or found.candidates
    for candidate in found.candidates:
        data.decode(candidate.encoding)


def test_twenty_megabytes_are_recognised_within_two_seconds():
    data = RUSSIAN.encode("cp1251") * 200_000
    start = time.perf_counter()
    assert recognise(data).encoding == "cp1251"
    assert time.perf_counter() - start < 2
