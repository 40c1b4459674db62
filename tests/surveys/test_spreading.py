"""On which day a turn comes: months, workdays, room, and nobody too early."""

import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.spreading import Calendar, begins_at, is_workday, months_after, workdays_between

THURSDAY = date(2026, 11, 26)
PEOPLE = [uuid.UUID(int=number << 64) for number in range(5000)]


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 26), 3, date(2027, 2, 26)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 10, 31), 3, date(2027, 1, 31)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day, months, later):
    assert months_after(day, months) == later


def test_turns_begin_at_eight_by_the_clock_of_the_workspace_whatever_the_season():
    assert begins_at(date(2026, 3, 27), "Europe/Ljubljana") == datetime(2026, 3, 27, 7, tzinfo=UTC)
    assert begins_at(date(2026, 3, 30), "Europe/Ljubljana") == datetime(2026, 3, 30, 6, tzinfo=UTC)


@pytest.mark.parametrize("months", [3, 6, 12])
@pytest.mark.parametrize("number", [1, 7, 412, 5000])
def test_those_who_were_never_asked_come_evenly_over_the_workdays_of_the_period(months, number):
    calendar = Calendar(THURSDAY, months, number)
    days = Counter(calendar.evenly(ident) for ident in PEOPLE[:number])
    period = workdays_between(THURSDAY, months_after(THURSDAY, months))
    loads = [days[day] for day in period]
    assert sum(loads) == number
    assert max(loads) - min(loads) <= 1


def test_whoever_comes_or_goes_moves_nobody_else():
    calendar = Calendar(THURSDAY, 3, 100)
    known = {ident: calendar.evenly(ident) for ident in PEOPLE[:100]}
    again = Calendar(THURSDAY, 3, 100)
    assert {ident: again.evenly(ident) for ident in PEOPLE[:100]} == known


def test_newcomers_fill_the_days_that_have_the_fewest():
    full = dict.fromkeys(workdays_between(THURSDAY, date(2027, 1, 1)), 9)
    calendar = Calendar(THURSDAY, 3, 400, loads=full)
    assert min(calendar.evenly(ident) for ident in PEOPLE[:100]) >= date(2027, 1, 1)


def test_ten_thousand_who_were_asked_on_one_day_are_not_asked_again_on_one_day():
    calendar = Calendar(THURSDAY, 3, 10_000)
    days = Counter(calendar.not_before(date(2027, 1, 16)) for _ in range(10_000))
    assert min(days) == date(2027, 1, 18)
    assert max(days.values()) == calendar.room == 152


@pytest.mark.parametrize("most", [1, 3, 10])
def test_no_day_has_more_than_its_most(most):
    calendar = Calendar(THURSDAY, 3, 1000, most=most)
    days = Counter(calendar.evenly(ident) for ident in PEOPLE[:1000])
    days += Counter(calendar.not_before(THURSDAY) for _ in range(50))
    days += Counter(calendar.caught_up(3) for _ in range(50))
    assert max(days.values()) == most
    assert all(map(is_workday, days))


def test_a_week_that_went_by_is_spread_over_a_week():
    period = workdays_between(THURSDAY, months_after(THURSDAY, 3))
    calendar = Calendar(THURSDAY, 3, 400, loads=dict.fromkeys(period, 6))
    days = Counter(calendar.caught_up(5) for _ in range(30))
    assert set(days.values()) == {6}
    assert sorted(days) == period[:5]


@given(st.dates(date(2026, 1, 1), date(2031, 1, 1)), st.sampled_from([3, 6, 12]), st.integers(1, 400))
def test_nobody_comes_before_their_months_are_over_nor_much_later(day, months, number):
    calendar = Calendar(day, months, number)
    asked = sorted(calendar.evenly(ident) for ident in PEOPLE[:number])
    for before in asked:
        calendar = calendar.on(max(before + timedelta(days=1), calendar.first))
        again = calendar.not_before(months_after(before, months))
        assert months_after(before, months) <= again <= months_after(before, months) + timedelta(days=9)
