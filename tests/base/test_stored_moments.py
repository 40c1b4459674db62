"""Moments as SQLite keeps them: text, which somebody may have typed by hand."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.dialects import sqlite

from base.db import Moment

TEN = datetime(2026, 11, 25, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-11-25 10:00:00.000000", TEN),
        ("2026-11-25 10:00:00", TEN),
        ("2026-11-25T10:00", TEN),
        ("2026-11-25 10:00:00Z", TEN),
        ("2026-11-25 12:00:00+02:00", TEN),
        ("2026-11-25", TEN.replace(hour=0)),
        (None, None),
    ],
)
def test_every_way_to_write_a_moment_is_read_as_utc(said, moment):
    found = Moment().result_processor(sqlite.dialect(), None)(said)
    assert found == moment
    assert found is None or found.tzinfo is UTC
