"""The built-in engine: fifteen languages from one file."""

import json
import time
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.sentiment import EngineError, Heard, engine_named, read, read_all
from feedback.sentiment.features import fold, rows_of, word_rows
from feedback.sentiment.ngram import NgramEngine
from feedback.sentiment.parting import parts_of
from feedback.sentiment.saying import says_something
from feedback.sentiment.table import FILE, load
from feedback.sentiment.themes import DIMENSIONS, THEMES

CLEAR = {
    "en": ("Terrible service, I am really disappointed.", "Excellent service, very friendly and fast."),
    "sl": ("Zelo sem razočaran, nihče se ni oglasil.", "Odlično, zelo prijazni in hitri, hvala!"),
    "pl": ("Jestem bardzo rozczarowana, nikt nie odbiera telefonu.", "Świetna obsługa, szybko i miło, polecam!"),
    "el": ("Απαράδεκτη εξυπηρέτηση, είμαι πολύ απογοητευμένος.", "Άριστη εξυπηρέτηση, πολύ ευγενικοί και γρήγοροι!"),
    "ru": ("Ужасное обслуживание, очень разочарован.", "Отличное обслуживание, всё быстро и вежливо, спасибо!"),
    "de": ("Furchtbarer Service, sehr enttäuscht.", "Sehr freundlich und schnell, vielen Dank!"),
}


@pytest.fixture(scope="module")
def engine():
    return NgramEngine()


@pytest.mark.parametrize(("bad", "good"), CLEAR.values(), ids=CLEAR)
def test_plain_words_are_read_in_each_language(engine, bad, good):
    complaint, praise = engine.score([bad, good])
    assert (complaint.label, praise.label) == ("negative", "positive")
    assert complaint.polarity < -0.2
    assert praise.polarity > 0.2


@pytest.mark.parametrize(
    "comment", ["", "  ", "12345", "10/10", ".", "-", "...", "n/a", "N/A", "!!!", "x", "aaaaaa", "https://a.example/b"]
)
def test_what_carries_nothing_is_unscored(engine, comment):
    assert engine.score([comment]) == [None]
    assert read(comment).label is None


def test_emoji_count(engine):
    good, bad = engine.score(["👍👍", "😡"])
    assert (good.label, bad.label) == ("positive", "negative")


def test_one_at_a_time_is_the_same_as_many_at_once(engine):
    comments = [text for pair in CLEAR.values() for text in pair] + ["", "12", "ok", "👍", "a. b! c? но d"] * 60
    assert engine.score(comments) == [engine.score([comment])[0] for comment in comments]


def test_accents_capitals_and_look_alike_letters_change_nothing():
    plain = fold(["zelo sem razocaran!!"])
    assert fold(["ZELO sem razočaran!!!!"]) == plain
    assert fold(["zelo\u200b sem\u00a0razoc\u030caran!!"]) == plain


def test_a_comment_of_two_minds_is_mixed_and_shows_its_parts():
    score = read(
        "The technician was wonderful and very kind, but the invoice was wrong again and nobody answers. Awful."
    )
    assert len(score.parts) >= 2
    assert {part.label for part in score.parts} >= {"positive", "negative"}


def test_parts_lie_in_the_comment_one_after_another():
    comment = "Hitro so prišli. Ampak računa še vedno ni! Hvala, ampak ne hvala…"
    spans = parts_of(comment)
    assert len(spans) >= 3
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_themes_are_known_ones_and_have_a_dimension(engine):
    found = engine.score(["The courier came three hours late and left the parcel in the rain.", "Cena je previsoka."])
    assert {theme for score in found for theme, _ in score.themes} <= set(THEMES)
    assert set(DIMENSIONS.values()) == {"tangibles", "reliability", "responsiveness", "assurance", "empathy"}
    assert "delivery" in dict(found[0].themes)
    assert "price" in dict(found[1].themes)


@pytest.mark.parametrize(
    "comment",
    [
        "a" * 10_000,
        "ab " * 3_333,
        "но. " * 2_500,
        "\u202e" * 500,
        "\ud800 broken \udfff",
        "<b>good</b> " * 800,
        "\0bad\0",
        "ｇｒｅａｔ",
        "(" * 10_000,
        "x@" * 5_000,
        "a@b." * 2_500,
        "http://" * 1_400,
        "<" * 10_000,
        ":(" * 5_000,
    ],
)
def test_odd_comments_have_an_answer_quickly(engine, comment):
    read("Zelo dobro, прекрасно")  # loads the engine, and what tells languages of other scripts apart
    read(comment[:100])  # and the words of the language that it is taken for
    began = time.process_time()
    read(comment[:10_000])
    assert time.process_time() - began < 0.5  # 50 ms on an idle machine


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=200), max_size=5))
def test_any_texts_have_a_score_each(comments):
    found = read_all([Heard(comment) for comment in comments])
    assert len(found) == len(comments)
    for one in found:
        assert one.polarity is None or (-1 <= one.polarity <= 1 and 0 <= one.confidence <= 1)
        assert (one.label is None) == (one.polarity is None)


@given(st.text(max_size=60))
def test_features_of_a_text_do_not_depend_on_its_neighbours(text):
    folded = fold([text, "the other one", text])
    rows, owner = rows_of(folded)
    assert sorted(rows[owner == 0]) == sorted(rows[owner == 2]) == sorted(rows_of(fold([text]))[0])


@given(st.lists(st.from_regex(r"[a-zčšžа-яα-ω]{1,12}", fullmatch=True), min_size=1, max_size=6))
def test_a_word_has_the_row_by_which_a_comment_of_it_alone_is_known(words):
    """Of a comment of one word, one feature is the word; no piece of a longer word is it."""
    folded = fold(words)
    rows = word_rows(folded)
    assert len(rows) == len(folded)
    for row, word in zip(rows, folded, strict=True):
        assert row in rows_of([word])[0]
        assert row not in rows_of([f"{word}q"])[0]


def test_saying_something_is_about_words_and_faces():
    assert says_something("ok")
    assert says_something(":)")
    assert not says_something("b/d")


def test_the_model_file_is_small_and_loads_quickly():
    assert FILE.stat().st_size < 10_000_000
    began = time.process_time()
    load()
    assert time.process_time() - began < 1  # 150 ms on an idle machine


def _damaged(tmp_path, change):
    with np.load(FILE) as file:
        arrays = {name: file[name] for name in file.files}
    meta = json.loads(bytes(arrays["meta"]))
    change(meta, arrays)
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    np.savez(tmp_path / "ngram.npz", **arrays)
    return tmp_path / "ngram.npz"


def test_a_missing_model_file_is_told(tmp_path):
    with pytest.raises(EngineError, match="is missing"):
        load(tmp_path / "none.npz")


@pytest.mark.parametrize("kept", [0, 10, 1_000, 0.5, 0.999])
def test_a_truncated_model_file_is_told(tmp_path, kept):
    whole = FILE.read_bytes()
    (tmp_path / "ngram.npz").write_bytes(whole[: int(kept if kept >= 1 or not kept else len(whole) * kept)])
    with pytest.raises(EngineError, match="cannot be read"):
        load(tmp_path / "ngram.npz")


def test_a_model_file_of_another_version_is_told(tmp_path):
    with pytest.raises(EngineError, match="format 99"):
        load(_damaged(tmp_path, lambda meta, _: meta.update(format=99)))
    with pytest.raises(EngineError, match="another size"):
        load(_damaged(tmp_path, lambda _, arrays: arrays.update(sentiment=arrays["sentiment"][:10])))


def test_a_file_that_is_no_model_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as file:
        file.writestr("meta.npy", b"nothing")
    with pytest.raises(EngineError, match="cannot be read"):
        load(tmp_path / "x.npz")


def test_without_a_model_comments_stay_unscored_and_nothing_raises(monkeypatch):
    from feedback.sentiment import choosing

    monkeypatch.setitem(choosing._made, "ngram", EngineError("gone"))
    found = read("This is terrible and I am angry about it.")
    assert (found.language, found.label, found.polarity, found.engine) == ("en", None, None, None)


def test_an_engine_that_is_not_there_says_what_to_do():
    with pytest.raises(EngineError, match="There is no engine"):
        engine_named("crystal ball")
