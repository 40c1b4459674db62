"""A table that is made anew keeps its rows, and those of the tables that point to it."""

from datetime import timedelta

import pytest
from alembic import command
from flask import current_app
from sqlalchemy import select

from base.db import db, transaction
from feedback import fold
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date
from feedback.rollup import Rollup, RollupReach
from tests.cast import AT, a_response, a_survey, a_workspace, an_invitation
from tests.databases import settings_for
from tests.town import rows


@pytest.fixture
def old(database_urls, tmp_path):
    """A database with an answer in it, as it was before answers could come from anybody."""
    app = create_app(settings_for(database_urls.fresh(), tmp_path))
    with app.app_context():
        survey = a_survey(a_workspace("Acme"))
        a_response(an_invitation(survey), 3, "Cold soup.")
        db.session.remove()
        migrate = current_app.extensions["migrate"].migrate.get_config()
        command.downgrade(migrate, "0013")
        yield app
        db.session.remove()
        db.engine.dispose()


def test_answers_their_revisions_and_events_survive(old):
    kept = ("response", "response_revision", "invitation", "contact", "interaction", "event", "survey_version")
    before = {name: len(found) for name, found in rows().items()}
    bring_up_to_date()
    after = {name: len(found) for name, found in rows().items()}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["response"] == after["response_revision"] == 1
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            waiting = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'ix_response_set_aside'")
            assert "WHERE flagged_at IS NOT NULL" in waiting.scalar_one()
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_counts_of_longer_stretches_are_summed_anew_from_the_days(database_urls, tmp_path):
    app = create_app(settings_for(database_urls.fresh(), tmp_path))
    with app.app_context():
        survey = a_survey(a_workspace("Acme"))
        for days in (0, 3, 40, 500):
            a_response(an_invitation(survey, email=f"c{days}@x.example", at=AT - timedelta(days)), days % 11)
        with transaction():
            fold.fold(survey.id, "Europe/Ljubljana", limit=100)
        before = cells()
        migrate = current_app.extensions["migrate"].migrate.get_config()
        command.downgrade(migrate, "0039")
        assert {len(before[table]) > len(found) > 0 for table, found in cells().items()} == {True}
        bring_up_to_date()
        assert cells() == before
        db.session.remove()
        db.engine.dispose()


def cells():
    """All roll-ups, whatever the order."""
    found = {}
    with db.engine.connect() as connection:
        for table in (Rollup.__table__, RollupReach.__table__):
            found[table.name] = sorted(map(tuple, connection.execute(select(table))))
    return found
