"""Who a note speaks to."""

import pytest

from feedback.mentioning import mentions

PEOPLE = [
    ("1", "Ana Kovač", "ana@acme.example"),
    ("2", "Ana Lind", "ana.lind@acme.example"),
    ("3", "Boris", "boris@acme.example"),
    ("4", "Ελένη Παπαδάκη", "eleni@acme.example"),
]


@pytest.mark.parametrize(("text", "found", "unknown"), [
    ("@Boris, can you call her?", ("3",), ()),
    ("Ask @ana kovač and @ANA LIND.", ("1", "2"), ()),
    ("@Ana, which of you?", (), ("Ana",)),  # two are called so
    ("@Ελένη θα το δει", ("4",), ()),
    ("@boris@acme.example and @Boris", ("3",), ()),
    ("Write to boris@acme.example", (), ()),  # an address is no mention
    ("@Borislav is somebody else, @Boris. is not", ("3",), ("Borislav",)),
    ("no @ here, and @@Boris neither", (), ()),
    ("@Zala should know", (), ("Zala",)),
    ("", (), ()),
])  # fmt: skip
def test_a_mention_is_a_name_that_one_person_has(text, found, unknown):
    told = mentions(text, PEOPLE)
    assert (told.found, told.unknown) == (found, unknown)
