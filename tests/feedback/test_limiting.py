"""Limits far out in the tails, beside those found by summing the binomial distribution."""

from math import comb
from statistics import NormalDist

import pytest

from feedback.limiting import exact_interval, exact_net_interval


def summed(hits, n, z):
    """The highest share that gives so few hits with the chance of one tail."""
    tail, low, high = 1 - NormalDist().cdf(z), 0.0, 1.0
    for _ in range(40):
        share = (low + high) / 2
        chance = sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(hits + 1))
        low, high = (share, high) if chance > tail else (low, share)
    return 100 * low


@pytest.mark.parametrize("z", [1.96, 3.1, 4.0])
@pytest.mark.parametrize("n", [10, 23, 80])
def test_the_limits_are_those_of_the_summed_tails(n, z):
    for hits in range(n):
        low, _ = exact_interval(hits=n - hits, n=n, z=z)
        assert exact_interval(hits=hits, n=n, z=z)[1] == pytest.approx(summed(hits, n, z), abs=0.7)
        assert low == pytest.approx(100 - summed(hits, n, z), abs=0.7)


def test_nobody_and_everybody_have_an_end_of_the_scale():
    assert exact_interval(hits=0, n=30, z=3.0)[0] == 0
    assert exact_interval(hits=30, n=30, z=3.0)[1] == 100
    assert exact_interval(hits=0, n=30, z=1.96)[1] == pytest.approx(100 * (1 - 0.025 ** (1 / 30)), abs=0.01)


def test_a_net_score_without_passives_is_twice_the_interval_of_a_share():
    """With p = 1 − d the two shares are one: P − D = 2P − 1."""
    low, high = exact_interval(hits=30, n=40, z=3.0)
    assert exact_net_interval(promoters=30, detractors=10, n=40, z=3.0) == pytest.approx(
        (2 * low - 100, 2 * high - 100)
    )


def test_a_net_score_keeps_to_its_scale_and_holds_its_value():
    for promoters in range(0, 21, 4):
        for detractors in range(0, 21 - promoters, 4):
            low, high = exact_net_interval(promoters=promoters, detractors=detractors, n=20, z=3.5)
            assert -100 <= low <= 5 * (promoters - detractors) <= high <= 100
