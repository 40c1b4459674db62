"""How sure a number is, as staff read it: never an interval that leaves the scale."""

import pytest

from base import numerals
from feedback import metric


@pytest.fixture(autouse=True)
def _page(app):
    with app.test_request_context("/"):
        yield


def of(score):
    return numerals.spread(score.value, score.margin, score.low, score.high, numerals.metric_unit(score.metric))


@pytest.mark.parametrize(
    ("key", "counts", "words"),
    [
        ("csat", {1: 1}, "(0 to 79%)"),
        ("csat", {5: 1}, "(21 to 100%)"),
        ("nps", {0: 1}, "(−100 to 48)"),
        ("nps", {9: 60, 3: 40}, "± 19"),
        ("csat", {5: 60, 1: 40}, "± 10"),
    ],
)
def test_an_interval_stays_on_its_scale(key, counts, words):
    assert of(metric.score(key, counts)) == words


def test_the_mean_of_a_rating_stays_on_its_own_scale():
    assert numerals.spread(4.8, 0.5, 4.3, 5.0, places=1, ends=(1, 5)) == "(4.3 to 5.0)"
    assert numerals.spread(3.0, 0.5, 2.5, 3.5, places=1, ends=(1, 5)) == "± 0.5"


@pytest.mark.parametrize(
    ("value", "unit", "places", "words"),
    [
        (None, "percent", 0, "–"),
        (71.6, "percent", 0, "72%"),
        (-0.4, "percent", 0, "0%"),
        (1203.6, "", 0, "1,204"),
        (4.2, "nps", 0, "+4"),
        (-3.4, "nps", 0, "−3"),
        (0.3, "nps", 0, "0"),
        (-1234.56, "", 1, "−1,234.6"),
    ],
)
def test_a_number_has_the_separators_of_the_language_and_a_true_minus(value, unit, places, words):
    assert numerals.num(value, unit, places) == words


def test_numbers_in_a_column_have_as_many_places_each():
    column = [numerals.fixed(value, 1, sign=True) for value in (3, -1.25, 0, 1000.04, None)]
    assert column == ["+3.0", "−1.2", "0.0", "+1,000.0", "–"]


def test_nothing_is_shown_with_a_sign_whatever_was_shown_before():
    numerals._formatted.cache_clear()
    assert (numerals.numberformat(-0.0), numerals.num(0, "percent"), numerals.fixed(-0.0, 1)) == ("0", "0%", "0.0")
