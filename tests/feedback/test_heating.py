"""The week by hours: every answer in the cell of its local hour, and each cell leading to exactly its answers."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.heating import grid, hours_of, whole_hours
from feedback.zoning import days_between

ZONES = ("Europe/Ljubljana", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Atlantic/Azores", "UTC")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(moments, st.sampled_from(ZONES))
def test_the_cell_of_a_moment_and_the_moments_of_a_cell_agree(at, zone):
    local = at.astimezone(ZoneInfo(zone))
    day = local.date()
    first, last = day - timedelta(days=9), day + timedelta(days=9)
    cells = [
        (weekday, hour)
        for weekday in range(7)
        for hour in range(24)
        if any(at in one for one in hours_of(first, last, weekday, hour, zone))
    ]
    assert cells == [(local.weekday(), local.hour)]


@pytest.mark.parametrize("zone", ZONES)
def test_all_cells_together_are_the_whole_period(zone):
    first, last = date(2026, 3, 20), date(2026, 4, 10)
    pieces = [one for day in range(7) for hour in range(24) for one in hours_of(first, last, day, hour, zone)]
    whole = days_between(first, last + timedelta(days=1), zone)
    assert sum((one.end - one.start for one in pieces), timedelta()) == whole.end - whole.start


def test_the_hour_that_comes_twice_is_one_cell_with_both():
    night = datetime(2026, 10, 25, tzinfo=UTC)
    rows = [(night + timedelta(hours=hour), 9, 10) for hour in range(3)]  # 2 o'clock summer time, 2 o'clock, 3 o'clock
    found = grid("nps", rows, "Europe/Ljubljana")
    assert {cell.hour: cell.score.n for cell in found.days[6] if cell.score.n} == {2: 20, 3: 10}


def test_only_what_is_sure_in_all_cells_together_is_called_above_or_below():
    start = datetime(2026, 11, 16, tzinfo=UTC)  # a Monday
    usual = [(start + timedelta(hours=hour), score, 6) for hour in range(24) for score in (10, 7, 3)]
    good = [(start + timedelta(days=1, hours=9), 10, 60), (start + timedelta(days=1, hours=10), 10, 9)]
    found = grid("nps", usual + good, "UTC")
    assert found.days[1][9].side == "above"
    assert found.days[1][9].better
    assert found.days[1][10].side == "few"
    assert Counter(cell.side for cell in found.days[0]) == {"same": 24}
    assert found.n == 24 * 18 + 69


def test_hours_of_utc_do_where_clocks_are_whole_hours_away():
    assert whole_hours("Europe/Ljubljana", date(2026, 3, 1), date(2026, 4, 30))
    assert not whole_hours("Asia/Kathmandu", date(2026, 3, 1), date(2026, 3, 2))
    assert not whole_hours("Australia/Lord_Howe", date(2026, 9, 1), date(2026, 12, 1))
