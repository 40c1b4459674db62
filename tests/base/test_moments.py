"""Moments on staff pages are told in one way: to the minute, where the reader lives, with the zone where it leaves the
house.
"""

from datetime import UTC, datetime

import pytest
from flask import g

from base.i18n import show_date, show_datetime
from feedback.views.phrasing import when
from feedback.wording import Voice
from tests.cast import AT


@pytest.fixture
def reader(app, cast):
    with app.test_request_context("/"):
        g.user, g.workspace = cast.ana, cast.workspace
        yield


def test_a_moment_is_told_to_the_minute_on_the_reader_s_clock(reader):
    assert show_datetime(AT) == "20 Nov, 10:00"
    assert show_datetime(datetime(2026, 11, 30, 19, 5, 7, tzinfo=UTC)) == "30 Nov, 20:05"


def test_a_moment_of_another_year_on_that_clock_says_which(reader):
    assert show_datetime(datetime(2025, 11, 30, 19, 5, tzinfo=UTC)) == "30 Nov 2025, 20:05"
    assert show_datetime(datetime(2025, 12, 31, 23, 30, tzinfo=UTC)) == "1 Jan, 00:30"
    assert show_datetime(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "1 Jan 2027, 00:30"


def test_page_and_mail_write_a_day_in_one_way(reader):
    assert (show_date(AT), when(AT, "Europe/Ljubljana")) == ("20 Nov 2026", "Fri 20 Nov, 10:00")
    assert Voice.of("en").moment(AT, "Europe/Ljubljana") == "Fri 20 Nov, 10:00"


def test_a_moment_that_others_read_says_in_which_zone_it_is(reader):
    assert show_datetime(AT, zone=True) == "20 Nov 2026, 10:00 (Europe/Ljubljana)"


def test_what_has_not_been_has_no_moment(reader):
    assert show_datetime(None) == "—"
