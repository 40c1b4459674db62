"""How sure a number is, as staff read it: never an interval that leaves the scale."""

import pytest
from flask import get_template_attribute

from feedback import metric


@pytest.fixture
def spread(app):
    with app.test_request_context("/"):
        yield get_template_attribute("macros/number.html", "spread")


def of(spread, score):
    unit = "nps" if score.metric == "nps" else "percent"
    return str(spread(score.value, score.margin, score.low, score.high, unit))


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
def test_an_interval_stays_on_its_scale(spread, key, counts, words):
    assert of(spread, metric.score(key, counts)) == words


def test_the_mean_of_a_rating_stays_on_its_own_scale(spread):
    assert str(spread(4.8, 0.5, 4.3, 5.0, places=1, ends=(1, 5))) == "(4.3 to 5.0)"
    assert str(spread(3.0, 0.5, 2.5, 3.5, places=1, ends=(1, 5))) == "± 0.5"
