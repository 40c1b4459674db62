"""When digests are due, tried on every half hour around every clock change of two years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.digesting import Cadence, Due, Kind, first_period, missed, next_due, period, plan

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC", "Europe/Ljubljana"]
HALF_HOURS = [(hour, minute) for hour in range(24) for minute in (0, 30)]
# Every change of 2026 and 2027 in these zones lies within one of these months.
SEASONS = [date(year, month, 1) for year in (2026, 2027) for month in (3, 4, 10, 11)]


def cadence(
    kind: Kind = "daily", *, at: str = "08:00", weekday: int = 0, day: int = 1, zone: str = "Europe/Berlin"
) -> Cadence:
    hour, minute = map(int, at.split(":"))
    return Cadence(kind, hour, minute, weekday if kind == "weekly" else None, day if kind == "monthly" else None, zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ticked(order: Cadence, start: datetime, end: datetime) -> list[Due]:
    """What a minute tick would send: each time the next due moment, remembering the last date."""
    sent: list[Due] = []
    now, last = start, None
    while (due := next_due(order, now, last_local_date=last)).at <= end:
        sent.append(due)
        now, last = due.at, due.local_date
    return sent


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("season", SEASONS, ids=str)
def test_every_half_hour_gives_exactly_one_issue_a_local_date(zone: str, season: date) -> None:
    expected = [season + timedelta(days=number) for number in range(33)]
    start = utc(f"{season}T00:00") - timedelta(days=2)
    for hour, minute in HALF_HOURS:
        order = cadence(at=f"{hour:02}:{minute:02}", zone=zone)
        dues = missed(order, start, start + timedelta(days=40))
        dates = [due.local_date for due in dues]
        assert len(dates) == len(set(dates))
        assert [day for day in dates if day in set(expected)] == expected
        assert all(due.at.astimezone(ZoneInfo(zone)).date() == due.local_date for due in dues)
        assert [due.at for due in dues] == sorted({due.at for due in dues})


def test_asking_for_the_next_and_asking_for_the_missed_agree() -> None:
    for zone in ZONES:
        order = cadence(at="02:30", zone=zone)
        start, end = utc("2026-03-01T00:00"), utc("2027-04-30T00:00")
        assert ticked(order, start, end) == missed(order, start, end)


@pytest.mark.parametrize(
    ("zone", "at", "day", "expected"),
    [
        # Berlin springs from 02:00 to 03:00 and falls from 03:00 to 02:00, both at 01:00 UTC (EU directive 2000/84).
        ("Europe/Berlin", "01:30", "2026-03-29", "2026-03-29T00:30"),
        ("Europe/Berlin", "02:00", "2026-03-29", "2026-03-29T01:00"),
        ("Europe/Berlin", "02:30", "2026-03-29", "2026-03-29T01:00"),
        ("Europe/Berlin", "03:00", "2026-03-29", "2026-03-29T01:00"),
        ("Europe/Berlin", "02:30", "2026-10-25", "2026-10-25T00:30"),
        ("Europe/Berlin", "08:00", "2026-10-25", "2026-10-25T07:00"),
        # New York changes at 02:00 local, the second Sunday of March and the first of November.
        ("America/New_York", "02:30", "2027-03-14", "2027-03-14T07:00"),
        ("America/New_York", "01:30", "2027-11-07", "2027-11-07T05:30"),
        # Lord Howe moves by half an hour only, +10:30 to +11:00 at 02:00.
        ("Australia/Lord_Howe", "02:00", "2026-10-04", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "01:45", "2026-04-05", "2026-04-04T14:45"),
        # Sao Paulo skipped midnight until it gave up summer time in 2019.
        ("America/Sao_Paulo", "00:00", "2018-11-04", "2018-11-04T03:00"),
        # Nuuk springs from 23:00 to the midnight of the next date: the issue keeps its own date.
        ("America/Nuuk", "23:30", "2026-03-28", "2026-03-29T01:00"),
    ],
)
def test_a_skipped_hour_moves_past_the_gap_and_a_doubled_hour_is_its_first_coming(
    zone: str, at: str, day: str, expected: str
) -> None:
    due = next_due(cadence(at=at, zone=zone), utc(f"{day}T00:00") - timedelta(hours=30))
    while due.local_date < date.fromisoformat(day):
        due = next_due(cadence(at=at, zone=zone), due.at, last_local_date=due.local_date)
    assert due == Due(date.fromisoformat(day), utc(expected))


def test_an_hour_lost_across_midnight_still_gives_each_date_its_issue() -> None:
    dues = missed(cadence(at="23:30", zone="America/Nuuk"), utc("2026-03-27T12:00"), utc("2026-03-31T12:00"))
    assert [due.local_date.day for due in dues] == [27, 28, 29, 30]


def test_a_date_that_a_zone_jumped_over_has_no_issue() -> None:
    dues = missed(cadence(zone="Pacific/Apia"), utc("2011-12-28T00:00"), utc("2011-12-31T12:00"))
    assert [due.local_date for due in dues] == [date(2011, 12, 28), date(2011, 12, 29), date(2011, 12, 31)]


@pytest.mark.parametrize(
    ("day", "dates"),
    [
        (31, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (30, ["2027-01-30", "2027-02-28", "2027-03-30", "2027-04-30"]),
        (1, ["2027-01-01", "2027-02-01", "2027-03-01", "2027-04-01"]),
    ],
)
def test_a_short_month_uses_its_last_day(day: int, dates: list[str]) -> None:
    dues = missed(cadence("monthly", day=day), utc("2026-12-31T12:00"), utc("2027-05-01T00:00"))
    assert [str(due.local_date) for due in dues] == dates


def test_a_leap_year_has_its_29th_of_february() -> None:
    assert next_due(cadence("monthly", day=31), utc("2028-02-01T00:00")).local_date == date(2028, 2, 29)


def test_a_weekly_digest_comes_on_its_weekday_at_its_local_hour() -> None:
    dues = missed(cadence("weekly", weekday=0), utc("2026-10-12T06:00"), utc("2026-10-27T00:00"))
    assert [(str(due.local_date), due.at) for due in dues] == [
        ("2026-10-19", utc("2026-10-19T06:00")),
        ("2026-10-26", utc("2026-10-26T07:00")),
    ]


def test_next_is_strictly_later() -> None:
    due = next_due(cadence(), utc("2026-06-01T06:00"))
    assert due == Due(date(2026, 6, 2), utc("2026-06-02T06:00"))


def test_a_clock_that_steps_back_an_hour_does_not_double_the_date() -> None:
    order = cadence()
    sent = next_due(order, utc("2026-06-01T05:59"))
    assert sent.local_date == date(2026, 6, 1)
    assert next_due(order, sent.at - timedelta(hours=1), last_local_date=sent.local_date).local_date == date(2026, 6, 2)
    assert missed(order, sent.at, sent.at - timedelta(hours=1), last_local_date=sent.local_date) == []


def test_a_clock_that_leapt_ahead_a_day_and_came_home_does_not_double_the_date() -> None:
    order = cadence()
    leapt = plan(order, utc("2026-06-01T07:00"), utc("2026-06-02T07:00"), last_local_date=date(2026, 6, 1))
    assert leapt is not None
    assert leapt.due.local_date == date(2026, 6, 2)
    home = utc("2026-06-01T07:01")
    assert plan(order, home, utc("2026-06-02T07:00"), last_local_date=leapt.due.local_date) is None
    assert next_due(order, home, last_local_date=leapt.due.local_date).local_date == date(2026, 6, 3)


@given(
    zone=st.sampled_from(ZONES),
    clock=st.sampled_from(HALF_HOURS),
    kind=st.sampled_from(["daily", "weekly", "monthly"]),
    start=st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: utc("2026-01-01T00:00") + timedelta(minutes=minutes)),
    steps=st.lists(st.integers(min_value=-26 * 60, max_value=50 * 60), max_size=40),
)
def test_whatever_the_clock_does_no_local_date_comes_twice(
    zone: str, clock: tuple[int, int], kind: Kind, start: datetime, steps: list[int]
) -> None:
    order = cadence(kind, at=f"{clock[0]:02}:{clock[1]:02}", zone=zone, weekday=3, day=31)
    now = since = start
    sent: list[date] = []
    for step in steps:
        now += timedelta(minutes=step)
        todo = plan(order, since, now, last_local_date=sent[-1] if sent else None)
        if todo:
            sent.extend(todo.local_dates)
            since = todo.due.at
    assert sent == sorted(set(sent))
    if sent and kind == "daily":
        assert len(sent) == (sent[-1] - sent[0]).days + 1


def test_after_downtime_one_catch_up_names_the_dates_it_stands_for() -> None:
    todo = plan(cadence(), utc("2026-06-01T06:00"), utc("2026-06-04T09:00"), last_local_date=date(2026, 6, 1))
    assert todo is not None
    assert todo.is_catch_up
    assert todo.due == Due(date(2026, 6, 4), utc("2026-06-04T06:00"))
    assert todo.local_dates == (date(2026, 6, 2), date(2026, 6, 3), date(2026, 6, 4))


def test_a_timely_issue_is_no_catch_up_and_an_idle_tick_sends_nothing() -> None:
    since = utc("2026-06-01T06:00")
    todo = plan(cadence(), since, utc("2026-06-02T06:00"))
    assert todo is not None
    assert not todo.is_catch_up
    assert plan(cadence(), since, utc("2026-06-02T05:59")) is None


def test_a_daily_issue_reports_the_local_day_before() -> None:
    # 25 October 2026 has 25 hours in Berlin, 24 October has 24.
    order = cadence()
    found = period(order, next_due(order, utc("2026-10-26T00:00")))
    assert (found.current.start, found.current.end) == (utc("2026-10-24T22:00"), utc("2026-10-25T23:00"))
    assert (found.previous.start, found.previous.end) == (utc("2026-10-23T22:00"), utc("2026-10-24T22:00"))
    assert found.first_day == found.last_day == date(2026, 10, 25)
    assert found.previous_first_day == found.previous_last_day == date(2026, 10, 24)


def test_a_weekly_issue_reports_the_seven_local_days_before() -> None:
    order = cadence("weekly", weekday=0)
    found = period(order, next_due(order, utc("2026-03-30T00:00")))
    assert (found.first_day, found.last_day) == (date(2026, 3, 23), date(2026, 3, 29))
    assert found.current.end - found.current.start == timedelta(days=7, hours=-1)
    assert found.previous.end - found.previous.start == timedelta(days=7)


@pytest.mark.parametrize(("day", "after"), [(1, "2027-02-28T12:00"), (31, "2027-03-01T12:00")])
def test_a_monthly_issue_reports_the_finished_calendar_month(day: int, after: str) -> None:
    order = cadence("monthly", day=day)
    found = period(order, next_due(order, utc(after)))
    assert (found.first_day, found.last_day) == (date(2027, 2, 1), date(2027, 2, 28))
    assert (found.previous_first_day, found.previous_last_day) == (date(2027, 1, 1), date(2027, 1, 31))


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("daily", "2026-05-29", "2026-05-31"),
        ("weekly", "2026-05-11", "2026-05-31"),
        ("monthly", "2026-03-01", "2026-05-31"),
    ],
)
def test_a_catch_up_of_three_reports_three_times_as_long(kind: Kind, first: str, last: str) -> None:
    order = cadence(kind)
    found = period(order, Due(date(2026, 6, 1), utc("2026-06-01T06:00")), issues=3)
    assert (str(found.first_day), str(found.last_day)) == (first, last)
    assert found.previous.end == found.current.start


@given(
    zone=st.sampled_from([*ZONES, "America/Nuuk"]),
    kind=st.sampled_from(["daily", "weekly"]),
    start=st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: utc("2026-01-01T00:00") + timedelta(minutes=minutes)),
)
def test_the_periods_of_following_issues_touch_and_never_overlap(zone: str, kind: Kind, start: datetime) -> None:
    order = cadence(kind, zone=zone, weekday=6, at="02:30")
    one = next_due(order, start)
    two = next_due(order, one.at, last_local_date=one.local_date)
    assert period(order, two).previous == period(order, one).current
    assert period(order, two, issues=2).current.start == period(order, one).current.start


def test_the_first_period_is_that_of_the_first_issue() -> None:
    assert first_period(cadence(), utc("2026-06-01T12:00")).first_day == date(2026, 6, 1)


@pytest.mark.parametrize(
    "bad",
    [
        ("hourly", 8, 0, None, None, "UTC"),
        ("daily", 24, 0, None, None, "UTC"),
        ("daily", 8, 60, None, None, "UTC"),
        ("weekly", 8, 0, None, None, "UTC"),
        ("weekly", 8, 0, 7, None, "UTC"),
        ("monthly", 8, 0, None, None, "UTC"),
        ("monthly", 8, 0, None, 32, "UTC"),
        ("daily", 8, 0, None, None, "Europe/Nowhere"),
    ],
)
def test_a_cadence_that_means_nothing_is_refused(bad: tuple[Kind, int, int, int | None, int | None, str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Cadence(*bad)
