"""A mail from a stencil says what a mail that was composed says, whoever it is for."""

import json
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.cutting import ODD, Own, StandIn, cut, same, to_line
from base.errors import InvalidError
from base.handover import _with_dots
from base.mail import OUT, Heading, Letter, Picture, _inliner, compose
from base.stencil import Sheet, fill, wire

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HTML = """<!doctype html><html lang="sl"><head><title>{name}, eno vprašanje</title>
<style>p {{ color: red }}</style></head>
<body><p>Živjo, {name}!</p><p>{city} – {name}</p>
<p><a href="https://a.example/s/{token}/0">0</a><a href="https://a.example/s/{token}/1">1</a>{long}</p>
<p>{city} <a href="https://a.example/s/{token}">odprite</a></p>
<p><a href="https://a.example/u/{end}">konec</a></p></body></html>
"""
TEXT = "Živjo, {name},\n\n.pika na začetku\nhttps://a.example/s/{token}/10\n{city}\n{long}\n-- \n{end}\n"
STAND_IN = StandIn(
    {"token": "Qzxtoken".ljust(22, "q"), "end": "Qzxend".ljust(60, "q")}, {"": "Qzxwordaq", "city": "Qzxwordbq"}, ""
)
PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split())
)
WORDS = PLAIN.filter(lambda text: text and not ODD.search(text))
TOKENS = st.text("abcXYZ012_-.", min_size=22, max_size=22)
ENDS = st.text("abcXYZ012_-.", min_size=60, max_size=60)


def letter(name, city, token, end, *, escape=True, pictures=()):
    """Rendered as templates would: HTML escaped, styles inlined."""
    from markupsafe import escape as escaped

    values = {"token": token, "end": end, "long": "dolga vrstica ".ljust(300, "č") + "."}
    html = HTML.format(name=escaped(name), city=escaped(city), **values)
    text = TEXT.format(name=name, city=city, **values)
    return Letter(f"{name}: eno kratko vprašanje", text.strip() + "\n", _inliner.inline(html), pictures)


def heading(name, token, end):
    return Heading(
        sender="Žabar <a@a.example>", to_address="maja@müller.example", to_name=name, at=AT, locale="sl",
        message_id="<1@a.example>", reply_to="help@a.example", unsubscribe_url=f"https://a.example/u/{end}",
    )  # fmt: skip


def a_cut(pictures=()):
    links, words = STAND_IN.links, STAND_IN.words
    stood = letter(words[""], words["city"], links["token"], links["end"], pictures=pictures)
    subject = StandIn(links, words, stood.subject)
    return cut(stood, heading(words[""], links["token"], links["end"]), subject)


CUT = a_cut()


def own(name, city, token, end):
    links, words = {"token": token, "end": end}, {"": name, "city": city}
    return Own(name, "maja@müller.example", "<1@a.example>", AT, links, words)


def composed(name, city, token, end, pictures=()):
    message = compose(letter(name, city, token, end, pictures=pictures), heading(name, token, end))
    return message.as_bytes(policy=OUT).decode("ascii")


@given(WORDS, WORDS, TOKENS, ENDS)
@example("Maja", "Ljubljana", "a" * 22, "." * 60)
@example("ليلى حداد", "القاهرة", "-" * 22, "_" * 60)
@example("山田太郎" * 12, "東京", "." * 22, "z" * 60)
@example('O"Brien & <Sons>', "a\xa0b & c", "b" * 22, "y" * 60)
@example("=?utf-8?q?x?=", "=20", "c" * 22, "x" * 60)
@example("Qzxwordbq", "Qzxwordaq", "d" * 22, "w" * 60)
@example("Žiga Čeh, dr. med. (upokojen)", "x" * 60, "e" * 22, "v" * 60)
def test_a_filled_mail_says_what_a_composed_one_says(name, city, token, end):
    values = CUT.values(own(name, city, token, end))
    filled = fill(CUT.sheet.pieces, json.loads(json.dumps(values)))
    assert same(filled, composed(name, city, token, end))
    assert max(map(len, filled.splitlines())) <= 998
    assert "\r" not in filled.replace("\r\n", "")
    assert "\n" not in filled.replace("\r\n", "")


@given(WORDS, WORDS, TOKENS, ENDS)
@example("Maja", "Kranj", "." * 22, "." * 60)
def test_what_travels_is_the_mail_with_its_dots_doubled(name, city, token, end):
    values = CUT.values(own(name, city, token, end))
    assert bytes(wire(CUT.sheet, values)) == _with_dots(fill(CUT.sheet.pieces, values).encode())


@given(WORDS)
@example("Maja Novak")
@example("a" * 100)
@example("š" * 100)
@example("Dr. No, Esq.")
@example('"\\')
@example("=?utf-8?b?eA==?=")
def test_a_recipient_is_read_back_as_composing_writes_them(name):
    line = to_line(name, "maja@customer.example")
    raw = composed(name, "x", "t" * 22, "e" * 60)
    told = message_from_bytes(raw.encode(), policy=policy.SMTP)["To"].addresses[0]
    read = message_from_bytes(line.encode() + b"\r\n", policy=policy.SMTP)["To"].addresses[0]
    assert read.display_name == told.display_name
    assert read.addr_spec == "maja@customer.example"
    assert all(len(part) <= 78 for part in line.splitlines()) or parseaddr(line)[1]


@pytest.mark.parametrize("odd", ["a\x00b", "a\x0bb", "a\u2028b", "a\x85b", "a\tb", "a\ud800b"])
def test_odd_letters_are_left_to_composing(odd):
    assert CUT.values(own("Maja", odd, "t" * 22, "e" * 60)) is None


def test_a_link_of_another_length_is_left_to_composing():
    assert CUT.values(own("Maja", "x", "t" * 23, "e" * 60)) is None


def test_an_address_that_is_none_is_refused():
    with pytest.raises(InvalidError):
        CUT.values(Own("Maja", "no address", "<1@a.example>", AT, dict(STAND_IN.links), {"": "Maja", "city": "x"}))


def test_a_word_inside_of_a_tag_is_left_to_composing():
    words, links = STAND_IN.words, STAND_IN.links
    stood = letter(words[""], words["city"], links["token"], links["end"])
    inside = Letter(stood.subject, stood.text, stood.html.replace("<p ", f'<p title="{words[""]}" ', 1))
    assert inside.html != stood.html
    assert cut(inside, heading("x", links["token"], links["end"]), STAND_IN) is None


def test_pictures_come_along():
    picture = (Picture("logo@a.example", b"\x89PNG not really"),)
    found = a_cut(picture)
    filled = fill(found.sheet.pieces, found.values(own("Maja", "Kranj", "t" * 22, "e" * 60)))
    assert same(filled, composed("Maja", "Kranj", "t" * 22, "e" * 60, picture))


def test_the_same_letter_is_the_same_stencil():
    assert a_cut().sheet.ident == CUT.sheet.ident == Sheet.of(CUT.sheet.pieces).ident
