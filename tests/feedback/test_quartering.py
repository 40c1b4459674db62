"""Quarters of a number: even as far as ties allow, whole, and in order."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.metric import change, score
from feedback.quartering import number_in, quarters

told = st.lists(
    st.tuples(st.sampled_from(["1", "2", "2.5", "-3", "40", "7.0", "x", None]), st.integers(0, 10)), max_size=90
)


@given(told)
def test_every_answer_is_in_one_quarter_and_no_value_in_two(rows):
    counts = {}
    for text, value in rows:
        counts.setdefault(text, Counter())[value] += 1
    found = quarters("nps", counts)
    numbers = sorted((float(text), value) for text, value in rows if text not in ("x", None))
    assert found.n == sum(part.score.n for part in found.parts) == len(numbers)
    assert found.without == len(rows) - len(numbers)
    assert len(found.parts) <= 4
    for before, after in zip(found.parts, found.parts[1:], strict=False):
        assert before.most < after.least
    for part in found.parts:
        inside = Counter(value for number, value in numbers if part.least <= number <= part.most)
        assert part.score == score("nps", inside)


def test_without_ties_quarters_are_equally_many():
    found = quarters("csat", {str(number): {5 if number < 20 else 1: 1} for number in range(80)})
    assert [(part.least, part.most, part.score.n) for part in found.parts] == [
        (0, 19, 20), (20, 39, 20), (40, 59, 20), (60, 79, 20)
    ]  # fmt: skip
    assert found.worth == change(score("csat", {5: 20}), score("csat", {1: 20}))
    assert found.worth.kind == "up"
    assert quarters("csat", {"1": {5: 9}, "2": {1: 9}}).worth is None  # too few


@pytest.mark.parametrize("text", ["", "-", ".", "1e5", "1,5", "1.2.3", "2026-01-02", "nan", "٣", "1" * 31, "+1", "1 "])
def test_what_is_no_plain_number_is_none(text):
    assert number_in(text) is None


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("-2.50", -2.5), (".5", 0.5), ("5.", 5), ("007", 7)])
def test_a_plain_number_is_one(text, number):
    assert number_in(text) == number
