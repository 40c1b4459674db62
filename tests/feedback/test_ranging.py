"""Periods read from an address, and the columns of a trend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.ranging import BadRange, By, Range, automatic, between, buckets, chosen
from feedback.zoning import Interval, local_date

ZONES = ["Europe/Ljubljana", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "America/Nuuk", "UTC"]
NOW = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ask(now: datetime = NOW, zone: str = "Europe/Ljubljana", **query: str) -> Range:
    return chosen({name.rstrip("_"): value for name, value in query.items()}, now, zone)


@pytest.mark.parametrize(
    ("period", "first", "days", "previous_first", "previous_last"),
    [
        ("7d", "2026-05-14", 7, "2026-05-07", "2026-05-13"),
        ("30d", "2026-04-21", 30, "2026-03-22", "2026-04-20"),
        ("90d", "2026-02-20", 90, "2025-11-22", "2026-02-19"),
        ("month", "2026-05-01", 20, "2026-04-11", "2026-04-30"),
    ],
)
def test_a_preset_ends_today_and_is_compared_with_as_many_days_before(
    period: str, first: str, days: int, previous_first: str, previous_last: str
) -> None:
    found = ask(period=period)
    assert (str(found.first_day), str(found.last_day), found.days) == (first, "2026-05-20", days)
    assert (str(found.previous_first_day), str(found.previous_last_day)) == (previous_first, previous_last)
    assert found.previous.end == found.interval.start


def test_nothing_asked_is_the_last_30_days() -> None:
    assert ask() == ask(period="30d")


def test_today_is_the_date_of_the_zone() -> None:
    late = utc("2026-05-20T23:30")
    assert ask(late, "Europe/Ljubljana").last_day == date(2026, 5, 21)
    assert ask(late, "America/New_York").last_day == date(2026, 5, 20)


def test_custom_days_are_both_included_and_half_open_in_utc() -> None:
    found = ask(period="custom", from_="2026-03-28", to="2026-03-29")
    assert found.interval == Interval(utc("2026-03-27T23:00"), utc("2026-03-29T22:00"))
    assert found.previous == Interval(utc("2026-03-25T23:00"), utc("2026-03-27T23:00"))
    assert ask(from_="2026-03-28", to="2026-03-29") == found


def test_a_last_day_still_to_come_means_today() -> None:
    assert ask(from_="2026-05-01", to="2026-05-31").last_day == date(2026, 5, 20)


@pytest.mark.parametrize(
    ("query", "problem", "field"),
    [
        ({"period": "fortnight"}, "period_unknown", "period"),
        ({"period": "custom"}, "from_missing", "from"),
        ({"from": "2026-05-01"}, "to_missing", "to"),
        ({"to": "2026-05-01"}, "from_missing", "from"),
        ({"from": "1.5.2026", "to": "2026-05-02"}, "from_not_a_date", "from"),
        ({"from": "2026-05-01", "to": "2026-02-30"}, "to_not_a_date", "to"),
        ({"from": "20260501", "to": "2026-05-02"}, "from_not_a_date", "from"),
        ({"from": "2026-W18-5", "to": "2026-05-02"}, "from_not_a_date", "from"),
        ({"from": "' OR 1=1 --", "to": "2026-05-02"}, "from_not_a_date", "from"),
        ({"from": "2026-05-03", "to": "2026-05-02"}, "from_after_to", "from"),
        ({"from": "2026-06-01", "to": "2026-06-02"}, "from_in_future", "from"),
        ({"from": "0001-01-01", "to": "2026-05-02"}, "from_too_early", "from"),
        ({"from": "2000-01-01", "to": "9999-12-31"}, "range_too_long", "from"),
    ],
)
def test_a_period_that_makes_no_sense_names_its_problem(query: Mapping[str, str], problem: str, field: str) -> None:
    with pytest.raises(BadRange) as caught:
        chosen(query, NOW, "UTC")
    assert (caught.value.problem, caught.value.field) == (problem, field)


@given(st.dictionaries(st.sampled_from(["period", "from", "to"]), st.text(max_size=12)), st.sampled_from(ZONES))
def test_no_query_breaks_the_page(query: dict[str, str], zone: str) -> None:
    try:
        found = chosen(query, NOW, zone)
    except BadRange:
        return
    assert found.interval.start < found.interval.end


@pytest.mark.parametrize(("days", "by"), [(1, "day"), (31, "day"), (32, "week"), (180, "week"), (181, "month")])
@pytest.mark.parametrize("zone", ZONES)
def test_the_columns_suit_the_length(days: int, by: By, zone: str) -> None:
    last = date(2026, 11, 30)
    found = between(last - timedelta(days=days - 1), last, zone)
    assert automatic(found.interval, zone) == by


def test_a_day_of_25_hours_is_one_column() -> None:
    found = between(date(2026, 10, 24), date(2026, 10, 26), "Europe/Ljubljana")
    hours = [
        (b.interval.end - b.interval.start) / timedelta(hours=1) for b in buckets(found.interval, "day", found.zone)
    ]
    assert hours == [24, 25, 24]


def test_weeks_begin_on_monday_and_cut_ones_say_so() -> None:
    found = between(date(2026, 5, 6), date(2026, 5, 20), "Europe/Ljubljana")
    columns = buckets(found.interval, "week", found.zone)
    assert [(str(b.first_day), str(b.last_day), b.whole) for b in columns] == [
        ("2026-05-06", "2026-05-10", False),
        ("2026-05-11", "2026-05-17", True),
        ("2026-05-18", "2026-05-20", False),
    ]


def test_months_follow_the_calendar() -> None:
    found = between(date(2026, 1, 1), date(2026, 3, 15), "America/New_York")
    columns = buckets(found.interval, "month", found.zone)
    assert [(str(b.first_day), str(b.last_day), b.whole) for b in columns] == [
        ("2026-01-01", "2026-01-31", True),
        ("2026-02-01", "2026-02-28", True),
        ("2026-03-01", "2026-03-15", False),
    ]


def test_a_date_that_a_zone_jumped_over_has_no_column() -> None:
    found = between(date(2011, 12, 29), date(2011, 12, 31), "Pacific/Apia")
    assert [b.first_day.day for b in buckets(found.interval, "day", found.zone)] == [29, 31]


def test_an_empty_interval_has_no_columns() -> None:
    assert buckets(Interval(NOW, NOW), "day", "UTC") == []


@given(
    zone=st.sampled_from([*ZONES, "Pacific/Apia"]),
    by=st.sampled_from(["day", "week", "month"]),
    start=st.integers(0, 20 * 366 * 24 * 60),
    minutes=st.integers(1, 400 * 24 * 60),
)
def test_the_columns_are_exactly_the_interval(zone: str, by: By, start: int, minutes: int) -> None:
    begin = utc("2010-01-01T00:00") + timedelta(minutes=start)
    interval = Interval(begin, begin + timedelta(minutes=minutes))
    columns = buckets(interval, by, zone)
    assert (columns[0].interval.start, columns[-1].interval.end) == (interval.start, interval.end)
    for one, two in pairwise(columns):
        assert one.interval.end == two.interval.start
    assert all(column.whole for column in columns[1:-1])
    for column in columns:
        assert local_date(column.interval.start, zone) >= column.first_day
        assert local_date(column.interval.end - timedelta(seconds=1), zone) <= column.last_day
