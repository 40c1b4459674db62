from importlib.metadata import version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.sentiment import LONGEST, Reading, engine_named, read


@pytest.mark.parametrize(
    ("comment", "label"),
    [
        ("Wonderful service, thank you so much, I am very happy!", "positive"),
        ("This was a terrible experience and the answer was useless.", "negative"),
        ("The waiting was not good at all, and the agent was rude.", "negative"),
        ("The advice I was given was great, but the delivery was terrible.", "mixed"),
    ],
)
def test_english_is_read_by_textblob(comment, label):
    reading = read(comment, engine="textblob")
    assert (reading.language, reading.label, reading.engine) == ("en", label, "textblob")
    assert reading.engine_version.startswith(version("textblob") + "+")


def test_a_label_agrees_with_the_sign_of_its_polarity():
    assert read("I love how quickly they answered my question").polarity > 0
    assert read("I hate how slowly they answered my question").polarity < 0


@pytest.mark.parametrize(
    ("comment", "language"),
    [
        ("Svetovalka je bila zelo prijazna in mi je hitro pomagala.", "sl"),
        ("Η εξυπηρέτηση ήταν πολύ γρήγορη.", "el"),
        ("12345", "und"),
        ("", "und"),
    ],
)
def test_textblob_leaves_other_languages_unscored_and_says_so(comment, language):
    reading = read(comment, locale_hint=None, engine="textblob")
    assert reading == Reading(language, reading.language_confidence, phrases=reading.phrases)
    assert (reading.label, reading.polarity, reading.confidence, reading.engine) == (None, None, None, None)


def test_english_without_any_opinion_is_unscored_and_not_zero():
    reading = read("They called me on Tuesday about the invoice that I had asked for.", engine="textblob")
    assert (reading.label, reading.polarity, reading.engine) == (None, None, "textblob")


def test_the_longest_comment_is_read_to_its_end_and_no_further():
    words = "The parcel was late and nobody could tell me why. " * 300
    assert read(words + "terrible " * 500) == read(words[:LONGEST])


def test_half_an_emoji_does_not_stop_the_reading():
    assert read("Such a great service \ud83d").label == "positive"


@settings(deadline=None)  # the first example loads the models
@given(st.text(max_size=300))
def test_any_text_has_a_reading(comment):
    reading = read(comment, locale_hint="en", engine="textblob")
    assert (reading.label is None) == (reading.polarity is None)
    if reading.polarity is not None:
        assert -1.0 <= reading.polarity <= 1.0


@pytest.mark.parametrize(
    "comment", ["", " ", "!" * LONGEST, "(" * LONGEST, ":)" * 5_000, "a.b." * 2_500, "\0", "<b>" * 3_000]
)
def test_odd_comments_do_not_stop_the_engine(comment):
    (score,) = engine_named("textblob").score([comment])
    assert score is None or -1.0 <= score.polarity <= 1.0
