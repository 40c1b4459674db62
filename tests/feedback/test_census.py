"""Looking at the rows of one agent or team, and at no others, once for a page."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, func, select

from base.db import db, transaction
from feedback import census, jobs
from feedback.counting import CUTS
from feedback.dashboard import Dashboard
from feedback.figure import Figures
from feedback.ranging import chosen
from feedback.reach import Reach
from feedback.rollup import RollupAsked, RollupState
from feedback.snapshot import snapshot
from feedback.tally import Filters
from feedback.topic_tally import Scope, Window
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from tests.cast import AT, a_response, a_survey, an_invitation
from tests.feedback.answers import many_answers
from tests.meanwhile import held_up

PERIOD = chosen({"period": "30d"}, AT + timedelta(days=1), "Europe/Ljubljana")


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace)


@contextmanager
def statements():
    """What the database is asked, with what it is asked it for."""
    seen = []

    def note(_connection, _cursor, statement, parameters, *_more):
        seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("name", ["agent", "team"])
@pytest.mark.parametrize("analysed", [False, True])
def test_the_answers_of_one_agent_or_team_are_found_by_themselves(survey, name, analysed):
    """Whether the database has looked how many there are of each or not; PostgreSQL always has."""
    many_answers(
        survey, [{"score": 9, "created_at": AT - timedelta(minutes=n), name: f"{n % 40}"} for n in range(1200)]
    )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        if analysed or not on_sqlite:
            connection.exec_driver_sql("ANALYZE")
        with statements() as seen, snapshot() as reading:
            found = census.census(reading, survey.id, PERIOD.interval, Filters(**{name: "7"}), CUTS)
            Window.of(Scope(survey.workspace_id, survey.id, Filters(**{name: "7"})), PERIOD.interval)
        asked = [one for one in seen if "FROM response" in one[0]]
        explain = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
        plans = [str(connection.exec_driver_sql(f"{explain} {one}", values).all()) for one, values in asked]
        if on_sqlite:
            connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat1")
    assert [f"ix_response_of_{name}" in plan for plan in plans] == [True, True]
    assert found["all", ""][9] == sum(found[name, "=7"]) == 30


def test_a_page_of_one_agent_looks_at_its_rows_once(survey):
    many_answers(survey, [{"score": n % 11, "comment": "late", "agent": f"A{n % 3}"} for n in range(30)])
    jobs.roll_up(AT)
    with statements() as seen:
        page = Dashboard.of(survey, PERIOD, filters=Filters(agent="A1"))
    assert (page.score.n, page.reach.asked) == (10, 0)
    rows = [one for one, _ in seen if "FROM response" in one and "response.created_at >=" in one]
    assert len(rows) == 1
    assert not [one for one, _ in seen if "invitation.sent_at" in one]


def test_whoever_asks_for_no_segments_gets_none(survey):
    many_answers(survey, [{"score": 3, "comment": "late", "heard": "delivery-", "read_at": AT, "language": "en"}])
    with Figures.of(survey.id, cuts=["all", "theme"]) as figures:
        assert figures.themes(PERIOD.interval, Filters(agent="Vid")) == {"delivery": (1, 1, 0)}
        assert figures.counts_by("team", PERIOD.interval, Filters(agent="Vid")) == {}


@pytest.mark.parametrize("gone", [Interaction, Invitation])
def test_whom_an_agent_asked_is_told_also_when_it_is_taken_away(survey, gone):
    """Whichever goes first, it is said once, and with the agent's name."""
    kept = an_invitation(survey, email="a@customer.example", agent="Vid", team="North")
    a_response(kept, 9, "good")
    taken = an_invitation(survey, email="b@customer.example", agent="Vid", team="North")
    an_invitation(survey, email="c@customer.example", agent="Zala", team="North")
    jobs.roll_up(AT)
    which = taken.interaction_id if gone is Interaction else taken.id
    with transaction() as session:
        session.execute(delete(gone).where(gone.id == which))
    waits = db.session.execute(select(RollupAsked.agent, RollupAsked.weight)).all()
    assert waits == [("Vid", -1)]
    for _ in range(2):
        for filters, asked in ((Filters(agent="Vid"), 1), (Filters(team="North"), 2), (Filters(agent="Zala"), 1)):
            with Figures.of(survey.id) as figures:
                told = figures.reach(PERIOD.interval, filters)
                assert told == Reach.of(survey.id, PERIOD.interval, filters)
                assert told.asked == told.sent == asked
        jobs.roll_up(AT)
    assert db.session.scalar(select(func.count()).select_from(RollupAsked)) == 0


@pytest.mark.parametrize("younger", ["interaction", "invitation"])
def test_whom_an_agent_asked_is_told_once_when_the_person_is_erased(survey, younger):
    """In whichever order the database goes: PostgreSQL's is by the age of foreign keys, which a restore may change."""
    asked = an_invitation(survey, agent="Vid")
    jobs.roll_up(AT)
    if db.engine.dialect.name == "postgresql":
        key, to = (
            f"fk_{younger}_contact_id_contact",
            "FOREIGN KEY (contact_id) REFERENCES contact (id) ON DELETE CASCADE",
        )
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {younger} DROP CONSTRAINT {key}, ADD CONSTRAINT {key} {to}")
    with transaction() as session:
        session.execute(delete(Contact).where(Contact.id == asked.contact_id))
    assert db.session.execute(select(RollupAsked.agent, RollupAsked.weight)).all() == [("Vid", -1)]
    jobs.roll_up(AT)
    with Figures.of(survey.id) as figures:
        assert (
            figures.reach(PERIOD.interval)
            == figures.reach(PERIOD.interval, Filters(agent="Vid"))
            == Reach(0, 0, 0, 0, 0)
        )


def test_an_invitation_that_is_sent_while_its_interaction_goes_is_taken_back_as_sent(survey):
    """Whoever deletes waits for it, and tells what it was in the end."""
    asked, faults = an_invitation(survey, agent="Vid", sent=False), []
    jobs.roll_up(AT)

    def forget():
        with transaction() as session:
            session.execute(delete(Interaction).where(Interaction.id == asked.interaction_id))

    with held_up(forget, faults) as session:
        session.get_one(Invitation, asked.id).mark_sent(at=AT)
    assert faults == []
    for _ in range(2):
        with Figures.of(survey.id) as figures:
            assert figures.reach(PERIOD.interval, Filters(agent="Vid")) == Reach(0, 0, 0, 0, 0)
            assert figures.reach(PERIOD.interval) == Reach(0, 0, 0, 0, 0)
        jobs.roll_up(AT)


def test_roll_ups_that_tell_nobody_apart_are_not_asked(survey):
    """After an upgrade, until they are made anew."""
    an_invitation(survey, agent="Vid")
    jobs.roll_up(AT)
    with transaction() as session:
        session.get_one(RollupState, survey.id).apart_from = 2
    db.session.rollback()
    with Figures.of(survey.id) as figures:
        assert not figures.ledger.knows_reach(PERIOD.interval, Filters(agent="Vid"))
        assert figures.ledger.knows_reach(PERIOD.interval, Filters())
        assert figures.reach(PERIOD.interval, Filters(agent="Vid")).asked == 1
