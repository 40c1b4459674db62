"""What drives a score: worked examples by hand, and every effect recounted without its group."""

from itertools import product
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.driving import drivers
from feedback.metric import Z, change, from_bands, score, simultaneous
from surveys.scale import SCALES


def bands(detractor, passive, promoter):
    return {"detractor": detractor, "passive": passive, "promoter": promoter}


def test_the_worked_example():
    (one,) = drivers("nps", bands(40, 60, 100), {"team": bands(25, 15, 10)}).all
    assert one.effect == pytest.approx(20)
    assert one.share == 25
    assert one.own.value == -30
    assert one.clear


def test_the_interval_by_hand():
    """CSAT, 60 of 100 satisfied; a group of 20 with 6: the rest 54 of 80. Wilson by hand, then square and add."""
    (one,) = drivers("csat", bands(40, 0, 60), {"g": bands(14, 0, 6)}).all

    def wilson(hits, n):
        p, half = hits / n, Z * sqrt(hits / n * (1 - hits / n) / n + Z**2 / (4 * n**2))
        return [(p + Z**2 / (2 * n) + sign * half) / (1 + Z**2 / n) for sign in (-1, 1)]

    (low_g, high_g), (low_r, high_r) = wilson(6, 20), wilson(54, 80)
    gap = 54 / 80 - 6 / 20
    assert one.effect == pytest.approx(100 * (54 / 80 - 60 / 100)) == pytest.approx(7.5)
    assert one.low == pytest.approx(20 * (gap - sqrt((54 / 80 - low_r) ** 2 + (high_g - 6 / 20) ** 2)))
    assert one.high == pytest.approx(20 * (gap + sqrt((high_r - 54 / 80) ** 2 + (6 / 20 - low_g) ** 2)))


answered = st.lists(st.tuples(st.integers(1, 5), st.sampled_from("abc"), st.sampled_from("xy")), max_size=120)


@given(answered, st.sampled_from(["csat", "stars", "ces5"]))
def test_an_effect_is_what_a_recount_without_the_group_gives(rows, metric):
    scale = SCALES[metric]

    def counted(kept):
        found = bands(0, 0, 0)
        for value, *_ in kept:
            found[scale.band(value)] += 1
        return found

    groups = {name: counted(row for row in rows if name in row[1:]) for name in "abcxy"}
    whole = counted(rows)
    for one in drivers(metric, whole, groups).all:
        without = from_bands(metric, counted(row for row in rows if one.key not in row[1:]))
        assert one.effect == pytest.approx(without.value - from_bands(metric, whole).value)
        assert one.low <= one.effect <= one.high
        assert one.n >= 10
        assert without.n >= 10


def test_one_group_alone_is_clear_exactly_where_its_score_clearly_differs_from_the_rest():
    for wrong, right in product(range(0, 40, 3), range(0, 40, 3)):
        own, rest = bands(wrong, 5, 35 - min(wrong, 35)), bands(40 - right, 10, right)
        whole = {band: own[band] + rest[band] for band in own}
        (one,) = drivers("nps", whole, {"g": own}).all
        differs = change(from_bands("nps", rest), from_bands("nps", own)).kind in ("up", "down")
        assert one.clear == differs


def test_more_comparisons_make_wider_intervals_and_fewer_drivers():
    whole, own = bands(300, 200, 500), bands(46, 20, 44)
    alone = drivers("nps", whole, {"g": own}).all[0]
    many = {f"g{number:02}": bands(30, 20, 50) for number in range(30)} | {"g": own}
    crowded = next(one for one in drivers("nps", whole, many).all if one.key == "g")
    assert alone.effect == crowded.effect
    assert (alone.clear, crowded.clear) == (True, False)
    assert simultaneous(1) == Z
    assert simultaneous(20) == pytest.approx(3.0233, abs=1e-4)  # the normal quantile of 0.99875


def test_too_few_on_either_side_are_not_compared_and_do_not_count_among_the_comparisons():
    whole = bands(30, 10, 60)
    found = drivers("nps", whole, {"few": bands(9, 0, 0), "most": bands(25, 8, 58), "g": bands(20, 0, 10)})
    assert [one.key for one in found.all] == ["g"]
    assert found.all[0].low == drivers("nps", whole, {"g": bands(20, 0, 10)}).all[0].low
    assert drivers("nps", bands(0, 0, 0), {}).strongest == ()


def test_the_clear_ones_come_first_and_at_most_three_are_told():
    whole = bands(200, 200, 600)
    groups = {f"bad{n}": bands(60 - n, 10, 10) for n in range(4)} | {"even": bands(20, 20, 60)}
    found = drivers("nps", whole, groups)
    assert [one.key for one in found.strongest] == ["bad0", "bad1", "bad2"]
    assert found.all[-1].key == "even"
    assert score("nps", {10: 600, 7: 200, 0: 200}).bands == whole


def test_an_answer_that_came_between_two_looks_does_no_harm():
    (one,) = drivers("nps", bands(20, 10, 20), {"g": bands(0, 0, 21)}).all
    assert one.effect < 0
    assert one.high < 0
