"""A person's own words, apart from the mail that they answer."""

import pytest

from feedback.quoting import split


@pytest.mark.parametrize(("text", "own", "quoted"), [
    ("Thank you!\n\nOn Fri, 20 Nov 2026 at 10:00, Cvetka (Acme) wrote:\n> Dear Mara,\n> sorry", "Thank you!",
     "On Fri, 20 Nov 2026 at 10:00, Cvetka (Acme) wrote:\n> Dear Mara,\n> sorry"),
    ("Hvala.\r\n\r\n> Spoštovani\r\n", "Hvala.", "> Spoštovani"),
    ("Danke\n-----Original Message-----\nFrom: x", "Danke", "-----Original Message-----\nFrom: x"),
    ("Ok\n________________________________\nFrom: Cvetka <c@acme.example>", "Ok",
     "________________________________\nFrom: Cvetka <c@acme.example>"),
    ("Le 20 nov. 2026 à 10:00, Acme a écrit :\n> Bonjour", "Le 20 nov. 2026 à 10:00, Acme a écrit :", "> Bonjour"),
    ("> all of it is quoted\nand then more", "> all of it is quoted\nand then more", ""),
    ("On Monday I called you, on Tuesday too.", "On Monday I called you, on Tuesday too.", ""),
    ("", "", ""),
])  # fmt: skip
def test_own_words_end_where_an_earlier_mail_begins(text, own, quoted):
    assert split(text) == (own, quoted)


def test_nothing_that_somebody_wrote_is_lost():
    text = "One\n> two\nthree below the quote"
    own, rest = split(text)
    assert f"{own}\n{rest}" == text
