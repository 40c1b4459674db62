"""When a person may be mailed, on the clock of the place where they live."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.timing import EVERY_DAY, Window, zone_for

FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ZONES = ("UTC", "Europe/Ljubljana", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati")
WINDOWS = st.builds(
    lambda zone, days, hours: Window(zone, "".join(sorted(days)), *sorted(hours)),
    st.sampled_from(ZONES),
    st.sets(st.sampled_from(EVERY_DAY), min_size=1),
    st.lists(st.integers(0, 24), min_size=2, max_size=2, unique=True),
)
MOMENTS = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def is_open(window, moment):
    there = moment.astimezone(ZoneInfo(window.zone))
    return str(there.isoweekday()) in window.weekdays and window.start <= there.hour < window.end


def test_within_its_hours_mail_goes_at_once():
    assert Window("Europe/Ljubljana", "12345", 9, 17).next_open(FRIDAY) == FRIDAY


def test_before_its_hours_mail_waits_for_the_morning():
    window = Window("America/New_York", "12345", 9, 17)
    assert window.next_open(FRIDAY) == datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


def test_on_friday_evening_mail_waits_for_monday():
    window = Window("Europe/Ljubljana", "12345", 9, 17)
    assert window.next_open(FRIDAY + timedelta(hours=7)) == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_an_hour_that_summer_time_leaves_out_begins_after_it():
    window = Window("Europe/Ljubljana", EVERY_DAY, 2, 4)
    assert window.next_open(datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


@given(WINDOWS, MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(window, moment):
    opens = window.next_open(moment)
    assert opens >= moment
    # A window of one hour may be left out by a change of clocks; then mail goes when the clocks have been put forward.
    assert is_open(window, opens) or not is_open(window, opens - timedelta(minutes=1))
    assert opens - moment <= timedelta(days=8)
    if opens > moment:
        assert not is_open(window, moment)
        assert not is_open(window, opens - timedelta(minutes=1))


@pytest.mark.parametrize(("own", "locale", "expected"), [
    ("Asia/Tokyo", "sl", "Asia/Tokyo"),
    (None, "sl", "Europe/Ljubljana"),
    (None, "pl", "Europe/Warsaw"),
    (None, "el", "Europe/Athens"),
    (None, "en-GB", "Europe/London"),
    (None, "ru", "Europe/Vienna"),  # eleven zones speak it
    (None, "en", "Europe/Vienna"),
    (None, "ar", "Europe/Vienna"),  # so many countries do
    (None, "tlh", "Europe/Vienna"),
    (None, "not a language", "Europe/Vienna"),
    (None, None, "Europe/Vienna"),
])  # fmt: skip
def test_a_person_lives_by_their_own_clock_else_their_countrys_else_the_workspaces(own, locale, expected):
    assert zone_for(own, locale, "Europe/Vienna") == expected


OFFICE = Window("Europe/Ljubljana", "12345", 9, 17)


@pytest.mark.parametrize(("moment", "hours", "expected"), [
    (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), 2, datetime(2026, 11, 20, 11, 0, tzinfo=UTC)),
    (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), 8, datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),  # over a weekend
    (datetime(2026, 11, 20, 5, 0, tzinfo=UTC), 8, datetime(2026, 11, 20, 16, 0, tzinfo=UTC)),  # the whole day
    (datetime(2026, 11, 21, 12, 0, tzinfo=UTC), 1, datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),  # from a Saturday
    (datetime(2026, 3, 27, 8, 0, tzinfo=UTC), 16, datetime(2026, 3, 30, 15, 0, tzinfo=UTC)),  # clocks go forward
    (datetime(2026, 10, 23, 7, 0, tzinfo=UTC), 16, datetime(2026, 10, 26, 16, 0, tzinfo=UTC)),  # clocks go back
    (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), 400, datetime(2027, 1, 29, 9, 0, tzinfo=UTC)),  # fifty days of eight
])  # fmt: skip
def test_business_hours_count_only_while_somebody_is_there(moment, hours, expected):
    assert OFFICE.after(moment, timedelta(hours=hours)) == expected


@pytest.mark.parametrize(
    ("day", "real"), [(datetime(2026, 3, 29, tzinfo=UTC), 23), (datetime(2026, 10, 25, tzinfo=UTC), 25)]
)
def test_a_day_around_the_clock_has_as_many_hours_as_it_has(day, real):
    midnight = day.replace(tzinfo=ZoneInfo("Europe/Ljubljana"))
    sundays = Window("Europe/Ljubljana", "7", 0, 24)
    ends = sundays.after(midnight, timedelta(hours=real))
    assert ends.astimezone(UTC) - midnight.astimezone(UTC) == timedelta(hours=real)
    assert sundays.after(midnight, timedelta(hours=real + 1)).astimezone(UTC) > ends.astimezone(UTC) + timedelta(days=6)


@given(WINDOWS, MOMENTS, st.integers(1, 60))
def test_two_halves_of_a_time_are_the_whole(window, moment, minutes):
    half = timedelta(minutes=minutes)
    assert window.after(window.after(moment, half), half) == window.after(moment, 2 * half)
