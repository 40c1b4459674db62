"""When reminders are due, and whether one may go: a calculation."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.reminding import Decision, Facts, Standing, due_dates, may_remind
from surveys.timing import Window
from tests.cast import AT

DAY = timedelta(days=1)
ALIVE = {"status": "sent", "expires_at": AT + 90 * DAY}
ZONES = ["UTC", "Europe/Ljubljana", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]


def facts(standing=None, **known):
    return Facts(**{"standing": Standing(**(ALIVE | (standing or {}))), "due_at": AT} | known)


@pytest.mark.parametrize(("standing", "known", "expected"), [
    ({}, {}, Decision("send")),
    ({"status": "answered"}, {}, Decision("skip", "answered")),
    ({"suppressed": True}, {}, Decision("skip", "suppressed")),
    ({"closed": True}, {}, Decision("skip", "closed")),
    ({"status": "expired"}, {}, Decision("skip", "expired")),
    ({"expires_at": AT}, {}, Decision("skip", "expired")),
    ({"status": "skipped"}, {}, Decision("skip", "withdrawn")),
    ({}, {"wanted": False}, Decision("skip", "changed")),
    ({}, {"paused": True}, Decision("hold")),
    ({}, {"settled": True}, Decision("leave")),
    ({}, {"due_at": AT + DAY}, Decision("wait", until=AT + DAY)),
    ({}, {"quarantined_until": AT + DAY}, Decision("skip", "quarantine")),
    ({}, {"quarantined_until": AT}, Decision("send")),
    ({}, {"window": Window("UTC", "1", 9, 17)}, Decision("wait", until=datetime(2026, 11, 23, 9, tzinfo=UTC))),
    ({}, {"earlier_at": AT - DAY, "gap_days": 4}, Decision("wait", until=AT + 3 * DAY)),
    ({}, {"earlier_at": AT - 4 * DAY, "gap_days": 4}, Decision("send")),
    ({}, {"earlier_at": AT - 9 * DAY, "earlier_waits": True, "gap_days": 4}, Decision("wait", until=AT + 4 * DAY)),
    ({"suppressed": True}, {"settled": True}, Decision("leave")),
    ({"suppressed": True}, {"due_at": AT + DAY}, Decision("skip", "suppressed")),
])  # fmt: skip
def test_what_decides_about_a_reminder(standing, known, expected):
    assert may_remind(facts(standing, **known), AT) == expected


@pytest.mark.parametrize("known", [
    {"due_at": AT + DAY}, {"paused": True}, {"wanted": False}, {"quarantined_until": AT + DAY}, {"settled": True},
    {"window": Window("UTC", "7")}, {"earlier_at": AT},
])  # fmt: skip
def test_until_it_is_time_who_answered_looks_like_who_did_not(known):
    assert may_remind(facts({"status": "answered"}, **known), AT) == may_remind(facts(**known), AT)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "sent_at", [datetime(2026, 10, 23, 1, 30, tzinfo=UTC), datetime(2027, 3, 27, 2, 15, tzinfo=UTC)]
)
def test_a_reminder_comes_at_the_same_time_of_day_also_after_a_change_of_clocks(zone, sent_at):
    there = ZoneInfo(zone)
    first, second = due_dates((3, 10), sent_at, Window(zone))
    sent = sent_at.astimezone(there)
    for due, days in ((first, 3), (second, 10)):
        local = due.astimezone(there)
        assert (local.date() - sent.date()).days == days
        assert local.time() == sent.time()


def test_an_hour_that_the_clocks_leave_out_is_the_next_one():
    sent = datetime(2027, 3, 25, 1, 30, tzinfo=UTC)  # half past two in Ljubljana; on the 28th there is no such time
    assert due_dates((3,), sent, Window("Europe/Ljubljana")) == [datetime(2027, 3, 28, 1, 30, tzinfo=UTC)]


def test_a_weekend_does_not_bring_both_on_the_same_morning():
    friday = datetime(2026, 11, 20, 9, tzinfo=UTC)
    first, second = due_dates((1, 3), friday, Window("UTC", "12345", 8, 18))
    assert first == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert second == datetime(2026, 11, 25, 8, tzinfo=UTC)


windows = st.builds(
    Window,
    st.sampled_from(ZONES),
    st.sets(st.sampled_from("1234567"), min_size=1).map(lambda days: "".join(sorted(days))),
    st.integers(0, 11),
    st.integers(12, 24),
)
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: AT + timedelta(minutes=minutes))


@given(windows, moments, st.sets(st.integers(1, 30), max_size=2).map(sorted))
def test_due_dates_are_open_apart_and_never_before_their_day(window, sent_at, days):
    due = due_dates(days, sent_at, window)
    assert len(due) == len(days)
    for moment, after in zip(due, days, strict=True):
        assert window.next_open(moment) == moment
        assert moment >= sent_at + after * DAY - timedelta(hours=1)
    if len(due) == 2:
        assert due[1] - due[0] >= (days[1] - days[0]) * DAY - timedelta(hours=1)
