"""A survey as a file: the same survey makes the same bytes everywhere, and a stranger's file is read warily."""

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveys.exchanging import LARGEST, Parcel, opened, pack, portable, unpack
from surveys.forms.flaws import sentence
from surveys.library import TEMPLATES
from surveys.validating import check
from surveys.wording import LOCALES, freeze
from tests.surveys.documents import documents

PLAIN = {"metric": "nps", "default_locale": "en", "locales": ["en"], "texts": {"en": {"question": "Well?"}}}
NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=60).filter(str.strip)


def written(**changes):
    content = {"afterword": 1, "kind": "survey", "name": "Support", "document": PLAIN, "logo": None} | changes
    return json.dumps({key: value for key, value in content.items() if value is not ...}).encode()


def told(data):
    parcel, flaws = unpack(data)
    assert (parcel is None) == bool(flaws)
    return [(flaw.path, flaw.code) for flaw in flaws]


def finished(document):
    """The document with what a stranger's must have: two choices each, and every word."""
    asked = [
        one | ({"choices": [*one["choices"], "more"]} if len(one.get("choices", "ab")) < 2 else {})
        for one in document["questions"]
    ]
    words = {
        key: "…"
        for one in asked
        for key in (
            *(f"{one['id']}.choice.{choice}" for choice in one.get("choices", ())),
            *(f"{one['id']}.row.{row}" for row in one.get("rows", ())),
        )
    }
    return document | {
        "questions": asked,
        "texts": {tag: words | texts for tag, texts in document["texts"].items()},
    }


@settings(max_examples=200)
@given(documents(), NAMES, st.booleans())
def test_export_import_export_is_the_same_file(document, name, published):
    document = finished(document)
    assume(not check(document)[1])
    first = pack(Parcel(name, freeze(document) if published else document))
    parcel, flaws = unpack(first)
    if flaws:  # the name of nothing but blanks and signs
        assert [flaw.path for flaw in flaws] == ["name"]
        return
    assert pack(parcel) == first


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_every_ready_made_survey_goes_out_and_comes_in(key):
    document = TEMPLATES[key].document(("en", *LOCALES[1:30]), chosen=TEMPLATES[key].options)
    parcel, _ = unpack(pack(Parcel("Ours", document)))
    assert parcel == Parcel("Ours", document)


def test_a_file_can_be_read_and_compared_by_people():
    lines = pack(Parcel("Čas", PLAIN | {"template": "csat_chat"})).decode().splitlines()
    assert lines[:3] == ["{", '  "afterword": 1,', '  "document": {']
    assert '  "name": "Čas"' in lines
    assert pack(Parcel("x", PLAIN)) == pack(Parcel("x", dict(reversed(PLAIN.items()))))


def test_what_means_nothing_elsewhere_stays_behind():
    document = freeze(PLAIN | {"look": {"logo": "0" * 32, "color": "#2751b8"}, "anonymous": True})
    assert portable(document) == PLAIN | {"look": {"color": "#2751b8"}, "anonymous": True}
    assert portable(PLAIN | {"look": {"logo": "0" * 32}}) == PLAIN


def test_an_unfinished_draft_leaves_without_the_words_of_questions_that_are_gone():
    document = PLAIN | {"texts": {"en": {"gone.title": "Old", "question": "Well?"}}}
    assert portable(document) == PLAIN


def test_a_good_file_is_a_name_and_a_document():
    assert unpack(written()) == (Parcel("Support", PLAIN), [])
    assert unpack(b"\xef\xbb\xbf" + written(name="  Two \n lines ", logo=...)) == (Parcel("Two lines", PLAIN), [])


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (b"", ("", "not_json")),
        (b"PK\x03\x04", ("", "not_json")),
        (b"{", ("", "not_json")),
        (b'{"a": NaN}', ("", "not_json")),
        (b'{"name": "\\ud800"}', ("", "not_json")),
        (b"\xff\xfe{\x00}\x00", ("", "not_json")),
        (b"[" * 100_000, ("", "not_json")),
        (b'{"document":' * 100_000, ("", "not_json")),
        (b" " * (LARGEST + 1), ("", "too_large")),
        (b"[]", ("", "not_a_survey")),
        (b"{}", ("kind", "not_a_survey")),
        (json.dumps(PLAIN).encode(), ("kind", "not_a_survey")),
        (written(kind="dashboard"), ("kind", "not_a_survey")),
        (written(kind=["survey"]), ("kind", "not_a_survey")),
        (written(afterword=2), ("afterword", "not_a_survey")),
        (written(afterword=True), ("afterword", "not_a_survey")),
        (written(afterword=...), ("afterword", "not_a_survey")),
        (written(extra=1), ("extra", "unknown_key")),
        (written(name=...), ("name", "not_a_text")),
        (written(name=[]), ("name", "not_a_text")),
        (written(name=" \0 "), ("name", "no_text")),
        (written(name="x" * 121), ("name", "too_long")),
        (written(logo="data:image/svg+xml,<svg onload=alert(1)>"), ("logo", "not_a_logo")),
        (written(document=...), ("document", "not_an_object")),
        (written(document=[]), ("document", "not_an_object")),
        (written(document=PLAIN | {"metric": "osat"}), ("document.metric", "unknown_metric")),
        (written(document=PLAIN | {"frozen": {}}), ("document.frozen", "unknown_key")),
        (written(document=PLAIN | {"look": {"logo": "0" * 32}}), ("document.look.logo", "not_a_logo")),
        (
            written(document=PLAIN | {"texts": {"en": {"question": "javascript:alert(1)"}}}),
            ("document.texts.en.question", "script_url"),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(app, data, flaw):
    assert flaw in told(data)
    assert all(sentence(one).endswith(".") for one in unpack(data)[1])


def test_everything_wrong_is_told_at_once():
    found = told(written(name="", extra=1, document=PLAIN | {"metric": "x", "locales": ["en", "E"]}))
    assert set(found) == {
        ("name", "no_text"),
        ("extra", "unknown_key"),
        ("document.metric", "unknown_metric"),
        ("document.locales[1]", "not_a_locale"),
    }


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    assert unpack(data)[1]


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_no_content_breaks_the_reader(content):
    assert opened(content)[1]
    assert opened({"afterword": 1, "kind": "survey", "name": content, "document": content, "logo": content})[1]
