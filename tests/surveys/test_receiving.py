"""A body is one tree of values, whatever it was sent as."""

import json

import pytest

from surveys.receiving import LEAVES, UnreadableError, leaves, pointer, read, text_of, unexpanded

FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\nT-1\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nwords\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("body", "kind", "path", "value"),
    [
        (b'{"ticket": {"id": 7}}', "application/json", "/ticket/id", 7),
        (b'{"ticket": {"id": 7}}', "application/vnd.api+json; charset=utf-8", "/ticket/id", 7),
        (b'{"ticket": {"id": 7}}', "", "/ticket/id", 7),
        (b'{"ticket": {"id": 7}}', "text/plain", "/ticket/id", 7),
        (b'{"ticket": {"id": 7}}', FORM, "/ticket/id", 7),
        (b"id=T-1&name=Ana+%C5%BDagar", FORM, "name", "Ana Žagar"),
        (b"id=T-1", "", "id", "T-1"),
        (b"id=T-1", "text/plain", "/id", "T-1"),
        (b"ticket%5Bid%5D=T-1", FORM, "ticket[id]", "T-1"),
        (b"tag=a&tag=b", FORM, "tag", ["a", "b"]),
        (MULTIPART, "multipart/form-data; boundary=x", "id", "T-1"),
        (b'[{"id": 1}, {"id": 2}]', "application/json", "/1/id", 2),
        (b'{"a/b": {"m~n": 1}}', "application/json", "/a~1b/m~0n", 1),
        (b'{"": 5}', "application/json", "/", 5),
        (b'\xef\xbb\xbf{"id": 1}', "application/json", "/id", 1),
        ('{"id": "Ž"}'.encode("cp1250"), "application/json; charset=windows-1250", "/id", "Ž"),
        ('{"id": "ž"}'.encode("utf-16"), "application/json; charset=utf-16", "/id", "ž"),
        (b'{"id": NaN}', "application/json", "/id", None),
        (b'{"list": [1]}', "application/json", "/list/01", None),
        (b'{"list": [1]}', "application/json", "/list/-1", None),
        (b'{"list": [1]}', "application/json", "/list/9", None),
        (b'{"id": 1}', "application/json", "/id/deeper", None),
        (b"", "application/json", "/id", None),
    ],
)
def test_a_value_is_found_by_its_path(body, kind, path, value):
    assert read(body, kind, "").value(path) == value


def test_the_query_counts_too_and_the_body_comes_first():
    told = read(b"id=body", FORM, "id=query&only=here")
    assert (told.value("id"), told.value("?id"), told.value("only")) == ("body", "query", "here")
    assert read(b"", "", "id=query").value("id") == "query"


def test_two_fields_together_are_one_text():
    told = read(b'{"first": "Ana", "last": "\xc5\xbdagar", "none": null}', "application/json", "")
    assert told.value("/first + /last") == "Ana Žagar"
    assert told.value("/first + /none") == "Ana"
    assert told.value("/none + /nothing") is None
    assert ("/first + /last", "Ana Žagar") in leaves(told)


def test_letters_that_cannot_be_read_are_marked():
    told = read(b'{"name": "Ana \xff"}', "application/json", "")
    assert told.broken
    assert told.value("/name") == "Ana \ufffd"
    assert not read(b'{"name": "x"}', "application/json; charset=klingon", "").broken


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"{", "application/json", "json"),
        (b'{"id": {$id}}', "application/json", "json"),
        (b'{"id": {$id}, "a": "b=c"}', "", "json"),
        (b"no words of ours", "text/plain", "json"),
        (b"[" * 200_000, "application/json", "deep"),
        (b'{"a":' * 100_000, "", "deep"),
        (b"5", "application/json", "shape"),
        (b'"text"', "application/json", "shape"),
        (b'{"id": ' + b"9" * 5000 + b"}", "application/json", "json"),
        (b"&".join(b"a%d=1" % n for n in range(2000)), FORM, "form"),
        (b"--y--", "multipart/form-data", "form"),
    ],
)
def test_a_body_that_is_nothing_says_why(body, kind, why):
    with pytest.raises(UnreadableError) as caught:
        read(body, kind, "")
    assert caught.value.key == why


def test_a_long_or_deep_body_gives_no_endless_list():
    wide = read(json.dumps({f"k{n}": n for n in range(5000)}).encode(), "application/json", "")
    assert len(leaves(wide)) == LEAVES
    deep = read(b'{"a":' * 900 + b"1" + b"}" * 900, "application/json", "")
    assert leaves(deep) == []
    assert deep.value("/a" * 900) == 1


def test_each_listed_path_leads_back_to_its_value():
    body = {"a/b": [1, {"c~d": "x"}], "é": True, "": 2.0, "tags": ["a", "b"]}
    told = read(json.dumps(body).encode(), "application/json", "q=1")
    listed = dict(leaves(told))
    assert listed["/a~1b/1/c~0d"] == "x"
    assert listed["/tags"] == "a, b"
    assert listed["?q"] == "1"
    single = {path: text for path, text in listed.items() if path not in {"/tags", "/a~1b"}}
    assert {path: text_of(told.value(path)) for path in single} == single
    assert pointer("a/b", "c~d") == "/a~1b/c~0d"


@pytest.mark.parametrize(
    ("value", "text"),
    [(7, "7"), (7.0, "7"), (True, "true"), (None, None), ("  ", None), ("a\0b", "ab"), ("\ud800x", "?x"), ([1], None)],
)
def test_a_single_value_is_a_text(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize("left", ["{$id}", "{{ticket.id}}", "{{ ticket.id }}", "[[id]]", "#{ticket.id}", "x {$id}"])
def test_a_placeholder_that_was_left_is_known(left):
    assert unexpanded(left)


@pytest.mark.parametrize("text", ["T-1", "{id}", "$id", "[id]", "a } { b", "#1001"])
def test_other_texts_are_no_placeholders(text):
    assert not unexpanded(text)


def test_a_text_that_speaks_of_placeholders_is_still_a_text():
    assert not unexpanded("How do I use {{name}}?", wholly=True)
    assert unexpanded(" {{name}} {$x}", wholly=True)


def test_an_encoding_that_takes_seconds_to_read_is_none():
    told = read(b"id=bcher-kva", f"{FORM}; charset=Punycode", "")
    assert (told.value("id"), told.broken) == ("bcher-kva", False)
