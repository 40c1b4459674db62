"""Phrases of comments: merged by lemma, never with an empty word at an edge, right for every odd text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.phrase import read, written
from feedback.sentiment import read as read_comment
from feedback.sentiment.gleaning import LANGUAGES, MOST_TELLING, phrases_of
from feedback.sentiment.lemmas import TABLES, latin, lemmas_of
from feedback.sentiment.skipping import skipped
from surveys.folding import folded


def keys(comment, language):
    return {one.key for one in phrases_of(comment, language)}


@pytest.mark.parametrize(
    ("language", "key", "variations"),
    [
        ("en", "delivery late", ("Late delivery!", "the deliveries were late", "LATE DELIVERIES again")),
        ("sl", "dolg vrsta", ("Dolga vrsta", "vrste so bile res dolge, vrste so dolge", "v dolgi vrsti")),
        ("pl", "klient obsluga", ("Obsługa klienta", "przy obsłudze klientów", "z obsługą klienta")),
        ("el", "αργοσ παραδοση", ("αργή παράδοση", "Η παράδοση ήταν αργή", "αργές παραδόσεις")),
        ("ru", "бесплатныи доставка", ("Бесплатная доставка", "о бесплатной доставке", "бесплатные доставки")),
        ("sr", "duga red", ("Дуги редови", "dugi redovi", "у дугом реду")),
    ],
)
def test_ways_to_write_a_phrase_are_one_by_their_lemmas(language, key, variations):
    assert [sorted(key.split()) for one in variations if key in keys(one, language)] == [key.split()] * len(variations)


def test_a_phrase_goes_over_no_sign_number_and_or_not():
    assert "delivery late" not in keys("late. Delivery", "en")
    assert "delivery late" not in keys("late 3 delivery", "en")
    assert "fast friendly" not in keys("fast and friendly", "en")
    assert "delivery late" not in keys("the delivery wasn’t late", "en")
    assert "delivery late" not in keys("delivery that they told us was late", "en")


def test_a_phrase_is_told_as_it_stands_in_the_comment():
    comment = "Well, the Courier’s attitude was rude."
    told = {one.key: comment[one.begin : one.end] for one in phrases_of(comment, "en")}
    assert told == {
        "courier": "Courier",
        "attitude courier": "Courier’s attitude",
        "attitude courier rude": "Courier’s attitude was rude",
        "attitude": "attitude",
        "attitude rude": "attitude was rude",
        "rude": "rude",
    }


def test_an_apostrophe_parts_words_and_not_a_phrase():
    assert "attente temps" in keys("Le temps d’attente au téléphone", "fr")
    assert keys("don't", "en") == set()


def test_serbian_is_one_language_in_both_alphabets():
    assert latin("љубазна џеп") == "ljubazna džep"
    assert keys("Љубазна курирка", "sr") == keys("Ljubazna kurirka", "sr") != set()


@pytest.mark.parametrize("language", ["ar", "und", "", "xx"])
def test_a_language_whose_words_are_not_known_has_no_phrases(language):
    assert phrases_of("التوصيل متأخر جدا", language) == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_knows_words_that_say_nothing_and_words_that_turn_a_meaning_round(language):
    skip = skipped(language)
    assert len(skip.words) > 150
    assert len(skip.breaking) >= 8
    assert skip.breaking <= skip.words
    assert not skip.telling & skip.words


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("", set()),
        ("😤😤😤 🎉", set()),
        ("!!! ... ???", set()),
        ("a" * 10_000, set()),
        ("a " * 5_000, set()),
        ("12345 67", set()),
        ("write to ana@shop.example or https://shop.example/late?x=1 #refund @boris", {"write"}),
        ("<b>parcel</b><script>alert('late')</script>", {"parcel", "script", "alert", "late"}),
        ("\ud800\ud800 parcel \x00 \u202e late", {"parcel", "late"}),
        ("המשלוח איחר מאוד", {"המשלוח", "איחר", "מאוד", "איחר המשלוח", "איחר מאוד", "איחר המשלוח מאוד"}),
    ],
)
def test_odd_texts_stay_right(comment, expected):
    assert keys(comment, "en") == expected


def test_a_comment_of_ten_thousand_signs_is_read_up_to_a_bound():
    comment = " ".join(f"parcel{'abcdefghij'[n % 10]}x courier" for n in range(1_000))[:10_000]
    found = phrases_of(comment, "en")
    assert 0 < len(found) <= 3 * MOST_TELLING


WORDS = {  # of languages whose tables are small
    "en": "the delivery was not late and parcels couriers very rude with our phones don't it's ordered rooms",
    "sl": "dostava je bila zelo pozna in kurirji niso prijazni brez računa na vrsti dolge naročila",
    "el": "η παράδοση δεν ήταν αργή και οι κούριερ πολύ αγενείς χωρίς δέμα στην ουρά τηλέφωνα",
}
TEXTS = st.sampled_from(sorted(WORDS)).flatmap(
    lambda language: st.tuples(
        st.just(language),
        st.lists(
            st.sampled_from([*WORDS[language].split(), ".", ",", "7", "😀", "-", "\n", "“"]) | st.text(max_size=3),
            max_size=25,
        ).map(" ".join),
    )
)


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_no_phrase_begins_or_ends_with_a_word_that_says_nothing(case):
    language, comment = case
    skip = skipped(language)
    for one in phrases_of(comment, language):
        text = comment[one.begin : one.end]
        words = [folded(word).replace("’", "'") for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text)]
        edges = {words[0], words[-1]}
        assert not edges & skip.words
        assert not set(words) & skip.breaking
        assert one.key.split() == sorted(set(one.key.split()))
        assert len(one.key.split()) <= 3
        assert not re.search(r"[.,\n\d]", text)


def test_phrases_are_kept_and_read_back():
    found = phrases_of("The deliveries were late; rude courier", "en")
    assert read(written(found)) == found
    assert read(written([])) == read("") == []


def test_a_reading_has_phrases_even_where_no_engine_can_be_used():
    found = read_comment("The deliveries were late", engine="none")
    assert (found.language, found.engine, found.label) == ("en", None, None)
    assert "delivery late" in {one.key for one in found.phrases}


def test_a_lemma_is_folded_and_a_word_that_no_table_knows_is_its_own():
    assert lemmas_of(["Škatle", "qwrtzp"], "sl") == ["skatla", "qwrtzp"]
    assert (
        set(TABLES)
        == LANGUAGES
        == frozenset(["en", "sl", "pl", "el", "ru", "de", "fr", "es", "it", "pt", "nl", "hr", "sr", "bs", "cs", "sk"])
    )
