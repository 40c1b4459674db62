"""Moments on staff pages are told in one way: to the minute, where the reader lives, with the zone where it leaves the
house.
"""

from datetime import UTC, datetime

import pytest
from flask import g

from base.i18n import show_datetime
from tests.cast import AT


@pytest.fixture
def reader(app, cast):
    with app.test_request_context("/"):
        g.user, g.workspace = cast.ana, cast.workspace
        yield


def plain(text):
    return text.replace("\u202f", " ")


def test_a_moment_is_told_to_the_minute_on_the_reader_s_clock(reader):
    assert plain(show_datetime(AT)) == "Nov 20, 2026, 10:00 AM"
    assert plain(show_datetime(datetime(2026, 11, 30, 19, 5, 7, tzinfo=UTC))) == "Nov 30, 2026, 8:05 PM"


def test_a_moment_that_others_read_says_in_which_zone_it_is(reader):
    assert plain(show_datetime(AT, zone=True)) == "Nov 20, 2026, 10:00 AM (Europe/Ljubljana)"


def test_what_has_not_been_has_no_moment(reader):
    assert show_datetime(None) == "—"
