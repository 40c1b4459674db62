"""The SERVQUAL gap, by an example that can be worked out on paper."""

import re

import pytest
import time_machine

from feedback.gap import Gaps
from feedback.zoning import Interval
from surveys.filling import Piece
from surveys.version import Version
from tests.cast import AT, a_survey
from tests.feedback.answers import many_answers, rated

ALWAYS = Interval(AT.replace(year=2025), AT.replace(year=2027))


def matrix(ident, dimension, side, rows):
    return {"id": ident, "kind": "matrix", "rows": rows, "low": 1, "high": 7, "dimension": dimension, "side": side}


QUESTIONS = [
    {"id": "score", "kind": "score"},
    matrix("tan_e", "tangibles", "expected", ["t1", "t2"]),
    matrix("rel_e", "reliability", "expected", ["r1"]),
    matrix("tan_p", "tangibles", "perceived", ["t1", "t2"]),
    matrix("rel_p", "reliability", "perceived", ["r1"]),
]
PEOPLE = [
    # tangibles expected, perceived · reliability expected, perceived
    ((6, 6), (6, 4), 7, 5),  # P − E: 5 − 6 = −1; 5 − 7 = −2
    ((5, 7), (7, 7), 6, 5),  # 7 − 6 = +1; −1
    ((6, 6), (5, 5), 7, 4),  # −1; −3
    ((4, 6), (5, 4), 6, 4),  # 4.5 − 5 = −0.5; −2
]


def pieces(tan_e, tan_p, rel_e, rel_p):
    return (
        *rated("tan_e", t1=tan_e[0], t2=tan_e[1]), *rated("tan_p", t1=tan_p[0], t2=tan_p[1]),
        *rated("rel_e", r1=rel_e), *rated("rel_p", r1=rel_p),
    )  # fmt: skip


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, "csat", name="Service", questions=QUESTIONS)


def gaps_of(survey):
    return Gaps.of(survey, Version.all_of(survey.id), ALWAYS)


def test_the_gaps_are_those_worked_out_by_hand(survey):
    many_answers(survey, [{"score": 4, "pieces": pieces(*one)} for one in PEOPLE * 3])
    found = gaps_of(survey)
    reliability, tangibles = found.dimensions
    assert [one.key for one in found.dimensions] == ["reliability", "tangibles"]  # the largest shortfall first
    # reliability, thrice: −2 −1 −3 −2, mean −2, deviations² 0 1 1 0, variance 6/11; √(6/11/12) = 0.21320 × 2.20099
    assert (reliability.gap.value, reliability.gap.n, reliability.paired) == (-2, 12, True)
    assert reliability.gap.margin == pytest.approx(0.46925, abs=0.0001)
    assert (reliability.perceived.value, reliability.expected.value) == (4.5, 6.5)
    # tangibles: −1 +1 −1 −0.5, mean −0.375; perceived 5 7 5 4.5, mean 5.375; expected 6 6 6 5, mean 5.75
    assert (tangibles.perceived.value, tangibles.expected.value, tangibles.gap.value) == (5.375, 5.75, -0.375)
    # overall: each person's mean of both gaps, −1.5 0 −2 −1.25, mean −1.1875 = (−2 − 0.375) / 2
    assert found.overall.value == -1.1875
    assert found.overall.n == 12


def test_who_rated_one_side_only_pairs_with_nobody(survey):
    half = rated("rel_p", r1=1)
    both = [{"score": 4, "pieces": pieces(*one)} for one in PEOPLE * 3]
    many_answers(survey, both + [{"score": 1, "pieces": half}] * 2)
    reliability = gaps_of(survey).dimensions[0]
    assert (reliability.gap.value, reliability.gap.n) == (-2, 12)
    assert (reliability.perceived.value, reliability.perceived.n) == (4, 14)


def test_two_groups_are_compared_where_nobody_rated_both(survey):
    sides = [rated("rel_p", r1=3), rated("rel_p", r1=5), rated("rel_e", r1=6), rated("rel_e", r1=7)]
    many_answers(survey, [{"score": 4, "pieces": side} for side in sides])
    found = gaps_of(survey)
    assert (found.dimensions[0].paired, found.dimensions[0].gap.value) == (False, -2.5)
    assert found.overall is None


def test_two_who_rated_both_sides_do_not_speak_for_everybody_else(survey):
    sides = [rated("rel_p", r1=2 + n % 2 * 4) for n in range(20)] + [rated("rel_e", r1=4 + n % 2) for n in range(20)]
    both = (*rated("rel_e", r1=7), *rated("rel_p", r1=4))
    many_answers(survey, [{"score": 4, "pieces": side} for side in [*sides, both, both]])
    found = gaps_of(survey)
    [reliability] = found.dimensions
    # 80 + 8 of 22 people, 90 + 14 of 22: 4 − 4.727
    assert (reliability.paired, reliability.gap.n) == (False, 22)
    assert reliability.gap.value == pytest.approx(-0.72727, abs=0.00001)
    assert reliability.gap.high > 0
    assert found.overall is None  # of two people


def test_only_the_last_word_of_counted_people_is_heard(survey):
    many_answers(survey, [
        {"score": 4, "pieces": rated("rel_p", r1=6), "before": rated("rel_p", r1=1)},
        {"score": 4, "pieces": rated("rel_p", r1=1), "flagged_at": AT},
    ])  # fmt: skip
    assert gaps_of(survey).dimensions[0].perceived.value == 6


def test_without_expectations_there_is_a_mean_and_no_gap(survey):
    many_answers(survey, [{"score": 4, "pieces": rated("rel_p", r1=6)}])
    found = gaps_of(survey)
    assert not found.both
    assert found.dimensions[0].gap is None


def test_a_survey_without_dimensions_has_no_gaps(cast):
    plain = a_survey(cast.workspace)
    many_answers(plain, [{"score": 4}])
    assert gaps_of(plain) is None


def words_of_page(browser):
    with time_machine.travel(AT, tick=False):
        page = browser.get("/w/acme/surveys/service/results?period=90d").text
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_page_says_the_gap_with_its_interval_and_method(survey, cast, browser_of):
    many_answers(survey, [{"score": 4, "pieces": pieces(*one)} for one in PEOPLE * 3])
    words = words_of_page(browser_of(cast.cvetka))
    assert "Overall gap, unweighted: −1.19 (" in words
    assert "12 people rated every dimension on both sides" in words
    assert "Reliability 12 people −2.00 ± 0.47 ▼ falls short" in words
    assert "Each person is compared with themself (paired t, 95%)." in words
    assert words.index("Reliability") < words.index("Tangibles")


def test_the_page_says_how_many_a_gap_rests_on(survey, cast, browser_of):
    both, half = (*rated("rel_e", r1=7), *rated("rel_p", r1=4)), rated("rel_p", r1=5)
    many_answers(survey, [{"score": 4, "pieces": piece} for piece in [both] * 2 + [half] * 30])
    words = words_of_page(browser_of(cast.cvetka))
    assert "Reliability 32 found, 2 expected · too few −2.06" in words
    assert "too few to tell" in words
    assert "No overall gap: fewer than 10 people rated every dimension on both sides." in words
    assert "Where fewer than 10 people rated both sides, the two groups are compared" in words


def test_a_survey_that_grew_tells_of_the_scale_it_has_now(survey):
    many_answers(survey, [{"score": 4, "pieces": (Piece("rel_p", "r1", number=7), Piece("gone", "x", number=3))}])
    assert gaps_of(survey).dimensions[0].perceived.value == 7
