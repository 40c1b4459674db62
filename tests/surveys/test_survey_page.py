"""The page of one survey, and the one before it is published."""

import re

import pytest

from tests.cast import a_draft, a_survey


@pytest.fixture
def boris(cast, browser_of):
    return browser_of(cast.boris)


def steps(page):
    drawn = re.search(r'<ol class="asked-steps"[^>]*>(.*?)</ol>', page, re.DOTALL)[1]
    return re.findall(r"<li>(.*?)</li>", drawn, re.DOTALL)


@pytest.mark.parametrize(("metric", "values"), [("nps", range(11)), ("csat", range(1, 6)), ("ces", range(1, 8))])
def test_the_question_stands_above_its_scale(cast, boris, metric, values):
    survey = a_survey(cast.workspace, metric)
    assert steps(boris.get(f"/w/acme/surveys/{survey.slug}").text) == [str(value) for value in values]


@pytest.mark.parametrize(("metric", "number"), [("stars", 5), ("smileys", 5), ("thumbs", 2)])
def test_scales_without_numbers_are_drawn(cast, boris, metric, number):
    survey = a_draft(cast.workspace, metric)
    drawn = steps(boris.get(f"/w/acme/surveys/{survey.slug}/publish").text)
    assert len(drawn) == number
    assert all("score-picture" in one for one in drawn)


def test_a_scale_of_words_says_its_words(cast, boris):
    survey = a_draft(cast.workspace, "csat3")
    words = steps(boris.get(f"/w/acme/surveys/{survey.slug}").text)
    assert len(words) == 3
    assert all(word.isprintable() and not word.isdigit() for word in words)


def test_a_question_from_right_to_left_begins_at_the_right(cast, boris):
    survey = a_survey(cast.workspace, locales=("ar",))
    assert '<section class="card asked" lang="ar" dir="rtl">' in boris.get(f"/w/acme/surveys/{survey.slug}").text


def test_the_menu_is_called_more(cast, boris):
    survey = a_survey(cast.workspace)
    page = boris.get(f"/w/acme/surveys/{survey.slug}").text
    assert re.search(r"<summary class=\"menu-trigger\"><svg.*?</svg>More<svg", page, re.DOTALL)
    assert "Anonymous</span>" not in page
