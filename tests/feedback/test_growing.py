"""A topic grew only when chance alone would not have made it."""

import random

import pytest

from feedback.growing import Said, grown

ON = dict.fromkeys((f"theme {number}" for number in range(13)), True)


def said(n, spoken=0, bad=0, theme="theme 3"):
    return Said(n, {theme: (spoken, bad)} if spoken else {})


def test_a_clear_growth_is_told_with_both_sides():
    [one] = grown(said(50, 20, 15), said(60, 3), ON)
    assert (one.theme, one.spoken, one.bad, one.n, one.before, one.n_before) == ("theme 3", 20, 15, 50, 3, 60)
    assert one.delta == pytest.approx(35.0)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (said(9, 9), said(50)),  # too few now
        (said(50, 40), said(9)),  # too few before
        (said(10, 4), said(400)),  # fewer than five speak of it
        (said(50, 12), said(50, 7)),  # chance
        (said(50, 7), said(50, 30)),  # less than before
        (said(0), said(0)),
    ],
)
def test_what_is_too_little_or_no_more_than_chance_is_not_told(now, before):
    assert grown(now, before, ON) == []


def test_a_share_counts_and_not_a_number():
    assert grown(said(400, 40), said(40, 4), ON) == []


def test_topics_that_are_switched_off_are_not_told():
    assert grown(said(50, 20), said(60, 3), ON | {"theme 3": False}) == []


def test_the_most_grown_comes_first():
    now = Said(100, {"theme 1": (40, 0), "theme 2": (60, 0)})
    assert [one.theme for one in grown(now, Said(100, {}), ON)] == ["theme 2", "theme 1"]


def test_surveys_are_added():
    both = said(10, 4, 2) + Said(20, {"theme 3": (1, 1), "theme 4": (2, 0)})
    assert (both.n, both.spoken) == (30, {"theme 3": (5, 3), "theme 4": (2, 0)})


def test_where_nothing_changes_hardly_any_day_tells_of_growth():
    chance = random.Random(11)

    def a_day():
        return Said(60, {theme: (sum(chance.random() < 0.2 for _ in range(60)), 0) for theme in ON})

    alarms = sum(bool(grown(a_day(), a_day(), ON)) for _ in range(400))
    assert alarms <= 400 * 0.05


def test_few_comments_beside_many_grow_no_oftener_by_chance():
    chance = random.Random(12)

    def of(n):
        return Said(n, {theme: (sum(chance.random() < 0.02 for _ in range(n)), 0) for theme in ON})

    alarms = sum(len(grown(of(100), of(1_000), ON)) for _ in range(150))
    assert alarms <= 150 * 0.03
