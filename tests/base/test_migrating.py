"""A table that is made anew keeps its rows, and those of the tables that point to it."""

from datetime import timedelta

import pytest
from alembic import command
from flask import current_app
from sqlalchemy import func, select, table

from base import migration
from base.db import db, transaction
from feedback import fold, generation, jobs
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date
from feedback.figure import Figures
from feedback.rollup import Rollup, RollupReach
from feedback.tally import Filters
from feedback.zoning import days_between, local_date
from tests.cast import AT, a_response, a_survey, a_workspace, an_invitation
from tests.databases import settings_for
from tests.town import rows

ZONE = "Europe/Ljubljana"


@pytest.fixture
def old(database_urls, tmp_path):
    """A database with an answer in it, as it was before answers could come from anybody."""
    app = create_app(settings_for(database_urls.fresh(), tmp_path))
    with app.app_context():
        survey = a_survey(a_workspace("Acme"))
        a_response(an_invitation(survey), 3, "Cold soup.")
        db.session.remove()
        migration.prepare(app)
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
        survey = a_survey(a_workspace("Acme", zone=ZONE))
        for days in (0, 3, 40, 500):
            asked = an_invitation(survey, email=f"c{days}@x.example", at=AT - timedelta(days), agent="Vid")
            a_response(asked, days % 11)
        with transaction():
            fold.fold(survey.id, ZONE, limit=100)
        before = cells()
        migration.prepare(app)
        migrate = current_app.extensions["migrate"].migrate.get_config()
        command.downgrade(migrate, "0039")
        assert [len(before[name]) > rows_of(name) > 0 for name in before] == [True, True]
        bring_up_to_date()
        together = [row for row in before["rollup_reach"] if "all" in row]
        assert cells() == {"rollup": before["rollup"], "rollup_reach": together}
        with Figures.of(survey.id) as figures:  # counted from rows until roll-ups tell agents apart
            days = days_between(local_date(AT - timedelta(600), ZONE), local_date(AT, ZONE), ZONE)
            told = figures.reach(days, Filters(agent="Vid"))
        while generation.due() or generation.littered():
            jobs.roll_up(AT)
        anew = {name: sorted((one, 2, *rest) for one, _, *rest in found) for name, found in before.items()}
        assert cells() == anew
        with Figures.of(survey.id) as figures:
            assert figures.reach(days, Filters(agent="Vid")) == told
            assert told.asked == told.answered == 3
        db.session.remove()
        db.engine.dispose()


def rows_of(name):
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table(name))).scalar_one()


def cells():
    """All roll-ups, whatever the order."""
    found = {}
    with db.engine.connect() as connection:
        for known in (Rollup.__table__, RollupReach.__table__):
            found[known.name] = sorted(map(tuple, connection.execute(select(known))))
    return found
