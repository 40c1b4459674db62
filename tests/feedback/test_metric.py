"""Scores and their intervals, held against published figures and an independent implementation.

That one takes seconds to import, so only the tests that ask it do.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb, hypot
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.metric import (
    Score,
    change,
    changes,
    nps_interval,
    nps_points,
    plain_nps_margin,
    ranking_key,
    score,
    wilson_interval,
)
from surveys.scale import SCALES


def nps(promoters: int, passives: int, detractors: int) -> Score:
    return score("nps", {10: promoters, 7: passives, 0: detractors})


def csat(good: int, n: int) -> Score:
    return score("csat", {5: good, 1: n - good})


@st.composite
def answered(draw: st.DrawFn, metric: str | None = None) -> tuple[str, dict[int, int]]:
    name = metric or draw(st.sampled_from(sorted(SCALES)))
    return name, draw(st.dictionaries(st.sampled_from(SCALES[name].values), st.integers(0, 400)))


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "margin"),
    [
        # Half promoters, a fifth detractors; then the worst case, half and half (196·√(Var/n), Var = p + d − (p − d)²).
        (25, 10, 50, 21.6),
        (50, 20, 100, 15.3),
        (200, 80, 400, 7.7),
        (500, 200, 1000, 4.8),
        (50, 50, 100, 19.6),
        (200, 200, 400, 9.8),
    ],
)
def test_the_plain_margin_is_the_textbook_one(promoters: int, detractors: int, n: int, margin: float) -> None:
    assert round(plain_nps_margin(promoters=promoters, detractors=detractors, n=n), 1) == margin


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "points"),
    [(70, 10, 100, 60), (50, 20, 100, 30), (0, 10, 10, -100), (3, 0, 3, 100), (1, 1, 3, 0)],
)
def test_nps_is_promoters_less_detractors(promoters: int, detractors: int, n: int, points: float) -> None:
    assert nps_points(promoters=promoters, detractors=detractors, n=n) == points


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "low", "high"),
    [
        # By hand: p = 50.75 / 103 = .492718, d = 20.75 / 103 = .201456, p − d = .291262,
        # Var = .694175 − .084834 = .609341, 1.96·√(.609341 / 103) = .150751; the others by the same steps.
        (50, 20, 100, 14.05, 44.20),
        (10, 0, 10, 47.50, 100.0),
        (0, 10, 10, -100.0, -47.50),
        (0, 0, 20, -10.44, 10.44),
        (1, 0, 1, -48.50, 100.0),
    ],
)
def test_the_adjusted_interval_adds_three_pseudo_answers(
    promoters: int, detractors: int, n: int, low: float, high: float
) -> None:
    found = nps_interval(promoters=promoters, detractors=detractors, n=n)
    assert found == pytest.approx((low, high), abs=0.005)


def test_with_many_answers_adjusted_and_plain_agree() -> None:
    plain = plain_nps_margin(promoters=50_000, detractors=20_000, n=100_000)
    low, high = nps_interval(promoters=50_000, detractors=20_000, n=100_000)
    assert (high - low) / 2 == pytest.approx(plain, rel=1e-4)


@given(st.data(), st.integers(1, 5000))
def test_wilson_agrees_with_statsmodels(data: st.DataObject, n: int) -> None:
    from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]  # ships no types

    hits = data.draw(st.integers(0, n))
    low, high = proportion_confint(hits, n, alpha=0.05, method="wilson")
    assert wilson_interval(hits=hits, n=n) == pytest.approx((100 * low, 100 * high), abs=1e-9)


@pytest.mark.parametrize(
    ("metric", "counts", "value", "bands"),
    [
        ("nps", {10: 4, 9: 3, 8: 1, 7: 1, 6: 1}, 60.0, (1, 2, 7)),
        ("csat", {5: 4, 4: 3, 3: 2, 2: 1}, 70.0, (1, 2, 7)),
        ("ces", {7: 2, 6: 2, 5: 1, 4: 2, 3: 1, 1: 2}, 50.0, (3, 2, 5)),
    ],
)
def test_each_metric_counts_its_own_bands(
    metric: str, counts: Mapping[int, int], value: float, bands: tuple[int, int, int]
) -> None:
    found = score(metric, counts)
    assert [found.value, found.n] == pytest.approx([value, 10])
    assert tuple(found.bands[band] for band in ("detractor", "passive", "promoter")) == bands
    assert sum(found.shares.values()) == pytest.approx(100)


def test_no_answers_give_no_number() -> None:
    for counts in ({}, {5: 0}):
        found = score("csat", counts)
        assert (found.value, found.low, found.high, found.margin, found.n) == (None,) * 4 + (0,)
        assert found.too_few
        assert found.bands == {"detractor": 0, "passive": 0, "promoter": 0}


def test_nine_answers_are_too_few_and_ten_are_not() -> None:
    assert csat(9, 9).too_few
    assert not csat(10, 10).too_few


@given(answered())
def test_the_interval_holds_the_value_and_stays_on_the_scale(case: tuple[str, dict[int, int]]) -> None:
    found = score(*case)
    if found.value is None or found.low is None or found.high is None or found.margin is None:
        assert found.n == 0
        return
    floor = -100 if found.metric == "nps" else 0
    assert floor <= found.low <= found.value <= found.high <= 100
    assert found.low < found.high
    assert found.value - found.margin <= found.low + 1e-9
    assert found.value + found.margin >= found.high - 1e-9


@given(answered())
def test_no_score_is_certain(case: tuple[str, dict[int, int]]) -> None:
    found = score(*case)
    assert found.margin is None or found.margin > 0


@given(answered("nps"))
def test_mirrored_answers_mirror_the_interval(case: tuple[str, dict[int, int]]) -> None:
    bands = score(*case).bands
    one = nps(bands["promoter"], bands["passive"], bands["detractor"])
    other = nps(bands["detractor"], bands["passive"], bands["promoter"])
    if one.low is not None and other.high is not None:
        assert one.low == pytest.approx(-other.high)


@pytest.mark.parametrize(("metric", "counts"), [("nps", {11: 1}), ("csat", {0: 1}), ("ces", {8: 1}), ("csat", {5: -1})])
def test_impossible_counts_are_refused(metric: str, counts: Mapping[int, int]) -> None:
    with pytest.raises(ValueError, match=r"scale|answers"):
        score(metric, counts)


def test_the_sentence_has_its_figures() -> None:
    figures = csat(7, 10).figures
    assert csat(7, 10).method == "csat-wilson"
    assert (figures["promoter_min"], figures["highest"], figures["promoters"], figures["n"]) == (4, 5, 7, 10)


@pytest.mark.parametrize(
    ("now", "before", "kind"),
    [
        (csat(90, 100), csat(70, 100), "up"),
        (csat(70, 100), csat(90, 100), "down"),
        (csat(80, 100), csat(75, 100), "unclear"),
        (csat(80, 100), csat(80, 100), "unclear"),
        (nps(60, 30, 10), nps(30, 30, 40), "up"),
        (nps(50, 30, 20), nps(45, 35, 20), "unclear"),
        (nps(1, 0, 0), nps(0, 0, 1), "unclear"),
        (csat(0, 0), csat(80, 100), "no_data"),
        (csat(80, 100), csat(0, 0), "no_data"),
    ],
)
def test_only_a_clear_change_is_called_one(now: Score, before: Score, kind: str) -> None:
    found = change(now, before)
    assert found.kind == kind
    if found.low is not None and found.high is not None and not (now.too_few or before.too_few):
        assert (found.low > 0 or found.high < 0) == (kind in ("up", "down"))


def test_without_data_there_is_no_difference_to_show() -> None:
    assert (change(csat(0, 0), csat(8, 9)).delta, change(csat(0, 0), csat(8, 9)).margin) == (None, None)


def test_two_metrics_are_never_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        change(csat(8, 9), nps(3, 2, 1))


@given(st.data(), st.integers(1, 300), st.integers(1, 300))
def test_a_change_of_shares_agrees_with_newcombe(data: st.DataObject, n_now: int, n_before: int) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    now, before = data.draw(st.integers(0, n_now)), data.draw(st.integers(0, n_before))
    low, high = confint_proportions_2indep(now, n_now, before, n_before, method="newcomb", compare="diff", alpha=0.05)
    found = change(csat(now, n_now), csat(before, n_before))
    assert found.delta is not None
    assert found.margin is not None
    facing = found.delta - 100 * low if found.delta > 0 else 100 * high - found.delta
    assert found.margin == pytest.approx(facing, abs=1e-6)


def test_with_symmetric_intervals_the_combined_margin_is_the_plain_one() -> None:
    one, other = nps(2000, 6000, 2000), nps(2100, 5900, 2000)
    plain = hypot(
        plain_nps_margin(promoters=2000, detractors=2000, n=10_000),
        plain_nps_margin(promoters=2100, detractors=2000, n=10_000),
    )
    assert change(one, other).margin == pytest.approx(plain, rel=1e-2)


@pytest.mark.parametrize("shares", [(0.2, 0.3, 0.5), (0.05, 0.15, 0.8), (0.3, 0.4, 0.3)])
def test_unchanged_customers_are_rarely_called_a_change(shares: tuple[float, float, float]) -> None:
    n = 10
    outcomes = []
    for pro in range(n + 1):
        for det in range(n + 1 - pro):
            rest = n - pro - det
            ways = comb(n, pro) * comb(n - pro, det)
            outcomes.append((nps(pro, rest, det), ways * shares[0] ** det * shares[1] ** rest * shares[2] ** pro))
    alarms = sum(p * q for one, p in outcomes for two, q in outcomes if change(one, two).kind != "unclear")
    assert alarms < 0.06


@given(answered("nps"), answered("nps"))
def test_swapping_the_periods_swaps_the_verdict(
    one: tuple[str, dict[int, int]], two: tuple[str, dict[int, int]]
) -> None:
    there, back = change(score(*one), score(*two)), change(score(*two), score(*one))
    assert {"up": "down", "down": "up"}.get(there.kind, there.kind) == back.kind


def test_one_happy_answer_does_not_outrank_a_hundred() -> None:
    segments = {"one": csat(1, 1), "many": csat(95, 100), "none": csat(0, 0), "poor": csat(10, 100)}
    ranked = sorted(segments, key=lambda name: ranking_key(segments[name]), reverse=True)
    assert ranked == ["many", "poor", "one", "none"]


def test_too_few_answers_are_no_change_however_far_apart() -> None:
    assert change(csat(10, 10), csat(0, 2)).kind == "unclear"
    assert change(csat(3, 3), csat(0, 3)).kind == "unclear"


def test_several_scores_that_are_looked_at_together_must_move_further_to_be_called_a_change() -> None:
    moved, still = (csat(80, 100), csat(66, 100)), (csat(50, 100), csat(50, 100))
    assert [one.kind for one in changes([moved])] == ["up"]
    assert [one.kind for one in changes([moved, *[still] * 7])] == ["unclear"] * 8
    few = (csat(1, 2), csat(2, 2))
    assert changes([moved, few])[0].kind == "up", "what is too few to compare is no further look"


def test_eight_surveys_that_nothing_happens_to_hardly_ever_name_one_that_moved() -> None:
    chance = Random(5)

    def a_day() -> Score:
        return csat(sum(chance.random() < 0.7 for _ in range(30)), 30)

    told = sum(
        any(one.kind != "unclear" for one in changes([(a_day(), a_day()) for _ in range(8)])) for _ in range(300)
    )
    assert told <= 0.05 * 300


def test_of_equal_segments_the_one_heard_more_comes_first() -> None:
    assert ranking_key(csat(0, 50)) > ranking_key(csat(0, 5)) > ranking_key(csat(0, 0))
