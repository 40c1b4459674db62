"""Means and their intervals, against tables and arithmetic by hand."""

import random
from math import sqrt

import pytest

from feedback.averaging import Sums, difference, mean, t_quantile


@pytest.mark.parametrize(("freedom", "tabled"), [
    (1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (30, 2.0423), (99, 1.9842), (120, 1.9799),
    (1000, 1.9623),
])  # fmt: skip
def test_the_quantiles_are_those_of_the_tables(freedom, tabled):
    assert t_quantile(freedom) == pytest.approx(tabled, abs=0.00006)


def test_the_two_formulas_meet():
    assert t_quantile(99) > t_quantile(100) > t_quantile(101)
    assert t_quantile(99) - t_quantile(100) == pytest.approx(t_quantile(100) - t_quantile(101), rel=0.05)


def test_a_mean_by_hand():
    # 4 5 5 6: mean 5, squared deviations 1 0 0 1, variance 2/3, error √(2/3/4) = 0.40825, times 3.18245
    found = mean(Sums.of([4, 5, 5, 6]), 1, 7)
    assert found.value == 5
    assert found.margin == pytest.approx(1.29923, abs=0.00005)
    assert (found.low, found.high) == (pytest.approx(3.70077, abs=0.00005), pytest.approx(6.29923, abs=0.00005))


def test_an_interval_stays_on_its_scale():
    found = mean(Sums.of([6, 7, 7, 7]), 1, 7)
    assert found.high == 7
    assert found.margin == found.value - found.low


def test_counts_give_the_sums_of_the_values():
    assert Sums.counted({1: 2, 5: 3}) == Sums.of([1, 1, 5, 5, 5])


def test_one_value_has_no_interval_and_none_has_no_mean():
    assert mean(Sums.of([4]), 1, 7).margin is None
    assert mean(Sums(), 1, 7) is None


def test_two_groups_by_hand():
    # 2 4 6 (mean 4, error² 4/3) and 1 3 (mean 2, error² 1): √(7/3) = 1.52753; (7/3)²/((4/3)²/2 + 1) = 2.88 → 2 degrees
    found = difference(Sums.of([2, 4, 6]), Sums.of([1, 3]), 1, 7)
    assert found.value == 2
    assert found.high - found.value == pytest.approx(4.30265 * 1.52753, abs=0.0005)
    assert found.n == 2


def test_all_who_agree_leave_room_for_those_who_were_not_asked():
    # u = 1.96² / (10 + 1.96²) = 0.27753 of others at most: 5 − 0.27753 · 4
    found = mean(Sums.of([5] * 10), 1, 5)
    assert (found.value, found.high) == (5, 5)
    assert found.low == pytest.approx(3.88987, abs=0.00005)
    found = mean(Sums.of([-1] * 10), -6, 6)  # −1 − 0.27753 · 5, −1 + 0.27753 · 7
    assert (found.low, found.high) == (pytest.approx(-2.38767, abs=0.00005), pytest.approx(0.94274, abs=0.00005))
    assert mean(Sums.of([-1] * 40), -6, 6).high < 0  # forty people are enough to say so
    assert mean(Sums.of([0.1] * 9), 0, 1).low < 0.1  # whose squares miss nought by a hair


def test_one_person_a_step_away_does_not_make_the_others_surer():
    assert mean(Sums.of([5] * 9 + [4]), 1, 5).low < mean(Sums.of([5] * 10), 1, 5).low


def test_groups_that_agree_differ_as_surely_as_each_is_known():
    found = difference(Sums.of([5] * 10), Sums.of([3] * 10), 1, 5)
    one, other = mean(Sums.of([5] * 10), 1, 5), mean(Sums.of([3] * 10), 1, 5)
    assert (found.value, found.margin) == (2, pytest.approx(sqrt((5 - one.low) ** 2 + (other.high - 3) ** 2)))
    assert found.high == pytest.approx(2 + 3 - other.low)


def test_few_of_another_opinion_are_missed_no_more_often_than_it_says():
    """85 % say 5 and 15 % say 3; of ten people one sample in five has none of the latter."""
    chance, held = random.Random(7), 0
    for _ in range(4000):
        found = mean(Sums.of(3 if chance.random() < 0.15 else 5 for _ in range(10)), 1, 5)
        held += found.low <= 4.7 <= found.high
    assert held / 4000 > 0.95


def test_nineteen_of_twenty_intervals_hold_the_truth():
    chance, held = random.Random(7), 0
    for _ in range(2000):
        values = [chance.gauss(4, 1) for _ in range(12)]
        found = mean(Sums.of(values), -100, 100)
        held += found.low <= 4 <= found.high
    assert 0.935 < held / 2000 < 0.965
    assert sqrt(Sums.of([1, 3]).error) == 1
